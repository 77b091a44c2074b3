/** A small model and a data set of three batches for it, of 8, 8 and 6 examples. */
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { type BatchSource, type FitDatasetArgs, fitDataset, type TensorBatch } from '../../src/index.ts';
import { inputsFor, smallModel, targets, weightsOf } from './models.ts';

export const examples = 22;
export const [x, y] = [inputsFor(examples), targets.oneHot(examples, 3)];

/** As a data set would make them: each time anew. */
export const batch = (index: number): { readonly xs: tf.Tensor; readonly ys: tf.Tensor } => {
  const [start, count] = [index * 8, Math.min(8, examples - index * 8)];
  return { xs: tf.slice(x, start, count), ys: tf.slice(y, start, count) };
};

export function* batches(): Generator<TensorBatch> {
  for (let index = 0; index < 3; index++) yield batch(index);
}

export function compiled(): LayersModel {
  const model = smallModel(3, 'softmax');
  const optimizer = tf.train.adam(0.02);
  model.compile({ loss: 'categoricalCrossentropy', optimizer, metrics: ['accuracy'] });
  return model;
}

export async function trained(dataset: BatchSource, args: Partial<FitDatasetArgs> = {}) {
  const model = compiled();
  const { history } = await fitDataset(model, dataset, { epochs: 2, workers: 1, ...args });
  return { history, weights: weightsOf(model) };
}
