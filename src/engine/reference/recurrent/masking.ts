import type { MaskingLayer } from '../../../model/sequence-layers.ts';

/** @returns [times] 1 where a time counts, else 0 */
export const timeMask = (
  { times, size, value }: Pick<MaskingLayer, 'times' | 'size' | 'value'>,
  input: Float64Array,
): Float64Array =>
  Float64Array.from({ length: times }, (_, time) =>
    Number(input.subarray(time * size, (time + 1) * size).some((one) => one !== value)),
  );

/** Values, or their gradients, at the times that count; zeros at the others. */
export function maskedTimes(layer: MaskingLayer, input: Float64Array, values: Float64Array): Float64Array {
  const mask = timeMask(layer, input);
  return values.map((value, i) => value * mask[Math.floor(i / layer.size)]);
}
