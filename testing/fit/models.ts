import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { type LayersModel, layers, type Sequential, sequential } from '@tensorflow/tfjs-layers';
import { integers, uniform } from '../engine/values.ts';

type Activation = 'linear' | 'relu' | 'sigmoid' | 'softmax' | 'tanh';

/** Two dense layers on 5 values. */
export function smallModel(units: number, activation: Activation, stream = 1): Sequential {
  const model = sequential({
    layers: [
      layers.dense({ inputShape: [5], units: 6, activation: 'tanh' }),
      layers.dense({ units, activation }),
    ],
  });
  setWeights(model, stream);
  return model;
}

/** The same seeded weights for every model of these shapes. */
export function setWeights(model: LayersModel, stream: number): void {
  model.setWeights(
    model.getWeights().map(({ shape, size }, index) => {
      // A variance below 0 has no root.
      const [least, most] = model.weights[index].name.includes('variance') ? [0.5, 1.5] : [-0.7, 0.7];
      const values = uniform(stream * 100 + index, size, least, most);
      return tf.tensor(values, shape);
    }),
  );
}

export const weightsOf = (model: LayersModel): Float32Array[] =>
  model.getWeights().map((weight) => Float32Array.from(weight.dataSync()));

/** [examples, 5] */
export const inputsFor = (examples: number): tf.Tensor =>
  tf.tensor(uniform(20, examples * 5, -1, 1), [examples, 5]);

/** Targets of each kind. */
export const targets = {
  /** [examples, classes] one-hot */
  oneHot: (examples: number, classes: number): tf.Tensor =>
    tf.cast(tf.oneHot(tf.tensor1d(integers(21, examples, classes), 'int32'), classes), 'float32'),
  /** [examples, 1] */
  classes: (examples: number, classes: number): tf.Tensor =>
    tf.tensor2d(integers(21, examples, classes), [examples, 1]),
  /** [examples, values] of 0 and 1 */
  bits: (examples: number, values: number): tf.Tensor =>
    tf.tensor2d(integers(22, examples * values, 2), [examples, values]),
  /** [examples, values] of -1 and 1 */
  signs: (examples: number, values: number): tf.Tensor =>
    tf.sub(tf.mul(2, targets.bits(examples, values)), 1),
  /** [examples, values] from 0 to 1 */
  reals: (examples: number, values: number): tf.Tensor =>
    tf.tensor(uniform(23, examples * values, 0, 1), [examples, values]),
} as const;
