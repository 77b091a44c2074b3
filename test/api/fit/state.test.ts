/** What `fit` takes and leaves besides weights and History. The trainings run in this thread. */
import * as tf from '@tensorflow/tfjs-core';
import { type LayersModel, layers, sequential } from '@tensorflow/tfjs-layers';
import { expect, test, vi } from 'vitest';
import { type FitArgs, fit } from '../../../src/index.ts';
import { inputsFor, setWeights, smallModel, targets, weightsOf } from '../../../testing/fit/models.ts';

vi.mock('../../../src/api/client.ts', () => import('../../../testing/fit/in-this-thread.ts'));

const examples = 22;
const [x, y] = [inputsFor(examples), targets.oneHot(examples, 3)];
const args = { batchSize: 8, epochs: 3, workers: 1, validationSplit: 0.25 } satisfies FitArgs;

function compiled(optimizer: () => tf.Optimizer = () => tf.train.adam(0.02)): LayersModel {
  const model = smallModel(3, 'softmax');
  model.compile({ loss: 'categoricalCrossentropy', optimizer: optimizer(), metrics: ['accuracy'] });
  return model;
}

test.for([
  ['sgd', () => tf.train.sgd(0.1)],
  ['momentum', () => tf.train.momentum(0.1, 0.9)],
  ['adam', () => tf.train.adam(0.02)],
  ['rmsprop', () => tf.train.rmsprop(0.01, 0.9, 0.5)],
  ['adagrad', () => tf.train.adagrad(0.1)],
  ['adadelta', () => tf.train.adadelta(1)],
  ['adamax', () => tf.train.adamax(0.02)],
] as const)('with %s, two calls one after the other have the bits of one', async ([, optimizer]) => {
  const [whole, parts] = [compiled(optimizer), compiled(optimizer)];
  const { history } = await fit(whole, x, y, args);
  const first = await fit(parts, x, y, { ...args, epochs: 1 });
  const rest = await fit(parts, x, y, { ...args, initialEpoch: 1 });
  expect(weightsOf(parts)).toEqual(weightsOf(whole));
  expect(rest.epoch).toEqual([1, 2]);
  for (const [name, values] of Object.entries(history))
    expect([...first.history[name], ...rest.history[name]]).toEqual(values);
});

test("model.fit goes on from fit's state, and fit from model.fit's.", async () => {
  const [plain, mixed] = [compiled(), compiled()];
  const whole = { batchSize: 8, shuffle: false, verbose: 0 } as const;
  await plain.fit(x, y, { ...whole, epochs: 3 });
  await fit(mixed, x, y, { ...whole, epochs: 1 });
  await mixed.fit(x, y, { ...whole, epochs: 1 });
  await fit(mixed, x, y, { ...whole, epochs: 1 });
  for (const [index, weight] of weightsOf(mixed).entries())
    for (const [i, value] of weight.entries()) expect(value).toBeCloseTo(weightsOf(plain)[index][i], 5);
});

test('leaves no tensors behind.', async () => {
  const model = compiled();
  await fit(model, x, y, args);
  const { numTensors } = tf.memory();
  await fit(model, x, y, { ...args, callbacks: { onEpochEnd() {} } });
  expect(tf.memory().numTensors).toBe(numTensors);
});

test('class weights are those of model.fit.', async () => {
  const classWeight = { 0: 0.2, 1: 3, 2: 1.5 };
  const [plain, fitted] = [compiled(), compiled()];
  const same = { classWeight, batchSize: 8, epochs: 2, shuffle: false, verbose: 0 } as const;
  const expected = await plain.fit(x, y, same);
  const { history } = await fit(fitted, x, y, { ...same, workers: 1 });
  for (const [epoch, loss] of expected.history.loss.entries())
    expect(history.loss[epoch]).toBeCloseTo(loss as number, 4);
  const unweighted = await fit(compiled(), x, y, { ...same, classWeight: undefined as never });
  expect(history.loss[0]).not.toBeCloseTo(unweighted.history.loss[0] as number, 2);
});

test('validationData, an image for an output, and a list of one tensor are taken too.', async () => {
  const model = sequential({
    layers: [
      layers.reshape({ inputShape: [5], targetShape: [1, 5, 1] }),
      layers.conv2d({ filters: 2, kernelSize: [1, 3], padding: 'same' }),
    ],
  });
  setWeights(model, 3);
  model.compile({ loss: 'meanAbsoluteError', optimizer: 'sgd', metrics: ['mse'] });
  const images = tf.ones([examples, 1, 5, 2]);
  const plain = model.evaluate(x, images) as tf.Scalar[];
  const { history } = await fit(
    model,
    [x],
    { [model.outputNames[0]]: images },
    {
      ...{ epochs: 1, batchSize: examples, shuffle: false, workers: 1 },
      validationData: [x, images],
    },
  );
  expect(history.loss[0]).toBeCloseTo(plain[0].dataSync()[0], 5);
  expect(history.mse[0]).toBeCloseTo(plain[1].dataSync()[0], 5);
  const after = model.evaluate(x, images) as tf.Scalar[];
  expect(history.val_loss[0]).toBeCloseTo(after[0].dataSync()[0], 5);
});
