/** Losses and metrics of the user's own: functions of targets and predictions, as TensorFlow.js calls them. */
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { inputError } from '../../errors.ts';
import type { OwnFunction } from '../../loss/loss.ts';
import { ownFunction } from '../../model/tfjs/own-functions.ts';
import type { Tensorflow } from '../../runtime/tensorflow-package.ts';
import { shown } from '../../shown.ts';

type OfBatch = (targets: Tensor, predictions: Tensor) => unknown;

/**
 * @param targets [examples, ...output]
 * @param predictions the same shape
 * @returns [examples] what the function gives for each; where it gives one number, that for all
 * @throws GradpoolError for anything else
 */
export function valuesOfOwn(
  tf: Tensorflow,
  own: OwnFunction,
  targets: Tensor,
  predictions: Tensor,
): Tensor1D {
  const value = (ownFunction(own) as OfBatch)(targets, predictions);
  const [count] = targets.shape;
  const shape = value instanceof tf.Tensor ? value.shape : undefined;
  if (shape?.length === 0) return tf.mul(tf.ones([count]), value as Tensor);
  if (shape?.[0] === count) return tf.mean(tf.reshape(value as Tensor, [count, -1]), 1);
  throw inputError(
    `Expected the function ${own.name} of ${own.module} to give a tensor with a number for each of ${count} examples, or one for all, got ${shape === undefined ? shown(value) : `one of shape [${shape.join(', ')}]`}`,
  );
}
