/**
 * Batch normalisation of [rows, channels] by the statistics of channel-statistics.ts, in float64, some pairs of channels at
 * a time. Plain form: src/engine/reference/layers/batch-normalization.ts.
 */
import { rowsOfBlock, storeSum } from './channels';
import { loadPair, storePair } from './vector-math';

/** Value `channel` of settings, or `otherwise` where there are none. */
@inline
function settingOf(settings: usize, channel: i32, otherwise: f64): f64 {
  return settings === 0 ? otherwise : <f64>load<f32>(settings + ((<usize>channel) << 2));
}

/**
 * output = (values - mean) / deviation * gamma + beta, as values * scale + shift; gamma and beta may be 0, for 1 and 0.
 * @param statistics behind them there is room for scale and shift, [channels] float64 each
 */
export function normalize(
  values: usize,
  rows: i32,
  channels: i32,
  statistics: usize,
  gamma: usize,
  beta: usize,
  output: usize,
): void {
  const bytes = (<usize>channels) << 3;
  const scales = statistics + 3 * bytes;
  for (let channel = 0; channel < channels; channel++) {
    const own = statistics + ((<usize>channel) << 3);
    const scale = load<f64>(own + 2 * bytes) * settingOf(gamma, channel, 1);
    store<f64>(own + 3 * bytes, scale);
    store<f64>(own + 4 * bytes, settingOf(beta, channel, 0) - load<f64>(own) * scale);
  }
  for (let row = 0; row < rows; row++) {
    let at: usize = 0;
    for (; at + 32 <= bytes; at += 32) {
      scalePair(true, values, at, scales, bytes, output);
      scalePair(true, values, at + 16, scales, bytes, output);
    }
    for (; at + 16 <= bytes; at += 16) scalePair(true, values, at, scales, bytes, output);
    if (at < bytes) scalePair(false, values, at, scales, bytes, output);
    values += bytes >> 1;
    output += bytes >> 1;
  }
}

@inline
function scalePair(
  isWhole: bool,
  values: usize,
  at: usize,
  scales: usize,
  bytes: usize,
  output: usize,
): void {
  const scale = v128.load(scales + at);
  const shift = v128.load(scales + at + bytes);
  const value = loadPair(values + (at >> 1), isWhole);
  storePair(output + (at >> 1), f64x2.add(f64x2.mul(value, scale), shift), isWhole);
}

/**
 * The gradients' sums over the rows: sums[channel] = sum of dOutput, and behind [channels] of these the sum of dOutput *
 * (values - mean) / deviation, in float64. These are the gradients of beta and gamma.
 */
export function normalizationSums(
  values: usize,
  dOutput: usize,
  rows: i32,
  channels: i32,
  statistics: usize,
  sums: usize,
): void {
  const bytes = (<usize>channels) << 3;
  const step = bytes >> 1;
  memory.fill(sums, 0, 2 * bytes);
  for (let left = rows, some = 0; left > 0; left -= some) {
    some = rowsOfBlock(left, channels);
    let at: usize = 0;
    for (; at + 32 <= bytes; at += 32) {
      const place = at >> 1;
      gradientColumns(2, true, values + place, dOutput + place, some, bytes, statistics + at, sums + at);
    }
    for (; at < bytes; at += 16) {
      const place = at >> 1;
      if (at + 16 <= bytes) {
        gradientColumns(1, true, values + place, dOutput + place, some, bytes, statistics + at, sums + at);
      } else {
        gradientColumns(1, false, values + place, dOutput + place, some, bytes, statistics + at, sums + at);
      }
    }
    values += <usize>some * step;
    dOutput += <usize>some * step;
  }
  for (let at: usize = 0; at < bytes; at += 8) {
    const along = sums + bytes + at;
    store<f64>(along, load<f64>(along) * load<f64>(statistics + 2 * bytes + at));
  }
}

