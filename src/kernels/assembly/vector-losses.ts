/**
 * Losses of a prediction as a whole. Formulas: src/loss/loss.ts; plain forms: src/loss/functions. They take [size]
 * predictions and targets, write the predictions' gradient dP unless that is 0, and return the loss.
 */
import { low } from './loss-values';
import { existing, loadPair, storePair, sumOfLanes } from './vector-math';

/** As TensorFlow.js, each of several largest gets the whole gradient. */
export function categoricalHinge(p: usize, target: usize, size: i32, dP: usize): f64 {
  const bytes = (<usize>size) << 2;
  const one = f64x2.splat(1);
  let rights = f64x2.splat(0);
  let most = f64x2.splat(-Infinity);
  for (let at: usize = 0; at < bytes; at += 8) {
    const isWhole = at + 8 <= bytes;
    const value = loadPair(p + at, isWhole);
    const t = loadPair(target + at, isWhole);
    rights = f64x2.add(rights, existing(f64x2.mul(t, value), isWhole));
    const wrong = f64x2.mul(f64x2.sub(one, t), value);
    // A NaN is the largest: it must reach the loss.
    most = f64x2.max(most, isWhole ? wrong : v128.shuffle<f64>(wrong, wrong, 0, 0));
  }
  const largest = f64x2.max(most, v128.shuffle<f64>(most, most, 1, 0));
  const loss = Math.max(0, 1 + f64x2.extract_lane(largest, 0) - sumOfLanes(rights));
  if (dP === 0) return loss;
  const counts = loss > 0 ? i64x2.splat(-1) : i64x2.splat(0);
  for (let at: usize = 0; at < bytes; at += 8) {
    const isWhole = at + 8 <= bytes;
    const t = loadPair(target + at, isWhole);
    const rest = f64x2.sub(one, t);
    const wrong = f64x2.mul(rest, loadPair(p + at, isWhole));
    const slope = f64x2.sub(v128.and(rest, f64x2.eq(wrong, largest)), t);
    storePair(dP + at, v128.and(slope, counts), isWhole);
  }
  return loss;
}

@inline
function dot(a: usize, b: usize, bytes: usize): f64 {
  let sums = f64x2.splat(0);
  for (let at: usize = 0; at < bytes; at += 8) {
    const isWhole = at + 8 <= bytes;
    const product = f64x2.mul(loadPair(a + at, isWhole), loadPair(b + at, isWhole));
    sums = f64x2.add(sums, existing(product, isWhole));
  }
  return sumOfLanes(sums);
}

@inline
function length(square: f64): f64 {
  return Math.sqrt(square < low ? low : square);
}

export function cosineProximity(p: usize, target: usize, size: i32, dP: usize): f64 {
  const bytes = (<usize>size) << 2;
  const product = dot(p, target, bytes);
  const square = dot(p, p, bytes);
  const lengths = length(square) * length(dot(target, target, bytes));
  if (dP !== 0) {
    const along = f64x2.splat(square >= low ? product / square : 0);
    for (let at: usize = 0; at < bytes; at += 8) {
      const isWhole = at + 8 <= bytes;
      const turned = f64x2.mul(loadPair(p + at, isWhole), along);
      const d = f64x2.sub(turned, loadPair(target + at, isWhole));
      storePair(dP + at, f64x2.div(d, f64x2.splat(lengths)), isWhole);
    }
  }
  return -product / lengths;
}

export function cosineDistance(p: usize, target: usize, size: i32, dP: usize): f64 {
  const bytes = (<usize>size) << 2;
  if (dP !== 0) {
    for (let at: usize = 0; at < bytes; at += 8) {
      const isWhole = at + 8 <= bytes;
      storePair(dP + at, f64x2.neg(loadPair(target + at, isWhole)), isWhole);
    }
  }
  return 1 - dot(p, target, bytes);
}
