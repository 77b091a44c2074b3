/** `fit` of models that give a sequence, against TensorFlow.js's own `model.fit` on its JavaScript backend. */
import '../../../src/model/tfjs/cpu-backend.ts';
import * as tf from '@tensorflow/tfjs-core';
import { type LayersModel, layers, type ModelCompileArgs, sequential } from '@tensorflow/tfjs-layers';
import { describe, expect, test, vi } from 'vitest';
import { fit } from '../../../src/index.ts';
import { integers, uniform } from '../../../testing/engine/values.ts';

// In this thread: test/api/fit/fit.test.ts is about the threads.
vi.mock('../../../src/api/client.ts', () => import('../../../testing/fit/in-this-thread.ts'));

const [examples, times, classes] = [10, 4, 3];
const x = () => tf.tensor(uniform(61, examples * times * 2, -1, 1), [examples, times, 2]);
const labels = integers(62, examples * times, classes);
const targets = {
  oneHot: () =>
    tf.cast(
      tf.reshape(tf.oneHot(tf.tensor1d(labels, 'int32'), classes), [examples, times, classes]),
      'float32',
    ),
  classes: () => tf.tensor(labels, [examples, times, 1]),
  reals: () => tf.tensor(uniform(63, examples * times * classes, 0, 1), [examples, times, classes]),
};

const cases: [
  string,
  'softmax' | 'sigmoid' | 'linear',
  ModelCompileArgs['loss'],
  keyof typeof targets,
  string[],
][] = [
  ['categoricalCrossentropy', 'softmax', 'categoricalCrossentropy', 'oneHot', ['accuracy', 'mse']],
  ['sparseCategoricalCrossentropy', 'softmax', 'sparseCategoricalCrossentropy', 'classes', ['accuracy']],
  ['binaryCrossentropy', 'sigmoid', 'binaryCrossentropy', 'oneHot', ['accuracy']],
  ['meanSquaredError', 'linear', 'meanSquaredError', 'reals', ['mae', 'categoricalAccuracy']],
  ['kullbackLeiblerDivergence', 'softmax', 'kullbackLeiblerDivergence', 'reals', ['ce', 'mape']],
  ['categoricalHinge', 'linear', 'categoricalHinge', 'oneHot', ['cosine', 'accuracy']],
  ['cosineProximity', 'linear', 'cosineProximity', 'reals', ['cosine', 'mse']],
  ['logcosh', 'sigmoid', 'logcosh', 'reals', ['precision', 'binaryAccuracy']],
  ['sparseCategoricalCrossentropy with ce', 'sigmoid', 'sparseCategoricalCrossentropy', 'classes', ['ce']],
  ['tf.losses.softmaxCrossEntropy', 'linear', tf.losses.softmaxCrossEntropy as never, 'oneHot', ['accuracy']],
];

function make(activation: 'softmax' | 'sigmoid' | 'linear'): LayersModel {
  const made = sequential({
    layers: [
      layers.gru({ inputShape: [times, 2], units: 5, returnSequences: true }),
      layers.timeDistributed({ layer: layers.dense({ units: classes, activation }) }),
    ],
  });
  made.setWeights(
    made.getWeights().map(({ shape, size }, index) => tf.tensor(uniform(70 + index, size, -0.7, 0.7), shape)),
  );
  return made;
}

describe.for(['wasm', 'reference'] as const)('on %s, a sequence', (engine) => {
  test.for(cases)(
    'with the loss %s has the history of model.fit',
    async ([, activation, loss, target, metrics]) => {
      await tf.setBackend('cpu');
      const [plain, fitted] = [make(activation), make(activation)];
      for (const made of [plain, fitted]) made.compile({ loss, metrics, optimizer: tf.train.sgd(0.2) });
      const args = { epochs: 3, batchSize: 4, shuffle: false, verbose: 0, validationSplit: 0.2 } as const;
      const expected = await plain.fit(x(), targets[target](), args);
      const { history } = await fit(fitted, x(), targets[target](), { ...args, engine, workers: 1 });
      expect(Object.keys(history).sort()).toEqual(Object.keys(expected.history).sort());
      for (const [name, values] of Object.entries(expected.history))
        for (const [epoch, value] of (values as number[]).entries())
          expect(Number(history[name][epoch]), `${name} of epoch ${epoch}`).toBeCloseTo(value, 4);
    },
  );
});

test('targets of another rank, and class weights, are refused in one line', async () => {
  await tf.setBackend('cpu');
  const made = make('softmax');
  made.compile({ loss: 'sparseCategoricalCrossentropy', optimizer: 'sgd' });
  await expect(fit(made, x(), tf.zeros([examples, times]), {})).rejects.toThrow(
    'Expected `y` to be of shape [examples, 4, 1], got [10, 4]',
  );
  await expect(fit(made, x(), targets.classes(), { classWeight: { 0: 1, 1: 1, 2: 2 } })).rejects.toThrow(
    'Expected no `classWeight` with an output of shape [4, 3], of which no example has one class; leave it out',
  );
});
