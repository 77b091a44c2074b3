/**
 * Batch normalisation of [rows, channels], in float64, two channels at a time. `statistics` are three arrays of [channels] float64: mean,
 * variance and 1 / sqrt(variance + epsilon). Plain form: src/engine/reference/layers/batch-normalization.ts.
 */
import { addPair, loadPair, storePair } from './vector-math';

/** Those of the values, row by row. */
export function channelStatistics(
  values: usize,
  rows: i32,
  channels: i32,
  epsilon: f64,
  statistics: usize,
): void {
  const bytes = (<usize>channels) << 3;
  memory.fill(statistics, 0, 2 * bytes);
  let row = values;
  for (let left = rows; left > 0; left--) {
    for (let at: usize = 0; at < bytes; at += 16) {
      const isWhole = at + 16 <= bytes;
      addPair(statistics + at, loadPair(row + (at >> 1), isWhole), isWhole);
    }
    row += bytes >> 1;
  }
  for (let mean = statistics; mean < statistics + bytes; mean += 8) {
    store<f64>(mean, load<f64>(mean) / <f64>rows);
  }
  row = values;
  for (let left = rows; left > 0; left--) {
    for (let at: usize = 0; at < bytes; at += 16) {
      const isWhole = at + 16 <= bytes;
      const difference = f64x2.sub(loadPair(row + (at >> 1), isWhole), v128.load(statistics + at));
      addPair(statistics + bytes + at, f64x2.mul(difference, difference), isWhole);
    }
    row += bytes >> 1;
  }
  for (let variance = statistics + bytes; variance < statistics + 2 * bytes; variance += 8) {
    store<f64>(variance, load<f64>(variance) / <f64>rows);
  }
  finishStatistics(channels, epsilon, statistics);
}

/** Those that running averages, [channels] each, stand for. */
export function averageStatistics(
  mean: usize,
  variance: usize,
  channels: i32,
  epsilon: f64,
  statistics: usize,
): void {
  const bytes = (<usize>channels) << 3;
  for (let to: usize = 0; to < bytes; to += 8) {
    store<f64>(statistics + to, <f64>load<f32>(mean + (to >> 1)));
    store<f64>(statistics + bytes + to, <f64>load<f32>(variance + (to >> 1)));
  }
  finishStatistics(channels, epsilon, statistics);
}

function finishStatistics(channels: i32, epsilon: f64, statistics: usize): void {
  const bytes = (<usize>channels) << 3;
  for (let variance = statistics + bytes; variance < statistics + 2 * bytes; variance += 8) {
    store<f64>(variance + bytes, 1 / Math.sqrt(load<f64>(variance) + epsilon));
  }
}

/** moved = (statistic - average) * factor */
export function moveAverage(
  statistic: usize,
  average: usize,
  channels: i32,
  factor: f64,
  moved: usize,
): void {
  for (let channel = 0; channel < channels; channel++) {
    store<f32>(moved, <f32>((load<f64>(statistic) - <f64>load<f32>(average)) * factor));
    statistic += 8;
    average += 4;
    moved += 4;
  }
}

/** What all three below call x: (value - mean) / deviation. */
@inline
function normalized(values: v128, mean: usize, factor: v128): v128 {
  return f64x2.mul(f64x2.sub(values, v128.load(mean)), factor);
}

/** Those of two channels, or `otherwise` where there are none. */
@inline
function settingOf(settings: usize, offset: usize, otherwise: f64, isWhole: bool): v128 {
  return settings === 0 ? f64x2.splat(otherwise) : loadPair(settings + offset, isWhole);
}

/** output = (values - mean) / deviation * gamma + beta; gamma and beta may be 0, for 1 and 0. */
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
  for (let row = 0; row < rows; row++) {
    for (let at: usize = 0; at < bytes; at += 16) {
      const isWhole = at + 16 <= bytes;
      const place = at >> 1;
      const factor = v128.load(statistics + at + 2 * bytes);
      const x = normalized(loadPair(values + place, isWhole), statistics + at, factor);
      const scaled = f64x2.mul(x, settingOf(gamma, place, 1, isWhole));
      storePair(output + place, f64x2.add(scaled, settingOf(beta, place, 0, isWhole)), isWhole);
    }
    values += bytes >> 1;
    output += bytes >> 1;
  }
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
  memory.fill(sums, 0, 2 * bytes);
  for (let row = 0; row < rows; row++) {
    for (let at: usize = 0; at < bytes; at += 16) {
      const isWhole = at + 16 <= bytes;
      const factor = v128.load(statistics + at + 2 * bytes);
      const x = normalized(loadPair(values + (at >> 1), isWhole), statistics + at, factor);
      const d = loadPair(dOutput + (at >> 1), isWhole);
      addPair(sums + at, d, isWhole);
      addPair(sums + at + bytes, f64x2.mul(d, x), isWhole);
    }
    values += bytes >> 1;
    dOutput += bytes >> 1;
  }
}

/** dInput = gamma / deviation * (dOutput - (sum of dOutput + x * sum of dOutput x) / rows). */
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
  const share = f64x2.splat(1 / <f64>rows);
  for (let row = 0; row < rows; row++) {
    for (let at: usize = 0; at < bytes; at += 16) {
      const isWhole = at + 16 <= bytes;
      const place = at >> 1;
      const factor = v128.load(statistics + at + 2 * bytes);
      const x = normalized(loadPair(values + place, isWhole), statistics + at, factor);
      const along = f64x2.mul(x, v128.load(sums + at + bytes));
      const mean = f64x2.mul(f64x2.add(v128.load(sums + at), along), share);
      const scale = f64x2.mul(factor, settingOf(gamma, place, 1, isWhole));
      const d = f64x2.sub(loadPair(dOutput + place, isWhole), mean);
      storePair(dInput + place, f64x2.mul(scale, d), isWhole);
    }
    values += bytes >> 1;
    dOutput += bytes >> 1;
    dInput += bytes >> 1;
  }
}

/** [channels] float64 to float32. */
export function roundSums(sums: usize, channels: i32, target: usize): void {
  for (let channel = 0; channel < channels; channel++) {
    store<f32>(target, <f32>load<f64>(sums));
    sums += 8;
    target += 4;
  }
}
