import type { DropoutLayer } from '../../../model/network.ts';
import { type Disturbance, disturbanceOf, type NoiseLayer } from '../../../model/noise-layers.ts';
import { dropoutThreshold } from '../../../random.ts';

/** The random 32-bit words of an example, by layer (or another mask of these coordinates) and by value. */
export type Words = (layer: { readonly index: number }, element: number) => number;

/** Kept values times 1 / (1 - rate), the others zero; without `words` (not training) the values as they are. */
export function dropoutForward(
  layer: DropoutLayer,
  input: Float64Array,
  words: Words | undefined,
): Float64Array {
  if (words === undefined) return input;
  return input.map((value, element) => (keeps(words, layer, element) ? value / (1 - layer.rate) : 0));
}

/** Whether a value passes a mask of such a rate. */
export const keeps = (words: Words, mask: Pick<DropoutLayer, 'index' | 'rate'>, element: number): boolean =>
  words(mask, element) >= dropoutThreshold(mask.rate);

/** The mask is linear, so the gradient takes the same way. */
export const dropoutBackward = dropoutForward;

/** factor * input + shift; without `words` the values as they are. */
export const noiseForward = (
  layer: NoiseLayer,
  input: Float64Array,
  words: Words | undefined,
): Float64Array => disturbed(layer, input, words, ({ factor, shift }, value) => factor * value + shift);

export const noiseBackward = (
  layer: NoiseLayer,
  dOutput: Float64Array,
  words: Words | undefined,
): Float64Array => disturbed(layer, dOutput, words, ({ factor }, d) => factor * d);

function disturbed(
  layer: NoiseLayer,
  values: Float64Array,
  words: Words | undefined,
  change: (disturbance: Disturbance, value: number) => number,
): Float64Array {
  if (words === undefined) return values;
  const own = (place: number) => words(layer, place);
  return values.map((value, element) => change(disturbanceOf(layer, element, own), value));
}
