/**
 * Layer normalisation of [rows, size]: each row by its own mean and variance, in float64. Plain form:
 * src/engine/reference/layers/layer-normalization.ts.
 */
import { addPair, existing, loadPair, storePair, sumOfLanes } from './vector-math';

/** output = x * gamma + beta, where x = (value - mean) / deviation; gamma and beta may be 0, for 1 and 0. */
export function layerNormalize(
  values: usize,
  rows: i32,
  size: i32,
  epsilon: f64,
  gamma: usize,
  beta: usize,
  output: usize,
): void {
  const bytes = (<usize>size) << 2;
  for (let row = 0; row < rows; row++) {
    const mean = rowMean(values, bytes);
    const factor = f64x2.splat(1 / deviation(values, bytes, mean, epsilon));
    const means = f64x2.splat(mean);
    for (let at: usize = 0; at < bytes; at += 8) {
      const isWhole = at + 8 <= bytes;
      const x = f64x2.mul(f64x2.sub(loadPair(values + at, isWhole), means), factor);
      const scaled = gamma === 0 ? x : f64x2.mul(x, loadPair(gamma + at, isWhole));
      const moved = beta === 0 ? scaled : f64x2.add(scaled, loadPair(beta + at, isWhole));
      storePair(output + at, moved, isWhole);
    }
    values += bytes;
    output += bytes;
  }
}

/**
 * sums[i] += dOutput[i], and behind [size] of these dOutput[i] * x, row by row, in float64. Where dInput is not 0, with
 * dX = dOutput * gamma: dInput = (dX - mean of dX - x * mean of (dX * x)) / deviation.
 */
export function layerNormalizeBackward(
  values: usize,
  dOutput: usize,
  rows: i32,
  size: i32,
  epsilon: f64,
  gamma: usize,
  sums: usize,
  dInput: usize,
): void {
  const bytes = (<usize>size) << 2;
  for (let row = 0; row < rows; row++) {
    const mean = rowMean(values, bytes);
    const factor = f64x2.splat(1 / deviation(values, bytes, mean, epsilon));
    const means = f64x2.splat(mean);
    let dSums = f64x2.splat(0);
    let alongs = f64x2.splat(0);
    for (let at: usize = 0; at < bytes; at += 8) {
      const isWhole = at + 8 <= bytes;
      const x = f64x2.mul(f64x2.sub(loadPair(values + at, isWhole), means), factor);
      const d = loadPair(dOutput + at, isWhole);
      const dBeta = sums + (at << 1);
      addPair(dBeta, d, isWhole);
      addPair(dBeta + (bytes << 1), f64x2.mul(d, x), isWhole);
      const dX = gradientOf(d, gamma, at, isWhole);
      dSums = f64x2.add(dSums, existing(dX, isWhole));
      alongs = f64x2.add(alongs, existing(f64x2.mul(dX, x), isWhole));
    }
    if (dInput !== 0) {
      const ofAll = f64x2.splat(sumOfLanes(dSums) / <f64>size);
      const along = f64x2.splat(sumOfLanes(alongs) / <f64>size);
      for (let at: usize = 0; at < bytes; at += 8) {
        const isWhole = at + 8 <= bytes;
        const x = f64x2.mul(f64x2.sub(loadPair(values + at, isWhole), means), factor);
        const dX = gradientOf(loadPair(dOutput + at, isWhole), gamma, at, isWhole);
        const rest = f64x2.sub(f64x2.sub(dX, ofAll), f64x2.mul(x, along));
        storePair(dInput + at, f64x2.mul(rest, factor), isWhole);
      }
      dInput += bytes;
    }
    values += bytes;
    dOutput += bytes;
  }
}

/** That of x. */
@inline
function gradientOf(d: v128, gamma: usize, at: usize, isWhole: bool): v128 {
  return gamma === 0 ? d : f64x2.mul(d, loadPair(gamma + at, isWhole));
}

@inline
function rowMean(values: usize, bytes: usize): f64 {
  let sums = f64x2.splat(0);
  for (let at: usize = 0; at < bytes; at += 8) {
    const isWhole = at + 8 <= bytes;
    sums = f64x2.add(sums, existing(loadPair(values + at, isWhole), isWhole));
  }
  return sumOfLanes(sums) / <f64>(bytes >> 2);
}

@inline
function deviation(values: usize, bytes: usize, mean: f64, epsilon: f64): f64 {
  const means = f64x2.splat(mean);
  let sums = f64x2.splat(0);
  for (let at: usize = 0; at < bytes; at += 8) {
    const isWhole = at + 8 <= bytes;
    const difference = f64x2.sub(loadPair(values + at, isWhole), means);
    sums = f64x2.add(sums, existing(f64x2.mul(difference, difference), isWhole));
  }
  return Math.sqrt(sumOfLanes(sums) / <f64>(bytes >> 2) + epsilon);
}
