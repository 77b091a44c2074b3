/** Pooling, also of sequences, which are images of height 1, and of all pixels. */
import type { ImageShape, Pair, Shape } from '../../../shape.ts';
import {
  imageShape,
  type LayerConfig,
  pair,
  refuseSettings,
  sequenceShape,
  single,
} from '../config/layer-config.ts';
import type { ReadLayer, UnconnectedLayer } from './reader.ts';
import { windowOf } from './window.ts';

type Kind = 'maxPooling2d' | 'averagePooling2d';
type Read = (layer: LayerConfig, shape: Shape) => ReadLayer;

/** By the end of the Keras class. */
export const poolingReaders = (
  kind: Kind,
): Readonly<Record<'2D' | '1D' | 'Global2D' | 'Global1D', Read>> => ({
  '2D'(layer, shape) {
    const poolSize = pair(layer, 'pool_size', [2, 2]);
    const pooled = pooling(kind, layer, imageShape(layer, shape), poolSize, pair(layer, 'strides', poolSize));
    return { layers: [pooled], output: pooled.output };
  },
  '1D'(layer, shape) {
    const size = single(layer, 'pool_size', 2);
    const strides = [1, single(layer, 'strides', size)] as const;
    const pooled = pooling(kind, layer, sequenceShape(layer, shape), [1, size], strides);
    return { layers: [pooled], output: pooled.output.slice(1) };
  },
  Global2D: (layer, shape) => ofAll(kind, layer, imageShape(layer, shape)),
  Global1D: (layer, shape) => ofAll(kind, layer, sequenceShape(layer, shape)),
});

function ofAll(kind: Kind, layer: LayerConfig, input: ImageShape): ReadLayer {
  refuseSettings(layer, ['keepdims'], false);
  const all = [input[0], input[1]] as const;
  return { layers: [pooling(kind, layer, input, all, all)], output: [input[2]] };
}

function pooling(
  kind: Kind,
  layer: LayerConfig,
  input: ImageShape,
  poolSize: Pair,
  strides: Pair,
): UnconnectedLayer<Kind> {
  const { output, padding } = windowOf(layer, input, poolSize, strides);
  const { name, index } = layer;
  return { kind, name, index, input, output: [...output, input[2]], poolSize, strides, padding };
}
