/**
 * `fit` of models with several inputs and outputs against TensorFlow.js's own `model.fit` on its JavaScript backend.
 * Its values of a validation are not compared: of several outputs it gives those under the wrong names.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import '../../../src/model/tfjs/cpu-backend.ts';
import * as tf from '@tensorflow/tfjs-core';
import { input, type LayersModel, layers, model, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { engineNames } from '../../../src/engine/engine.ts';
import { type FitArgs, fit } from '../../../src/index.ts';
import { integers, relativeError, uniform } from '../../../testing/engine/values.ts';
import { weightsOf } from '../../../testing/fit/models.ts';
import { byName, type SeveralCase, severalCases, withSequence } from '../../../testing/fit/several-models.ts';
import { sharedModels } from '../../../testing/fit/shared-models.ts';
import { missing } from '../../../testing/tensorflow.ts';

const examples = 22;
const args = { epochs: 2, batchSize: 8, shuffle: false, verbose: 0 } satisfies FitArgs;

beforeAll(() => tf.setBackend('cpu'));

function compiled({ make, compile }: SeveralCase): LayersModel {
  const made = make();
  made.compile({ ...compile, optimizer: tf.train.sgd(0.2) });
  return made;
}

describe.each(engineNames)('on %s', (engine) => {
  test.for(Object.entries(severalCases))('trains %s as model.fit does', async ([, one], { skip }) => {
    skip(engine === 'tensorflow' && missing !== undefined, missing);
    const [plain, fitted] = [compiled(one), compiled(one)];
    const before = weightsOf(plain);
    const [x, y] = [one.x(examples), one.y(examples)];
    const weights = one.classWeight === undefined ? {} : { classWeight: one.classWeight as never };
    const expected = await plain.fit(x, y, { ...args, ...weights });
    const { history } = await fit(fitted, byName(fitted.inputNames, x), byName(fitted.outputNames, y), {
      ...{ ...args, ...weights, engine, workers: 1 },
    });
    expect(Object.keys(history)).toEqual(Object.keys(expected.history));
    for (const [name, values] of Object.entries(expected.history))
      for (const [epoch, value] of values.entries())
        expect(
          Math.abs(Number(history[name][epoch]) - Number(value)),
          `${name} of epoch ${epoch}`,
        ).toBeLessThanOrEqual(1e-4 * Math.abs(Number(value)));
    for (const [index, start] of before.entries()) {
      const change = (model: LayersModel) => weightsOf(model)[index].map((value, i) => value - start[i]);
      expect(relativeError(change(fitted), change(plain)), `weight ${index}`).toBeLessThanOrEqual(1e-3);
    }
  });
});

describe.each(['wasm', 'reference'] as const)('on %s', (engine) => {
  test('gives the same bits for 1, 2 and 3 workers, from lists and by name', async () => {
    const found: Float32Array[][] = [];
    for (const workers of [1, 2, 3]) {
      const model = compiled(withSequence);
      const [x, y] = [withSequence.x(examples), withSequence.y(examples)];
      const given =
        workers === 2 ? ([byName(model.inputNames, x), byName(model.outputNames, y)] as const) : [x, y];
      await fit(model, given[0], given[1], { ...args, shuffle: true, workers, shards: 3, engine });
      found.push(weightsOf(model));
    }
    expect(found[1]).toEqual(found[0]);
    expect(found[2]).toEqual(found[0]);
  });
});

test('the loss is the sum of those of the outputs, each times its weight', async () => {
  const lossWeights = { kind: 0.25, each: 3, size: 0 };
  const model = compiled(withSequence);
  const [size, start] = [model.getLayer('size').getWeights(), model.getLayer('kind').getWeights()];
  const before = [size, start].map(([kernel]) => kernel.dataSync().slice());
  const { history } = await fit(model, withSequence.x(examples), withSequence.y(examples), {
    ...args,
    lossWeights,
    workers: 1,
  });
  const of = (name: string) => history[name].map(Number);
  for (const [epoch, loss] of of('loss').entries())
    expect(loss).toBeCloseTo(0.25 * of('kind_loss')[epoch] + 3 * of('each_loss')[epoch], 12);
  expect(model.getLayer('size').getWeights()[0].dataSync()).toEqual(before[0]);
  expect(model.getLayer('kind').getWeights()[0].dataSync()).not.toEqual(before[1]);
});

test('validates each output under its own name', async () => {
  const one = severalCases['two outputs, one of them in the middle'];
  const model = compiled(one);
  const [x, y] = [one.x(examples), one.y(examples)];
  const validationData = [x, y] as never;
  const { history } = await fit(model, x, y, { ...args, validationData, workers: 1 });
  const predictions = model.predict(x) as tf.Tensor[];
  const mean = (values: tf.Tensor) => tf.mean(values).dataSync()[0];
  const crossentropy = mean(tf.neg(tf.sum(tf.mul(y[0], tf.log(predictions[0])), 1)));
  const errors = predictions.map((prediction, place) => mean(tf.squaredDifference(prediction, y[place])));
  const expected = {
    val_loss: crossentropy + errors[1],
    val_kind_loss: crossentropy,
    val_trunk_loss: errors[1],
    val_kind_mse: errors[0],
    val_trunk_mse: errors[1],
  };
  for (const [name, value] of Object.entries(expected))
    expect(Number(history[name].at(-1)), name).toBeCloseTo(value, 5);
});

describe('on wasm, layers that are called several times', () => {
  const dataFor = ({ inputs, layers }: LayersModel) => {
    const ofWords = layers.some((layer) => layer.getClassName() === 'Embedding');
    const x = inputs.map(({ shape }, place) => {
      const sizes = [examples, ...shape.slice(1).map(Number)];
      const count = sizes.reduce((a, b) => a * b);
      return tf.tensor(ofWords ? integers(70 + place, count, 9) : uniform(70 + place, count, -1, 1), sizes);
    });
    const labels = tf.tensor1d(integers(72, examples, 3), 'int32');
    return [x, tf.cast(tf.oneHot(labels, 3), 'float32')] as const;
  };

  test.for(Object.entries(sharedModels))(
    'train as in model.fit, with the same bits: %s',
    async ([, make]) => {
      const models = [make(), make(), make(), make()];
      for (const model of models)
        model.compile({ loss: 'categoricalCrossentropy', optimizer: tf.train.sgd(0.1) });
      const [plain, ...fitted] = models;
      const before = weightsOf(plain);
      const [x, y] = dataFor(plain);
      await plain.fit(x, y, args);
      for (const [place, workers] of [1, 2, 3].entries())
        await fit(fitted[place], x, y, { ...args, workers, shards: 3, engine: 'wasm' });
      expect(weightsOf(fitted[1])).toEqual(weightsOf(fitted[0]));
      expect(weightsOf(fitted[2])).toEqual(weightsOf(fitted[0]));
      for (const [index, start] of before.entries()) {
        const change = (model: LayersModel) => weightsOf(model)[index].map((value, i) => value - start[i]);
        expect(relativeError(change(fitted[0]), change(plain)), `weight ${index}`).toBeLessThanOrEqual(1e-3);
      }
    },
  );
});

test('a run of several outputs goes on with the same losses and weights, and with no others', async () => {
  const run = await mkdtemp(join(tmpdir(), 'gradpool-several-'));
  onTestFinished(() => rm(run, { recursive: true, force: true }));
  const [x, y] = [withSequence.x(examples), withSequence.y(examples)];
  const call = { ...args, shuffle: true, workers: 1, lossWeights: [1, 2, 0.5] };
  const [whole, begun, resumed, other] = [0, 1, 2, 3].map(() => compiled(withSequence));
  await fit(whole, x, y, call);
  await fit(begun, x, y, { ...call, epochs: 1, run });
  await expect(fit(other, x, y, { ...call, lossWeights: [1, 2, 3], run, resume: true })).rejects.toThrow(
    /`loss` to be 1 times meanAbsoluteError and 2 times .* and 0\.5 times .*, got .* and 3 times/,
  );
  await fit(resumed, x, y, { ...call, run, resume: true });
  expect(weightsOf(resumed)).toEqual(weightsOf(whole));
});

test('an embedding looks at the words of its own input only', async () => {
  const [words, values] = [input({ shape: [4], name: 'words' }), input({ shape: [3], name: 'values' })];
  const vectors = layers.embedding({ inputDim: 9, outputDim: 2 }).apply(words) as SymbolicTensor;
  const all = [values, layers.flatten().apply(vectors) as SymbolicTensor];
  const sum = layers.concatenate().apply(all) as SymbolicTensor;
  const outputs = layers.dense({ units: 1 }).apply(sum) as SymbolicTensor;
  const made = model({ inputs: [values, words], outputs });
  made.compile({ loss: 'meanSquaredError', optimizer: 'sgd' });
  const [low, some] = [tf.fill([6, 3], -50), tf.fill([6, 4], 8)];
  const { history } = await fit(made, [low, some], tf.ones([6, 1]), { ...args, workers: 1 });
  expect(history.loss.every((loss) => Number.isFinite(Number(loss)))).toBe(true);
  await expect(
    fit(made, [low, tf.fill([6, 4], 9)], tf.ones([6, 1]), { ...args, workers: 1 }),
  ).rejects.toThrow(/whole numbers from 0 to 8, got 9 in example 0/);
});
