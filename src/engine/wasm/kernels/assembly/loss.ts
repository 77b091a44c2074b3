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
