import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import type { Tensorflow } from '../../tensorflow-package.ts';
import type { LossName } from '../engine.ts';
import { backendOf, float32 } from './gradients.ts';

/** Of predictions and targets [examples, n]: the loss of each example, [examples]. engine.ts has the formulas. */
export type LossFunction = (predictions: Tensor2D, targets: Tensor2D) => Tensor1D;

/** TensorFlow.js's epsilon, where it clips. */
const epsilon = 1e-7;

export function lossFunctions(tf: Tensorflow): Readonly<Record<LossName, LossFunction>> {
  const clip = (p: Tensor2D) => tf.clipByValue(p, epsilon, 1 - epsilon);
  const meanOf = (values: Tensor): Tensor1D => tf.mean(values, 1);
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
    meanSquaredError: (p, t) => meanOf(tf.squaredDifference(p, t)),
    meanAbsoluteError: (p, t) => meanOf(tf.abs(tf.sub(p, t))),
  };
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
