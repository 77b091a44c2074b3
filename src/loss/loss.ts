/**
 * What a training minimizes: the mean over the examples of one of these, with target t (a class counts as the vector
 * that is 1 there and else 0), prediction p of n values, epsilon 1e-7 and clip(p) = p held within [epsilon, 1 - epsilon]
 * (its gradient is 0 outside). Formulas, clipping and reduction are those of TensorFlow.js (tfjs-core's tf.losses,
 * tfjs-layers' losses).
 *
 * - softmaxCrossEntropy: -sum t log softmax(p) (gradient softmax(p) - t)
 * - sigmoidCrossEntropy: mean of max(p, 0) - p t + log(1 + exp(-|p|))
 * - categoricalCrossentropy: -sum t log(clip(p / sum p))
 * - sparseCategoricalCrossentropy: the same of clip(p), with a class as target
 * - binaryCrossentropy: sigmoidCrossEntropy of log(clip(p) / (1 - clip(p)))
 * - kullbackLeiblerDivergence: sum t log(t / p), t and p of the quotient held within [epsilon, 1]
 * - logLoss: mean of -t log(p + epsilon) - (1 - t) log(1 - p + epsilon)
 * - meanSquaredError: mean of (p - t)^2
 * - meanAbsoluteError: mean of |p - t| (gradient -1 where p = t)
 * - meanAbsolutePercentageError: mean of 100 |t - p| / max(|t|, epsilon)
 * - meanSquaredLogarithmicError: mean of (log(1 + p) - log(1 + t))^2, p and t at least epsilon
 * - logcosh: mean of log(cosh(p - t))
 * - huberLoss: mean of (p - t)^2 / 2 where |p - t| <= 1, else |p - t| - 1/2
 * - poisson: mean of p - t log(p + epsilon)
 * - hinge: mean of max(0, 1 - t p), with targets -1 and 1
 * - squaredHinge: mean of max(0, 1 - t p)^2
 * - hingeLoss: hinge with targets 0 and 1, which count as -1 and 1
 * - categoricalHinge: max(0, 1 + max((1 - t) p) - sum t p)
 * - cosineProximity: -sum p t / (|p| |t|), a length squared being at least epsilon
 * - cosineDistance: 1 - sum p t, of vectors of length 1
 */
export const lossNames = [
  'softmaxCrossEntropy',
  'sigmoidCrossEntropy',
  'categoricalCrossentropy',
  'sparseCategoricalCrossentropy',
  'binaryCrossentropy',
  'kullbackLeiblerDivergence',
  'logLoss',
  'meanSquaredError',
  'meanAbsoluteError',
  'meanAbsolutePercentageError',
  'meanSquaredLogarithmicError',
  'logcosh',
  'huberLoss',
  'poisson',
  'hinge',
  'squaredHinge',
  'hingeLoss',
  'categoricalHinge',
  'cosineProximity',
  'cosineDistance',
] as const;
export type LossName = (typeof lossNames)[number];

/** A function of the user's own, of targets and predictions, which a module exports by its name. */
export interface OwnFunction {
  /** Absolute path. */
  readonly module: string;
  readonly name: string;
}

export type Loss = KnownLoss | OwnLoss;

/** Computed by the engine tensorflow alone. */
export interface OwnLoss {
  readonly name: 'own';
  readonly of: 'output';
  readonly function: OwnFunction;
}

export interface KnownLoss {
  readonly name: LossName;
  /**
   * What the loss takes as its prediction: the model's 'output', or its 'logits', where a softmax at the model's end
   * is left out. Both are the same for a model that does not end in softmax.
   */
  readonly of: 'logits' | 'output';
  /** Label smoothing (smoothing.ts), from 0 to less than 1; absent for 0. */
  readonly smoothing?: number;
}

/** Of one of several outputs. */
export type OutputLoss = Loss & {
  /** What it is multiplied by in the sum. */
  readonly weight: number;
};

/** Of a model's output; or of each of several, whose sum is minimized. */
export type ModelLoss = Loss | readonly OutputLoss[];

/** A metric of the user's own, of one of the outputs. */
export interface OwnMetric {
  readonly function: OwnFunction;
  readonly output: number;
}

/** What a message calls a loss. */
export const lossLabel = (loss: Loss): string => (loss.name === 'own' ? loss.function.name : loss.name);

/** Of an engine that refuses others before. */
export function knownLoss(loss: Loss): LossName {
  if (loss.name === 'own')
    throw new Error(`A loss of the user's own, ${loss.function.name}, was not refused`);
  return loss.name;
}