/** Of one or two pairs, not yet divided by the deviation. @param bytes of [channels] float64 */
@inline
function gradientColumns(
  pairs: i32,
  isWhole: bool,
  from: usize,
  gradient: usize,
  rows: i32,
  bytes: usize,
  means: usize,
  sums: usize,
): void {
  const mean0 = v128.load(means);
  const mean1 = pairs > 1 ? v128.load(means, 16) : mean0;
  let sum0 = v128.load(sums);
  let sum1 = pairs > 1 ? v128.load(sums, 16) : sum0;
  let along0 = v128.load(sums + bytes);
  let along1 = pairs > 1 ? v128.load(sums + bytes, 16) : along0;
  for (; rows > 0; rows--) {
    const d0 = loadPair(gradient, isWhole);
    sum0 = f64x2.add(sum0, d0);
    along0 = f64x2.add(along0, f64x2.mul(d0, f64x2.sub(loadPair(from, isWhole), mean0)));
    if (pairs > 1) {
      const d1 = loadPair(gradient + 8, true);
      sum1 = f64x2.add(sum1, d1);
      along1 = f64x2.add(along1, f64x2.mul(d1, f64x2.sub(loadPair(from + 8, true), mean1)));
    }
    from += bytes >> 1;
    gradient += bytes >> 1;
  }
  storeSum(sums, sum0, isWhole);
  storeSum(sums + bytes, along0, isWhole);
  if (pairs > 1) {
    v128.store(sums, sum1, 16);
    v128.store(sums + bytes, along1, 16);
  }
}

/**
 * dInput = gamma / deviation * (dOutput - (sum of dOutput + x * sum of dOutput x) / rows), where x = (value - mean) /
 * deviation, as dOutput * scale + value * along + shift.
 * @param sums behind them there is room for scale, along and shift, [channels] float64 each
 */
export function normalizeBackward(
  values: usize,
  dOutput: usize,
  rows: i32,
  channels: i32,
  statistics: usize,
  sums: usize,
  gamma: usize,
  dInput: usize,
): void {
  const bytes = (<usize>channels) << 3;
  const scales = sums + 2 * bytes;
  const share = 1 / <f64>rows;
  for (let channel = 0; channel < channels; channel++) {
    const own = statistics + ((<usize>channel) << 3);
    const sum = sums + ((<usize>channel) << 3);
    const factor = load<f64>(own + 2 * bytes);
    const scale = factor * settingOf(gamma, channel, 1);
    const along = -scale * share * load<f64>(sum + bytes) * factor;
    store<f64>(sum + 2 * bytes, scale);
    store<f64>(sum + 3 * bytes, along);
    store<f64>(sum + 4 * bytes, -scale * share * load<f64>(sum) - load<f64>(own) * along);
  }
  for (let row = 0; row < rows; row++) {
    let at: usize = 0;
    for (; at + 32 <= bytes; at += 32) {
      combinePair(true, values, dOutput, at, scales, bytes, dInput);
      combinePair(true, values, dOutput, at + 16, scales, bytes, dInput);
    }
    for (; at + 16 <= bytes; at += 16) combinePair(true, values, dOutput, at, scales, bytes, dInput);
    if (at < bytes) combinePair(false, values, dOutput, at, scales, bytes, dInput);
    values += bytes >> 1;
    dOutput += bytes >> 1;
    dInput += bytes >> 1;
  }
}

@inline
function combinePair(
  isWhole: bool,
  values: usize,
  dOutput: usize,
  at: usize,
  scales: usize,
  bytes: usize,
  dInput: usize,
): void {
  const scaled = f64x2.mul(loadPair(dOutput + (at >> 1), isWhole), v128.load(scales + at));
  const along = f64x2.mul(loadPair(values + (at >> 1), isWhole), v128.load(scales + at + bytes));
  const shift = v128.load(scales + at + 2 * bytes);
  storePair(dInput + (at >> 1), f64x2.add(f64x2.add(scaled, along), shift), isWhole);
}

/** [channels] float64 to float32. */
export function roundSums(sums: usize, channels: i32, target: usize): void {
  for (let channel = 0; channel < channels; channel++) {
    store<f32>(target, <f32>load<f64>(sums));
    sums += 8;
    target += 4;
  }
}
