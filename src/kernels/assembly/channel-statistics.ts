/**
 * The statistics of batch normalisation, of [rows, channels]: three arrays of [channels] float64, mean, variance and 1 /
 * sqrt(variance + epsilon). Plain form: src/engine/reference/layers/batch-normalization.ts.
 */
import { rowsOfBlock, storeSum } from './channels';
import { loadPair } from './vector-math';

/** Those of the values, of each channel row by row. */
export function channelStatistics(
  values: usize,
  rows: i32,
  channels: i32,
  epsilon: f64,
  statistics: usize,
): void {
  const bytes = (<usize>channels) << 3;
  memory.fill(statistics, 0, 2 * bytes);
  addRows(false, values, rows, channels, statistics, statistics);
  divide(statistics, channels, <f64>rows);
  addRows(true, values, rows, channels, statistics, statistics + bytes);
  divide(statistics + bytes, channels, <f64>rows);
  finishStatistics(channels, epsilon, statistics);
}

/** sums += the values, or the squares of their distances from the means. */
@inline
function addRows(squared: bool, values: usize, rows: i32, channels: i32, means: usize, sums: usize): void {
  const bytes = (<usize>channels) << 3;
  for (let left = rows, some = 0; left > 0; left -= some) {
    some = rowsOfBlock(left, channels);
    let at: usize = 0;
    // Several pairs at once: the additions of one wait for each other.
    for (; at + 64 <= bytes; at += 64) {
      addColumns(4, true, squared, values + (at >> 1), some, bytes >> 1, means + at, sums + at);
    }
    for (; at + 16 <= bytes; at += 16) {
      addColumns(1, true, squared, values + (at >> 1), some, bytes >> 1, means + at, sums + at);
    }
    if (at < bytes) {
      addColumns(1, false, squared, values + (at >> 1), some, bytes >> 1, means + at, sums + at);
    }
    values += <usize>some * (bytes >> 1);
  }
}

/** Of one or four pairs. */
@inline
function addColumns(
  pairs: i32,
  isWhole: bool,
  squared: bool,
  from: usize,
  rows: i32,
  step: usize,
  means: usize,
  sums: usize,
): void {
  const mean0 = v128.load(means, 0);
  const mean1 = pairs > 1 ? v128.load(means, 16) : mean0;
  const mean2 = pairs > 1 ? v128.load(means, 32) : mean0;
  const mean3 = pairs > 1 ? v128.load(means, 48) : mean0;
  let sum0 = v128.load(sums, 0);
  let sum1 = pairs > 1 ? v128.load(sums, 16) : sum0;
  let sum2 = pairs > 1 ? v128.load(sums, 32) : sum0;
  let sum3 = pairs > 1 ? v128.load(sums, 48) : sum0;
  for (; rows > 0; rows--) {
    sum0 = f64x2.add(sum0, term(squared, loadPair(from, isWhole), mean0));
    if (pairs > 1) {
      sum1 = f64x2.add(sum1, term(squared, loadPair(from + 8, true), mean1));
      sum2 = f64x2.add(sum2, term(squared, loadPair(from + 16, true), mean2));
      sum3 = f64x2.add(sum3, term(squared, loadPair(from + 24, true), mean3));
    }
    from += step;
  }
  storeSum(sums, sum0, isWhole);
  if (pairs > 1) {
    v128.store(sums, sum3, 48);
    v128.store(sums, sum2, 32);
    v128.store(sums, sum1, 16);
  }
}

@inline
function term(squared: bool, value: v128, mean: v128): v128 {
  if (!squared) return value;
  const difference = f64x2.sub(value, mean);
  return f64x2.mul(difference, difference);
}

function divide(sums: usize, channels: i32, by: f64): void {
  for (const end = sums + ((<usize>channels) << 3); sums < end; sums += 8) {
    store<f64>(sums, load<f64>(sums) / by);
  }
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
