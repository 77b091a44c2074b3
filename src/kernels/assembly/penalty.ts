/**
 * What a regularizer adds to the loss, and its gradient, over rows of 16 of which `lanes` hold values: the others are
 * padding, and stay zero. In float64. Plain form: src/engine/reference/penalty.ts.
 */
import { loadPair, storePair, sumOfLanes } from './vector-math';

/** Sum of l1 |p| + l2 p^2, row by row. Padding adds zeros. */
export function penalty(parameters: usize, rows: i32, lanes: i32, l1: f64, l2: f64): f64 {
  const bytes = (<usize>lanes) << 2;
  let sums = f64x2.splat(0);
  for (let row = 0; row < rows; row++) {
    for (let at: usize = 0; at < bytes; at += 8) {
      const value = loadPair(parameters + at, true);
      const ofSize = f64x2.mul(f64x2.splat(l1), f64x2.abs(value));
      const ofSquare = f64x2.mul(f64x2.mul(f64x2.splat(l2), value), value);
      sums = f64x2.add(sums, f64x2.add(ofSize, ofSquare));
    }
    parameters += 64;
  }
  return sumOfLanes(sums);
}

/** gradient += examples * (l1 * (p > 0 ? 1 : -1) + 2 * l2 * p) */
export function addPenaltyGradient(
  parameters: usize,
  gradient: usize,
  rows: i32,
  lanes: i32,
  l1: f64,
  l2: f64,
  examples: f64,
): void {
  const bytes = (<usize>lanes) << 2;
  const factor = f64x2.splat(examples);
  for (let row = 0; row < rows; row++) {
    for (let at: usize = 0; at < bytes; at += 8) {
      const isWhole = at + 8 <= bytes;
      const value = loadPair(parameters + at, isWhole);
      const isAbove = f64x2.gt(value, f64x2.splat(0));
      const ofSize = v128.bitselect(f64x2.splat(l1), f64x2.splat(-l1), isAbove);
      const slope = f64x2.add(ofSize, f64x2.mul(f64x2.splat(2 * l2), value));
      const rounded = f64x2.promote_low_f32x4(f32x4.demote_f64x2_zero(f64x2.mul(factor, slope)));
      const before = loadPair(gradient + at, isWhole);
      storePair(gradient + at, f64x2.add(before, rounded), isWhole);
    }
    parameters += 64;
    gradient += 64;
  }
}
