import { byteValues } from '../data/input-type.ts';
import type { Normalization } from './settings.ts';

/** One example, or several one behind the other, of as many values. */
export type Values = Uint8Array | Float32Array;

export type Normalize = (source: Values, target: Float32Array) => void;

/** @param channels the last dimension of an example's shape */
export function createNormalize(channels: number, normalization?: Normalization): Normalize {
  const mean = Float64Array.from(normalization?.mean ?? new Array(channels).fill(0));
  const std = Float64Array.from(normalization?.std ?? new Array(channels).fill(1));
  return (source, target) => {
    const isBytes = source instanceof Uint8Array;
    for (let at = 0, channel = 0; at < target.length; at++) {
      const value = isBytes ? byteValues[source[at]] : source[at];
      target[at] = (value - mean[channel]) / std[channel];
      channel = channel + 1 === channels ? 0 : channel + 1;
    }
  };
}

/**
 * Mean and standard deviation of a set's values, by the last dimension of its examples. What is the same in all of them has
 * the deviation 1: it becomes 0.
 * @param values [examples, ..., channels]
 */
export function normalizationOf(values: Values, channels: number): Normalization {
  const { mean, variance } =
    values instanceof Uint8Array ? ofBytes(values, channels) : ofFloats(values, channels);
  return { mean, std: variance.map((one) => (one > 0 ? Math.sqrt(one) : 1)) };
}

interface Moments {
  readonly mean: number[];
  readonly variance: number[];
}

/** How often each value is there is exact, so that what follows takes as many steps for any number of examples. */
function ofBytes(values: Uint8Array, channels: number): Moments {
  const counts = new Float64Array(channels * 256);
  for (let at = 0, channel = 0; at < values.length; at++) {
    counts[channel * 256 + values[at]]++;
    channel = channel + 1 === channels ? 0 : channel + 1;
  }
  const each = values.length / channels;
  const moments = Array.from({ length: channels }, (_, channel) => {
    const own = counts.subarray(channel * 256, (channel + 1) * 256);
    const mean = own.reduce((sum, count, value) => sum + count * byteValues[value], 0) / each;
    const variance =
      own.reduce((sum, count, value) => sum + count * (byteValues[value] - mean) ** 2, 0) / each;
    return { mean, variance };
  });
  return { mean: moments.map(({ mean }) => mean), variance: moments.map(({ variance }) => variance) };
}

/** In two passes, so that nothing cancels. */
function ofFloats(values: Float32Array, channels: number): Moments {
  const each = values.length / channels;
  const meanOf = (of: (value: number, channel: number) => number): number[] => {
    const sums = new Float64Array(channels);
    for (let at = 0, channel = 0; at < values.length; at++) {
      sums[channel] += of(values[at], channel);
      channel = channel + 1 === channels ? 0 : channel + 1;
    }
    return Array.from(sums, (sum) => sum / each);
  };
  const mean = meanOf((value) => value);
  return { mean, variance: meanOf((value, channel) => (value - mean[channel]) ** 2) };
}
