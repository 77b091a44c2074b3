import type { DropoutLayer } from '../../model/network.ts';

/** Whether one value of an example passes a dropout layer. */
export type Keeps = (layer: DropoutLayer, element: number) => boolean;

/** Kept values times 1 / (1 - rate), the others zero; without `keeps` (not training) the values as they are. */
export function dropoutForward(
  layer: DropoutLayer,
  input: Float64Array,
  keeps: Keeps | undefined,
): Float64Array {
  if (keeps === undefined) return input;
  return input.map((value, element) => (keeps(layer, element) ? value / (1 - layer.rate) : 0));
}

/** The mask is linear, so the gradient takes the same way. */
export const dropoutBackward = dropoutForward;
