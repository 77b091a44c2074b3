import type { Loss, LossName } from './loss.ts';

/** What `train` minimizes by a loss's name: softmax is part of softmaxCrossEntropy, and left out of the model's end. */
export const lossOf = (name: LossName): Loss => ({
  name,
  of: name === 'softmaxCrossEntropy' ? 'logits' : 'output',
});

/** What `train` minimizes by default, and `evaluate` gives. */
export const classifierLoss: Loss = lossOf('softmaxCrossEntropy');
