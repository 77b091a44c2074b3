import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import type { LossName } from '../../loss/loss.ts';
import type { Tensorflow } from '../../runtime/tensorflow-package.ts';
import { backendOf, float32 } from './gradients.ts';

/** Of predictions and targets [examples, n]: the loss of each example, [examples]. loss.ts of src/loss has the formulas. */
export type LossFunction = (predictions: Tensor2D, targets: Tensor2D) => Tensor1D;

/** TensorFlow.js's epsilon, where it clips. */
const epsilon = 1e-7;

export function lossFunctions(tf: Tensorflow): Readonly<Record<LossName, LossFunction>> {
  const clip = (p: Tensor2D) => tf.clipByValue(p, epsilon, 1 - epsilon);
  const meanOf = meanOver(tf);
  const sigmoidCrossEntropy: LossFunction = (x, t) =>
    meanOf(tf.add(tf.sub(tf.relu(x), tf.mul(x, t)), tf.log1p(tf.exp(tf.neg(tf.abs(x))))));
  const categoricalCrossentropy: LossFunction = (p, t) =>
    tf.neg(tf.sum(tf.mul(t, tf.log(clip(tf.div(p, tf.sum(p, 1, true))))), 1));
  return {
    softmaxCrossEntropy: softmaxCrossEntropy(tf),
    sigmoidCrossEntropy,
    categoricalCrossentropy,
    sparseCategoricalCrossentropy: (p, t) => categoricalCrossentropy(clip(p), t),
    binaryCrossentropy(p, t) {
      const clipped = clip(p);
      return sigmoidCrossEntropy(tf.log(tf.div(clipped, tf.sub(1, clipped))), t);
    },
    kullbackLeiblerDivergence: (p, t) =>
      tf.sum(tf.mul(t, tf.log(tf.div(tf.clipByValue(t, epsilon, 1), tf.clipByValue(p, epsilon, 1)))), 1),
    logLoss: (p, t) =>
      tf.neg(
        meanOf(
          tf.add(
            tf.mul(t, tf.log(tf.add(p, epsilon))),
            tf.mul(tf.sub(1, t), tf.log(tf.add(tf.sub(1, p), epsilon))),
          ),
        ),
      ),
    ...errors(tf),
    ...hinges(tf),
    ...cosines(tf),
  };
}

const meanOver =
  ({ mean }: Tensorflow) =>
  (values: Tensor): Tensor1D =>
    mean(values, 1);

function errors(tf: Tensorflow) {
  const meanOf = meanOver(tf);
  const atLeastEpsilon = (values: Tensor) => tf.clipByValue(values, epsilon, Number.MAX_VALUE);
  const logarithm = (values: Tensor) => tf.log(tf.add(1, atLeastEpsilon(values)));
  return {
    meanSquaredError: (p, t) => meanOf(tf.squaredDifference(p, t)),
    meanAbsoluteError: (p, t) => meanOf(tf.abs(tf.sub(p, t))),
    meanAbsolutePercentageError: (p, t) =>
      tf.mul(100, meanOf(tf.abs(tf.div(tf.sub(t, p), atLeastEpsilon(tf.abs(t)))))),
    meanSquaredLogarithmicError: (p, t) => meanOf(tf.squaredDifference(logarithm(p), logarithm(t))),
    logcosh(p, t) {
      const difference = tf.sub(p, t);
      return meanOf(tf.sub(tf.add(difference, tf.softplus(tf.mul(-2, difference))), Math.LN2));
    },
    huberLoss(p, t) {
      const error = tf.abs(tf.sub(p, t));
      const quadratic = tf.minimum(error, 1);
      return meanOf(tf.add(tf.mul(0.5, tf.square(quadratic)), tf.sub(error, quadratic)));
    },
    poisson: (p, t) => meanOf(tf.sub(p, tf.mul(t, tf.log(tf.add(epsilon, p))))),
  } satisfies Partial<Record<LossName, LossFunction>>;
}

function hinges(tf: Tensorflow) {
  const meanOf = meanOver(tf);
  const lacking = (p: Tensor, t: Tensor) => tf.maximum(0, tf.sub(1, tf.mul(t, p)));
  return {
    hinge: (p, t) => meanOf(lacking(p, t)),
    squaredHinge: (p, t) => meanOf(tf.square(lacking(p, t))),
    hingeLoss: (p, t) => meanOf(lacking(p, tf.sub(tf.mul(2, t), 1))),
    categoricalHinge(p, t) {
      const wrong = tf.max(tf.mul(tf.sub(1, t), p), 1);
      return tf.maximum(0, tf.add(1, tf.sub(wrong, tf.sum(tf.mul(t, p), 1))));
    },
  } satisfies Partial<Record<LossName, LossFunction>>;
}

function cosines(tf: Tensorflow) {
  const normalized = (values: Tensor) =>
    tf.div(values, tf.sqrt(tf.maximum(tf.sum(tf.square(values), 1, true), epsilon)));
  return {
    cosineProximity: (p, t) => tf.neg(tf.sum(tf.mul(normalized(t), normalized(p)), 1)),
    cosineDistance: (p, t) => tf.sub(1, tf.sum(tf.mul(t, p), 1)),
  } satisfies Partial<Record<LossName, LossFunction>>;
}

/** TensorFlow's own operation gives the losses and, at once, their gradient. */
function softmaxCrossEntropy(tf: Tensorflow): LossFunction {
  const backend = backendOf(tf);
  return (logits, targets) =>
    tf.customGrad((x, save) => {
      const inputs = [x as Tensor, targets];
      const name = 'SoftmaxCrossEntropyWithLogits';
      const [value, dLogits] = backend.executeMultipleOutputs(name, [float32(backend)], inputs, 2);
      (save as (tensors: Tensor[]) => void)([dLogits]);
      const gradFunc = (dy: Tensor, saved: Tensor[]) => tf.mul(tf.expandDims(dy, 1), saved[0]);
      return { value, gradFunc };
    })(logits) as Tensor1D;
}
