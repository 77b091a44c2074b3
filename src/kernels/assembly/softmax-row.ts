/** The steps of a softmax of one row, which its loss takes too: [bytes / 4] float32, sums in float64. */
import { exp4 } from './float-math';
import { joined, lower, sumOfLanes, upper } from './vector-math';

/** A NaN is the largest: it must reach the result. */
@inline
export function largestOf(values: usize, bytes: usize): f32 {
  let largest: f32 = -Infinity;
  let at: usize = 0;
  if (bytes >= 16) {
    let most = v128.load(values);
    for (at = 16; at + 16 <= bytes; at += 16) most = f32x4.max(most, v128.load(values + at));
    const some = f32x4.max(most, v128.shuffle<f32>(most, most, 2, 3, 0, 1));
    largest = f32x4.extract_lane(f32x4.max(some, v128.shuffle<f32>(some, some, 1, 0, 3, 2)), 0);
  }
  for (; at < bytes; at += 4) largest = max(largest, load<f32>(values + at));
  return largest;
}

/** output = exp(input - shift); output may lie over input. @returns the sum of these */
@inline
export function exponentials(input: usize, shift: f32, output: usize, bytes: usize): f64 {
  const shifts = f32x4.splat(shift);
  let lowSums = f64x2.splat(0);
  let highSums = f64x2.splat(0);
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) {
    const values = exp4(f32x4.sub(v128.load(input + at), shifts));
    lowSums = f64x2.add(lowSums, lower(values));
    highSums = f64x2.add(highSums, upper(values));
    v128.store(output + at, values);
  }
  let sum = sumOfLanes(f64x2.add(lowSums, highSums));
  for (; at < bytes; at += 4) {
    const value = f32x4.extract_lane(exp4(f32x4.splat(load<f32>(input + at) - shift)), 0);
    sum += <f64>value;
    store<f32>(output + at, value);
  }
  return sum;
}

/** values /= divisor */
@inline
export function divideAll(values: usize, divisor: f32, bytes: usize): void {
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) {
    v128.store(values + at, f32x4.div(v128.load(values + at), f32x4.splat(divisor)));
  }
  for (; at < bytes; at += 4) store<f32>(values + at, load<f32>(values + at) / divisor);
}

/** target = output * (dOutput - sum over the row of output * dOutput); target may lie over dOutput. */
@inline
export function softmaxRowBackward(output: usize, dOutput: usize, target: usize, bytes: usize): void {
  let lowSums = f64x2.splat(0);
  let highSums = f64x2.splat(0);
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) {
    const y = v128.load(output + at);
    const d = v128.load(dOutput + at);
    lowSums = f64x2.add(lowSums, f64x2.mul(lower(y), lower(d)));
    highSums = f64x2.add(highSums, f64x2.mul(upper(y), upper(d)));
  }
  let along = sumOfLanes(f64x2.add(lowSums, highSums));
  for (; at < bytes; at += 4) along += <f64>load<f32>(output + at) * <f64>load<f32>(dOutput + at);
  const shifts = f64x2.splat(along);
  for (at = 0; at + 16 <= bytes; at += 16) {
    const y = v128.load(output + at);
    const d = v128.load(dOutput + at);
    const low = f64x2.mul(lower(y), f64x2.sub(lower(d), shifts));
    const high = f64x2.mul(upper(y), f64x2.sub(upper(d), shifts));
    v128.store(target + at, joined(low, high));
  }
  for (; at < bytes; at += 4) {
    const d = <f64>load<f32>(output + at) * (<f64>load<f32>(dOutput + at) - along);
    store<f32>(target + at, <f32>d);
  }
}
