export interface SoftmaxCrossEntropy {
  /** [classes] exp(logit) / sum of exp(logits) */
  readonly probabilities: Float64Array;
  /** log(sum of exp(logits)) - logits[label] */
  readonly loss: number;
  /** Whether the first of the largest logits is the label's. */
  readonly correct: boolean;
}

/** @param logits [classes] */
export function softmaxCrossEntropyForward(logits: Float64Array, label: number): SoftmaxCrossEntropy {
  // Subtracting the largest logit keeps exp within range; it cancels out.
  const largest = logits.reduce((a, b) => Math.max(a, b));
  const exponentials = logits.map((logit) => Math.exp(logit - largest));
  const sum = exponentials.reduce((a, b) => a + b);
  return {
    probabilities: exponentials.map((value) => value / sum),
    loss: Math.log(sum) - (logits[label] - largest),
    correct: logits.indexOf(largest) === label,
  };
}

/** dLogits = probabilities - oneHot(label) */
export const softmaxCrossEntropyBackward = (probabilities: Float64Array, label: number): Float64Array =>
  probabilities.map((probability, index) => (index === label ? probability - 1 : probability));
