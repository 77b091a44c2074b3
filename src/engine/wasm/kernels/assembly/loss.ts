/** Softmax cross-entropy of one example, in float64 with exp and log of this module, so that every runtime agrees. */

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
  let largest: f32 = -Infinity;
  // Not "greater", so that a NaN is taken: it must reach the loss.
  for (let at: usize = 0; at < bytes; at += 4) {
    const value = load<f32>(logits + at);
    if (!(value <= largest)) largest = value;
  }
  let sum: f64 = 0;
  for (let at: usize = 0; at < bytes; at += 4) sum += Math.exp(<f64>load<f32>(logits + at) - <f64>largest);
  for (let at: usize = 0; at < bytes; at += 4) {
    const probability = <f32>(Math.exp(<f64>load<f32>(logits + at) - <f64>largest) / sum);
    store<f32>(probabilities + at, probability);
    if (dLogits != 0) store<f32>(dLogits + at, at == (<usize>label) << 2 ? probability - 1 : probability);
  }
  return Math.log(sum) - (<f64>load<f32>(logits + ((<usize>label) << 2)) - <f64>largest);
}

/** 1 where the first of the largest logits is the label's, else 0. */
export function isCorrect(logits: usize, classes: i32, label: i32): i32 {
  let best = 0;
  for (let column = 1; column < classes; column++) {
    if (load<f32>(logits + ((<usize>column) << 2)) > load<f32>(logits + ((<usize>best) << 2))) best = column;
  }
  return best == label ? 1 : 0;
}

/** The same for a target of `size` values: the sum of target * -log(probability), dLogits = probabilities - target. */
export function softmaxCrossEntropyOfVector(
  logits: usize,
  size: i32,
  target: usize,
  probabilities: usize,
  dLogits: usize,
): f64 {
  const firstLoss = softmaxCrossEntropy(logits, size, 0, probabilities, 0);
  const first = <f64>load<f32>(logits);
  const bytes = (<usize>size) << 2;
  let loss: f64 = 0;
  for (let at: usize = 0; at < bytes; at += 4) {
    loss += <f64>load<f32>(target + at) * (firstLoss - (<f64>load<f32>(logits + at) - first));
    if (dLogits != 0) store<f32>(dLogits + at, load<f32>(probabilities + at) - load<f32>(target + at));
  }
  return loss;
}

/** probabilities = softmax(logits) */
export function softmax(logits: usize, size: i32, probabilities: usize): void {
  softmaxCrossEntropy(logits, size, 0, probabilities, 0);
}

/** gradient[i] = probabilities[i] * (gradient[i] - sum of probabilities * gradient) */
export function softmaxBackward(probabilities: usize, gradient: usize, size: i32): void {
  const bytes = (<usize>size) << 2;
  let along: f64 = 0;
  for (let at: usize = 0; at < bytes; at += 4) {
    along += <f64>load<f32>(probabilities + at) * <f64>load<f32>(gradient + at);
  }
  for (let at: usize = 0; at < bytes; at += 4) {
    const d = <f64>load<f32>(probabilities + at) * (<f64>load<f32>(gradient + at) - along);
    store<f32>(gradient + at, <f32>d);
  }
}

/*
 * The losses below take [size] predictions p and the address of a target, write the predictions' gradient dP unless
 * that is 0, and return the loss. Formulas: src/engine/engine.ts; plain forms: src/engine/reference/loss.ts.
 */

/** TensorFlow.js's epsilon, and what 1 - epsilon is in its float32. */
const low = <f64>(<f32>1e-7);
const high = <f64>(<f32>0.9999999);

/** A NaN stays one, and lies outside. */
@inline
function clip(value: f64): f64 {
  return value > high ? high : value < low ? low : value;
}

@inline
function isInside(value: f64): bool {
  return value >= low && value <= high;
}

/** max(x, 0) - x t + log(1 + exp(-|x|)) */
@inline
function logistic(x: f64, t: f64): f64 {
  return Math.max(x, 0) - x * t + Math.log1p(Math.exp(-Math.abs(x)));
}

