/** Losses and metrics that are functions of the user's own: `fit` with them against `model.fit`. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import '../../../src/model/tfjs/cpu-backend.ts';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel, ModelCompileArgs } from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type FitArgs, fit, fitDataset, type TensorBatch } from '../../../src/index.ts';
import { relativeError } from '../../../testing/engine/values.ts';
import { inputsFor, smallModel, targets, weightsOf } from '../../../testing/fit/models.ts';
import { severalCases } from '../../../testing/fit/several-models.ts';
import { missing } from '../../../testing/tensorflow.ts';
import { largeErrors, meanError, scaledError, wrong } from '../../fixtures/own-functions.js';

const layers = join(import.meta.dirname, '../../fixtures/own-functions.js');
const examples = 22;
const [x, y] = [inputsFor(examples), targets.oneHot(examples, 3)];
const args = { epochs: 2, batchSize: 8, shuffle: false, verbose: 0 } satisfies FitArgs;
const own = { ...args, layers, workers: 1 };

beforeAll(() => tf.setBackend('cpu'));

function compiled(settings: Partial<ModelCompileArgs>): LayersModel {
  const model = smallModel(3, 'softmax');
  model.compile({ loss: scaledError, optimizer: tf.train.sgd(0.1), ...settings });
  return model;
}

type History = Readonly<Record<string, readonly unknown[]>>;

function expectNear(actual: History, expected: History): void {
  expect(Object.keys(actual)).toEqual(Object.keys(expected));
  for (const [name, values] of Object.entries(expected))
    expect(actual[name], name).toEqual(values.map((value) => expect.closeTo(Number(value), 5)));
}

describe.skipIf(missing !== undefined)('on tensorflow, as in model.fit:', () => {
  test.for<[string, Partial<ModelCompileArgs>, Partial<FitArgs>]>([
    ['a loss', {}, {}],
    ['a loss of a batch, and class weights', { loss: meanError }, { classWeight: { 0: 0.5, 1: 2, 2: 3 } }],
    [
      'metrics, among others',
      { metrics: [largeErrors, 'accuracy', meanError] as never },
      { validationSplit: 0.4 },
    ],
    [
      'a metric beside a loss that is built in',
      { loss: 'meanSquaredError', metrics: [largeErrors] as never },
      {},
    ],
  ])('%s', async ([, settings, more]) => {
    const [plain, model] = [compiled(settings), compiled(settings)];
    const expected = await plain.fit(x, y, { ...args, ...more });
    const { history } = await fit(model, x, y, { ...own, ...more });
    expectNear(history, expected.history);
    for (const [index, weights] of weightsOf(model).entries())
      expect(relativeError(weights, weightsOf(plain)[index])).toBeLessThan(1e-5);
  });

  test('a loss and a metric of one of two outputs', async () => {
    const one = severalCases['two outputs, one of them in the middle'];
    const [plain, model] = [one.make(), one.make()];
    for (const each of [plain, model])
      each.compile({
        loss: ['categoricalCrossentropy', meanError as never],
        metrics: { trunk: largeErrors, kind: 'accuracy' } as never,
        optimizer: tf.train.sgd(0.1),
      });
    const expected = await plain.fit(one.x(examples), one.y(examples), args);
    const { history } = await fit(model, one.x(examples), one.y(examples), own);
    expectNear(history, expected.history);
  });

  test('in fitDataset, and in a run that another number of workers goes on with', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'gradpool-own-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const settings = { metrics: [largeErrors] as never };
    const [whole, streamed, resumed] = [0, 1, 2].map(() => compiled(settings));
    const { history } = await fit(whole, x, y, own);
    function* batches(): Generator<TensorBatch> {
      for (const start of [0, 8, 16]) {
        const count = Math.min(8, examples - start);
        yield [tf.slice(x, start, count), tf.slice(y, start, count)];
      }
    }
    const { epochs } = args;
    expect((await fitDataset(streamed, batches, { epochs, layers, workers: 1 })).history).toEqual(history);
    const run = join(folder, 'run');
    await fit(compiled(settings), x, y, { ...own, epochs: 1, run });
    await expect(fit(compiled({ loss: meanError }), x, y, { ...own, run, resume: true })).rejects.toThrow(
      /`loss` to be scaledError as in the run at .*, got meanError/,
    );
    await fit(resumed, x, y, { ...own, workers: 2, run, resume: true });
    expect(weightsOf(resumed)).toEqual(weightsOf(whole));
    expect(weightsOf(streamed)).toEqual(weightsOf(whole));
  });

  test('one that gives something else is named', async () => {
    await expect(fit(compiled({ loss: wrong }), x, y, own)).rejects.toThrow(
      /the function wrong of .*own-functions\.js to give a tensor with a number for each of \d examples, or one for all, got one of shape \[7\]/,
    );
  });
});

describe('is refused in one line, with what to do:', () => {
  const mine = () => tf.scalar(0);
  const otherwise = { scaledError: () => tf.scalar(1) };
  test.for<[string, Partial<ModelCompileArgs>, Partial<FitArgs>, RegExp]>([
    [
      'a loss without a module',
      { loss: mine },
      { layers: undefined as never },
      /^Expected the model's loss .*got the function mine.*or export the function from a module and give its path as `layers` \(engine tensorflow\)$/,
    ],
    [
      'a metric without a module',
      { loss: 'meanSquaredError', metrics: [mine] as never },
      { layers: undefined as never },
      /^Expected the model's metrics .*got the function mine.*or export the function from a module/,
    ],
    [
      'what the module lacks',
      { loss: mine },
      {},
      /^Expected the module .*own-functions\.js to export the function mine, got .*scaledError.*; export it by this name$/,
    ],
    [
      'another function of that name',
      { loss: otherwise.scaledError },
      {},
      /^Expected "scaledError" of the module .* to be the function that the model is compiled with, got another one; compile/,
    ],
    [
      'an engine that has none',
      {},
      { engine: 'wasm' },
      /^Expected the `engine` tensorflow for the loss scaledError, a function of your own, got wasm; take `engine` tensorflow, or compile/,
    ],
    [
      'the same for a metric',
      { loss: 'meanSquaredError', metrics: [largeErrors] as never },
      { engine: 'reference' },
      /for the metric largeErrors, a function of your own, got reference/,
    ],
  ])('%s', async ([, settings, more, message]) => {
    await expect(fit(compiled(settings), x, y, { ...own, ...more })).rejects.toThrow(message);
  });
});
