import type { Network } from '../../model/network.ts';

/** What the regularizers add to the loss of each example: of frozen weights too, as in TensorFlow.js. */
export function penaltyOf(
  { parameters: all }: Pick<Network, 'parameters'>,
  parameters: Float64Array,
): number {
  let sum = 0;
  for (const { penalty, offset, size } of all)
    if (penalty !== undefined)
      for (const value of parameters.subarray(offset, offset + size))
        sum += penalty.l1 * Math.abs(value) + penalty.l2 * value * value;
  return sum;
}

/** Adds the gradients of that for some examples; of |p| it is -1 where p is 0, as in TensorFlow.js. */
export function addPenaltyGradients(
  { parameters: all }: Pick<Network, 'parameters'>,
  parameters: Float64Array,
  examples: number,
  dParameters: Float64Array,
): void {
  for (const { penalty, offset, size } of all)
    if (penalty !== undefined)
      for (let at = offset; at < offset + size; at++) {
        const [value, { l1, l2 }] = [parameters[at], penalty];
        dParameters[at] += examples * ((value > 0 ? l1 : -l1) + 2 * l2 * value);
      }
}