export function sigmoidCrossEntropy(p: usize, target: usize, size: i32, dP: usize): f64 {
  const bytes = (<usize>size) << 2;
  let loss: f64 = 0;
  for (let at: usize = 0; at < bytes; at += 4) {
    const x = <f64>load<f32>(p + at);
    const t = <f64>load<f32>(target + at);
    loss += logistic(x, t);
    if (dP != 0) store<f32>(dP + at, <f32>((1 / (1 + Math.exp(-x)) - t) / size));
  }
  return loss / size;
}

export function binaryCrossentropy(p: usize, target: usize, size: i32, dP: usize): f64 {
  const bytes = (<usize>size) << 2;
  let loss: f64 = 0;
  for (let at: usize = 0; at < bytes; at += 4) {
    const value = <f64>load<f32>(p + at);
    const t = <f64>load<f32>(target + at);
    const y = clip(value);
    loss += logistic(Math.log(y / (1 - y)), t);
    if (dP != 0) store<f32>(dP + at, isInside(value) ? <f32>((y - t) / (y * (1 - y) * size)) : 0);
  }
  return loss / size;
}

export function meanSquaredError(p: usize, target: usize, size: i32, dP: usize): f64 {
  const bytes = (<usize>size) << 2;
  let loss: f64 = 0;
  for (let at: usize = 0; at < bytes; at += 4) {
    const difference = <f64>load<f32>(p + at) - <f64>load<f32>(target + at);
    loss += difference * difference;
    if (dP != 0) store<f32>(dP + at, <f32>((2 * difference) / size));
  }
  return loss / size;
}

/** As TensorFlow.js, which takes -1 for the derivative of |x| at 0. */
export function meanAbsoluteError(p: usize, target: usize, size: i32, dP: usize): f64 {
  const bytes = (<usize>size) << 2;
  let loss: f64 = 0;
  for (let at: usize = 0; at < bytes; at += 4) {
    const difference = <f64>load<f32>(p + at) - <f64>load<f32>(target + at);
    loss += Math.abs(difference);
    const direction: f64 = difference > 0 ? 1 : -1;
    if (dP != 0) store<f32>(dP + at, <f32>(direction / size));
  }
  return loss / size;
}

/** Of p divided by its sum. */
export function categoricalCrossentropy(p: usize, target: usize, size: i32, dP: usize): f64 {
  const bytes = (<usize>size) << 2;
  let total: f64 = 0;
  for (let at: usize = 0; at < bytes; at += 4) total += <f64>load<f32>(p + at);
  let loss: f64 = 0;
  let along: f64 = 0;
  for (let at: usize = 0; at < bytes; at += 4) {
    const q = <f64>(<f32>(<f64>load<f32>(p + at) / total));
    const t = <f64>load<f32>(target + at);
    loss -= t * Math.log(clip(q));
    if (isInside(q)) along -= t;
  }
  if (dP == 0) return loss;
  for (let at: usize = 0; at < bytes; at += 4) {
    const q = <f64>(<f32>(<f64>load<f32>(p + at) / total));
    const dQ = isInside(q) ? -(<f64>load<f32>(target + at)) / q : 0;
    store<f32>(dP + at, <f32>((dQ - along) / total));
  }
  return loss;
}

/** Of clip(p), divided by its sum; the target is a class number. */
export function sparseCategoricalCrossentropy(p: usize, target: usize, size: i32, dP: usize): f64 {
  const bytes = (<usize>size) << 2;
  const label = (<usize>load<u32>(target)) << 2;
  let total: f64 = 0;
  for (let at: usize = 0; at < bytes; at += 4) total += clip(<f64>load<f32>(p + at));
  const q = <f64>(<f32>(clip(<f64>load<f32>(p + label)) / total));
  if (dP != 0) {
    const inside = isInside(q);
    for (let at: usize = 0; at < bytes; at += 4) {
      const dQ: f64 = inside ? (at == label ? 1 - 1 / q : 1) : 0;
      store<f32>(dP + at, isInside(<f64>load<f32>(p + at)) ? <f32>(dQ / total) : 0);
    }
  }
  return -Math.log(clip(q));
}

/** values *= factor */
export function scale(values: usize, count: i32, factor: f32): void {
  for (let end = values + ((<usize>count) << 2); values < end; values += 4) {
    store<f32>(values, load<f32>(values) * factor);
  }
}
