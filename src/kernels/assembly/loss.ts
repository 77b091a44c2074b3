/**
 * Losses with a softmax or with probabilities of classes. They take [size] predictions p and a target, write the
 * predictions' gradient dP unless that is 0, and return the loss. Sums are float64. Formulas: src/loss/loss.ts; plain
 * forms: src/loss/functions.
 */
import { clip, isInside } from './loss-values';
import { divideAll, exponentials, largestOf } from './softmax-row';
import { existing, loadPair, log2, storePair, sumOfLanes } from './vector-math';

/**
 * probabilities = softmax(logits); dLogits = probabilities - 1 at the label, where dLogits is not 0.
 * @returns -log of the label's probability
 */
export function softmaxCrossEntropy(
  logits: usize,
  classes: i32,
  label: i32,
  probabilities: usize,
  dLogits: usize,
): f64 {
  const bytes = (<usize>classes) << 2;
  const ofLabel = (<usize>label) << 2;
  const largest = largestOf(logits, bytes);
  const given = <f64>load<f32>(logits + ofLabel);
  const sum = exponentials(logits, largest, probabilities, bytes);
  divideAll(probabilities, <f32>sum, bytes);
  if (dLogits !== 0) {
    memory.copy(dLogits, probabilities, bytes);
    store<f32>(dLogits + ofLabel, load<f32>(dLogits + ofLabel) - 1);
  }
  return Math.log(sum) - (given - <f64>largest);
}

/** 1 where the first of the largest logits is the label's, else 0. */
export function isCorrect(logits: usize, classes: i32, label: i32): i32 {
  let best = 0;
  for (let column = 1; column < classes; column++) {
    if (load<f32>(logits + ((<usize>column) << 2)) > load<f32>(logits + ((<usize>best) << 2))) best = column;
  }
  return best === label ? 1 : 0;
}

/** The same for a target of `size` values: the sum of target * -log(probability), dLogits = probabilities - target. */
export function softmaxCrossEntropyOfVector(
  logits: usize,
  size: i32,
  target: usize,
  probabilities: usize,
  dLogits: usize,
): f64 {
  const first = f64x2.splat(<f64>load<f32>(logits));
  const firstLoss = f64x2.splat(softmaxCrossEntropy(logits, size, 0, probabilities, 0));
  const bytes = (<usize>size) << 2;
  let losses = f64x2.splat(0);
  for (let at: usize = 0; at < bytes; at += 8) {
    const isWhole = at + 8 <= bytes;
    const t = loadPair(target + at, isWhole);
    const further = f64x2.sub(loadPair(logits + at, isWhole), first);
    losses = f64x2.add(losses, existing(f64x2.mul(t, f64x2.sub(firstLoss, further)), isWhole));
    if (dLogits !== 0) {
      storePair(dLogits + at, f64x2.sub(loadPair(probabilities + at, isWhole), t), isWhole);
    }
  }
  return sumOfLanes(losses);
}

/** The sum of some values, as they are or clipped. */
@inline
function total(values: usize, bytes: usize, clips: bool): f64 {
  let sums = f64x2.splat(0);
  for (let at: usize = 0; at < bytes; at += 8) {
    const isWhole = at + 8 <= bytes;
    const pair = loadPair(values + at, isWhole);
    sums = f64x2.add(sums, existing(clips ? clip(pair) : pair, isWhole));
  }
  return sumOfLanes(sums);
}

/** values / divisor, as float32 has it. */
@inline
function share(values: v128, divisor: v128): v128 {
  return f64x2.promote_low_f32x4(f32x4.demote_f64x2_zero(f64x2.div(values, divisor)));
}

/** Of p divided by its sum. */
export function categoricalCrossentropy(p: usize, target: usize, size: i32, dP: usize): f64 {
  const bytes = (<usize>size) << 2;
  const sum = f64x2.splat(total(p, bytes, false));
  let losses = f64x2.splat(0);
  let alongs = f64x2.splat(0);
  for (let at: usize = 0; at < bytes; at += 8) {
    const isWhole = at + 8 <= bytes;
    const q = share(loadPair(p + at, isWhole), sum);
    const t = loadPair(target + at, isWhole);
    losses = f64x2.sub(losses, existing(f64x2.mul(t, log2(clip(q))), isWhole));
    alongs = f64x2.sub(alongs, existing(v128.and(t, isInside(q)), isWhole));
  }
  const loss = sumOfLanes(losses);
  if (dP === 0) return loss;
  const along = f64x2.splat(sumOfLanes(alongs));
  for (let at: usize = 0; at < bytes; at += 8) {
    const isWhole = at + 8 <= bytes;
    const q = share(loadPair(p + at, isWhole), sum);
    const dQ = v128.and(f64x2.div(f64x2.neg(loadPair(target + at, isWhole)), q), isInside(q));
    storePair(dP + at, f64x2.div(f64x2.sub(dQ, along), sum), isWhole);
  }
  return loss;
}

/** Of clip(p), divided by its sum; the target is a class number. */
export function sparseCategoricalCrossentropy(p: usize, target: usize, size: i32, dP: usize): f64 {
  const bytes = (<usize>size) << 2;
  const label = (<usize>load<u32>(target)) << 2;
  const sum = f64x2.splat(total(p, bytes, true));
  const atLabel = loadPair(p + label, false);
  const q = share(clip(atLabel), sum);
  if (dP !== 0) {
    const one = f64x2.splat(1);
    const inside = isInside(q);
    const others = f64x2.splat(f64x2.extract_lane(f64x2.div(v128.and(one, inside), sum), 0));
    for (let at: usize = 0; at < bytes; at += 8) {
      const isWhole = at + 8 <= bytes;
      storePair(dP + at, v128.and(others, isInside(loadPair(p + at, isWhole))), isWhole);
    }
    const dQ = v128.and(f64x2.sub(one, f64x2.div(one, q)), inside);
    storePair(dP + label, v128.and(f64x2.div(dQ, sum), isInside(atLabel)), false);
  }
  return -f64x2.extract_lane(log2(clip(q)), 0);
}

/** The same for a target of `size` values, each of the same scale. @param clipped [size], written */
export function sparseCategoricalCrossentropyOfVector(
  p: usize,
  target: usize,
  size: i32,
  clipped: usize,
  dP: usize,
): f64 {
  const bytes = (<usize>size) << 2;
  for (let at: usize = 0; at < bytes; at += 8) {
    const isWhole = at + 8 <= bytes;
    storePair(clipped + at, clip(loadPair(p + at, isWhole)), isWhole);
  }
  const loss = categoricalCrossentropy(clipped, target, size, dP);
  if (dP === 0) return loss;
  for (let at: usize = 0; at < bytes; at += 8) {
    const isWhole = at + 8 <= bytes;
    storePair(dP + at, v128.and(loadPair(dP + at, isWhole), isInside(loadPair(p + at, isWhole))), isWhole);
  }
  return loss;
}

/** values *= factor */
export function scale(values: usize, count: i32, factor: f32): void {
  const factors = f32x4.splat(factor);
  let left = count;
  for (; left >= 4; left -= 4) {
    v128.store(values, f32x4.mul(v128.load(values), factors));
    values += 16;
  }
  for (; left > 0; left--) {
    store<f32>(values, load<f32>(values) * factor);
    values += 4;
  }
}
