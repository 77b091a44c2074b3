/** Dropout and noise: nothing at rate 0, and nothing that is not training. */
import type { Shape } from '../../../shape.ts';
import type { NoiseLayer } from '../../noise-layers.ts';
import { invalidField, type LayerConfig, refuseSettings, sequenceShape } from '../config/layer-config.ts';
import type { ReadLayer, UnconnectedLayer } from './reader.ts';

export function readDropout(layer: LayerConfig, input: Shape): ReadLayer {
  const rate = rateOf(layer);
  const { name, index } = layer;
  return unlessNone(rate, { kind: 'dropout', name, index, input, output: input, rate });
}

/** Dropout of whole channels of a sequence. */
export function readSpatialDropout1d(layer: LayerConfig, input: Shape): ReadLayer {
  sequenceShape(layer, input);
  return readRate('spatialDropout1d', layer, input);
}

export function readRate(noise: NoiseLayer['noise'], layer: LayerConfig, input: Shape): ReadLayer {
  return noiseLayer(noise, rateOf(layer), layer, input);
}

export function readGaussianNoise(layer: LayerConfig, input: Shape): ReadLayer {
  const { stddev } = layer.fields;
  if (typeof stddev !== 'number' || !Number.isFinite(stddev) || stddev < 0)
    throw invalidField(layer, 'stddev', 'a finite number >= 0', stddev);
  return noiseLayer('gaussianNoise', stddev, layer, input);
}

function noiseLayer(
  noise: NoiseLayer['noise'],
  amount: number,
  { name, index }: LayerConfig,
  input: Shape,
): ReadLayer {
  return unlessNone(amount, { kind: 'noise', name, index, input, output: input, noise, amount });
}

const unlessNone = (amount: number, layer: UnconnectedLayer): ReadLayer => ({
  layers: amount === 0 ? [] : [layer],
  output: layer.output,
});

function rateOf(layer: LayerConfig): number {
  refuseSettings(layer, ['noise_shape']);
  const { rate } = layer.fields;
  if (typeof rate === 'number' && rate >= 0 && rate < 1) return rate;
  throw invalidField(layer, 'rate', 'a number from 0 to less than 1', rate);
}
