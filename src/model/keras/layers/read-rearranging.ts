/** Layers that put values in other places, repeat them or add zeros. */
import type { ImageShape, Shape } from '../../../shape.ts';
import type { Padding } from '../../network.ts';
import {
  imageShape,
  invalidField,
  type LayerConfig,
  misfit,
  pair,
  positiveInteger,
  show,
  unsupportedLayer,
} from '../config/layer-config.ts';
import type { ReadLayer, UnconnectedLayer } from './reader.ts';

const alone = (layer: UnconnectedLayer): ReadLayer => ({ layers: [layer], output: layer.output });

export function readZeroPadding2d(layer: LayerConfig, shape: Shape): ReadLayer {
  const input = imageShape(layer, shape);
  const padding = paddingOf(layer, 'padding', 1);
  const { name, index } = layer;
  return alone({ kind: 'zeroPadding2d', name, index, input, output: padded(input, padding, 1), padding });
}

export function readCropping2d(layer: LayerConfig, shape: Shape): ReadLayer {
  const input = imageShape(layer, shape);
  const padding = paddingOf(layer, 'cropping', 0);
  const output = padded(input, padding, -1);
  if (output.some((size) => size < 1))
    throw misfit(layer, `larger than its \`cropping\`, ${show(layer.fields.cropping)}`, shape);
  const { name, index } = layer;
  return alone({ kind: 'cropping2d', name, index, input, output, padding });
}

const padded = ([height, width, channels]: ImageShape, padding: Padding, sign: 1 | -1): ImageShape => [
  height + sign * (padding.top + padding.bottom),
  width + sign * (padding.left + padding.right),
  channels,
];

/** n, [vertical, horizontal] or [[top, bottom], [left, right]]. */
function paddingOf(layer: LayerConfig, field: string, absent: number): Padding {
  const value = layer.fields[field] ?? absent;
  const both: readonly unknown[] = Array.isArray(value) && value.length === 2 ? value : [value, value];
  const sides = both.flatMap((side) => (Array.isArray(side) && side.length === 2 ? side : [side, side]));
  if (!sides.every(isCount))
    throw invalidField(layer, field, 'a whole number >= 0, two of them or two pairs of them', value);
  const [top, bottom, left, right] = sides;
  return { top, bottom, left, right };
}

const isCount = (value: unknown): value is number =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) < 2 ** 31;

export function readUpSampling2d(layer: LayerConfig, shape: Shape): ReadLayer {
  const input = imageShape(layer, shape);
  const factors = pair(layer, 'size', [2, 2]);
  const interpolation = layer.fields.interpolation ?? 'nearest';
  if (interpolation !== 'nearest' && interpolation !== 'bilinear')
    throw unsupportedLayer(layer, `\`interpolation\` is ${show(interpolation)}`);
  const output = [input[0] * factors[0], input[1] * factors[1], input[2]] as const;
  const { name, index } = layer;
  return alone({ kind: `${interpolation}UpSampling2d`, name, index, input, output, factors });
}

export function readPermute(layer: LayerConfig, input: Shape): ReadLayer {
  const given = layer.fields.dims;
  const dims = Array.isArray(given) ? given.map((dim) => dim - 1) : [];
  const isPermutation = input.every((_, axis) => dims.includes(axis)) && dims.length === input.length;
  if (!isPermutation)
    throw invalidField(layer, 'dims', `the numbers from 1 to ${input.length} in some order`, given);
  const { name, index } = layer;
  const output = dims.map((axis) => input[axis]);
  return alone({ kind: 'permute', name, index, input, output, dims });
}

export function readRepeatVector(layer: LayerConfig, input: Shape): ReadLayer {
  if (input.length !== 1) throw misfit(layer, 'a vector', input);
  const times = positiveInteger(layer, 'n');
  const { name, index } = layer;
  return alone({ kind: 'repeatVector', name, index, input, output: [times, ...input], times });
}
