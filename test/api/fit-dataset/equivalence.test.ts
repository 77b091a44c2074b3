/** `fitDataset` against TensorFlow.js's own `model.fitDataset` on its pure JavaScript backend, from the same weights. */
import * as tf from '@tensorflow/tfjs-core';
import * as tfData from '@tensorflow/tfjs-data';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { describe, expect, test, vi } from 'vitest';
import { type BatchSource, type FitDatasetArgs, fit, fitDataset } from '../../../src/index.ts';
import { relativeError } from '../../../testing/engine/values.ts';
import { inputsFor, smallModel, targets, weightsOf } from '../../../testing/fit/models.ts';
import { batchesOf, compiledCase, severalCases } from '../../../testing/fit/several-models.ts';

vi.mock('../../../src/api/client.ts', () => import('../../../testing/fit/in-this-thread.ts'));

const examples = 22;
const [x, y] = [inputsFor(examples), targets.oneHot(examples, 3)];
const rows = { xs: x.arraySync() as number[][], ys: y.arraySync() as number[][] };

/** A data set of tf.data: batches of 8, 8 and 6. */
const dataset = (batch = 8) =>
  tfData.zip({ xs: tfData.array(rows.xs), ys: tfData.array(rows.ys) } as never).batch(batch);

function compiled(): LayersModel {
  const model = smallModel(3, 'softmax');
  const optimizer = tf.train.adam(0.02);
  model.compile({ loss: 'categoricalCrossentropy', optimizer, metrics: ['accuracy'] });
  return model;
}

/** Gives probabilities of exactly 0 and 1, which precision counts. */
function saturated(): LayersModel {
  const model = smallModel(3, 'sigmoid');
  model.setWeights(model.getWeights().map((weight) => tf.mul(weight, 300)));
  model.compile({ loss: 'meanSquaredError', optimizer: tf.train.sgd(1e-6), metrics: ['precision'] });
  return model;
}

type Args = Parameters<LayersModel['fitDataset']>[1] & FitDatasetArgs;

async function both(given: () => unknown, args: () => Omit<Args, 'verbose'>, make = compiled) {
  const [plain, model] = [make(), make()];
  const quiet = { ...args(), verbose: 0 } as Args;
  const expected = await plain.fitDataset(given() as never, quiet);
  const actual = await fitDataset(model, given() as BatchSource, { ...quiet, ...args(), workers: 1 });
  for (const [index, weights] of weightsOf(model).entries())
    expect(relativeError(weights, weightsOf(plain)[index])).toBeLessThan(1e-4);
  expect(actual.epoch).toEqual(expected.epoch);
  expect(Object.keys(actual.history).sort()).toEqual(Object.keys(expected.history).sort());
  for (const [name, values] of Object.entries(expected.history))
    expect(relativeError(actual.history[name] as number[], values as number[]), name).toBeLessThan(1e-5);
  return { model, history: actual };
}

describe('weights and History are those of model.fitDataset', () => {
  test('over passes of a data set of tf.data.', async () => {
    const { history } = await both(dataset, () => ({ epochs: 3 }));
    expect(history.history.loss.length).toBe(3);
  });

  test('with batchesPerEpoch, where epochs end in the middle of a pass over repeated data.', async () => {
    await both(
      () => dataset().repeat(),
      () => ({ epochs: 4, batchesPerEpoch: 2 }),
    );
  });

  test('with weights of classes, from an epoch on, validated on a pair of tensors.', async () => {
    const validationData: [tf.Tensor, tf.Tensor] = [inputsFor(9), targets.oneHot(9, 3)];
    const classWeight = { 0: 0.5, 1: 1, 2: 3 };
    await both(dataset, () => ({
      ...{ epochs: 3, initialEpoch: 1, classWeight, validationData, validationBatchSize: 4 },
    }));
  });

  test('with the precision of each batch, and of those of a pair of tensors.', async () => {
    const validationData: [tf.Tensor, tf.Tensor] = [inputsFor(19), targets.oneHot(19, 3)];
    const sized = () => ({ epochs: 1, validationData, validationBatchSize: 4 });
    const { history } = await both(dataset, sized, saturated);
    const [[whole], [streamed]] = [
      (await both(dataset, () => ({ epochs: 1, validationData }), saturated)).history.history.val_precision,
      (await both(dataset, () => ({ epochs: 1, validationData: dataset(7) }), saturated)).history.history
        .val_precision,
    ].map((values) => values as number[]);
    const { precision, val_precision } = history.history;
    expect(new Set([precision[0], val_precision[0], whole, streamed]).size).toBe(4);
  });

  test.for(Object.entries(severalCases))('of models with %s.', async ([, one]) => {
    const classWeight = one.classWeight === undefined ? {} : { classWeight: one.classWeight as never };
    const named = () => {
      const iterator = async () => {
        const batches = batchesOf(one, true)();
        return { next: async () => batches.next() };
      };
      return { iterator };
    };
    const make = () => compiledCase(one);
    await both(named, () => ({ epochs: 2, ...classWeight }), make);
  });

  test.each([undefined, 2])('validated on a data set, on %s batches of it.', async (validationBatches) => {
    const { history } = await both(dataset, () => ({
      ...{ epochs: 2, validationData: dataset(7) },
      ...(validationBatches === undefined ? {} : { validationBatches }),
    }));
    expect(history.history.val_loss.length).toBe(2);
  });
});

test('callbacks are those of model.fitDataset, in its order and with its logs.', async () => {
  const told = async (train: (model: LayersModel, callbacks: Args['callbacks']) => Promise<unknown>) => {
    const calls: unknown[] = [];
    const note =
      (name: string) =>
      (...values: unknown[]) => {
        calls.push([name, ...values.map((value) => JSON.parse(JSON.stringify(value), rounded))]);
      };
    await train(compiled(), {
      ...{ onTrainBegin: note('trainBegin'), onTrainEnd: note('trainEnd') },
      ...{ onEpochBegin: note('epochBegin'), onEpochEnd: note('epochEnd') },
      ...{ onBatchBegin: note('batchBegin'), onBatchEnd: note('batchEnd') },
    });
    return calls;
  };
  const args = () => ({ epochs: 2, verbose: 0, validationData: dataset(7) }) as const;
  const expected = await told((model, callbacks) =>
    model.fitDataset(dataset() as never, { ...args(), callbacks } as Args),
  );
  const actual = await told((model, callbacks) =>
    fitDataset(model, dataset(), { ...args(), callbacks, workers: 1 } as FitDatasetArgs),
  );
  expect(actual).toEqual(expected);
  expect(actual.length).toBe(2 + 2 * (2 + 3 * 2));
});

const rounded = (_: string, value: unknown) => (typeof value === 'number' ? Number(value.toFixed(4)) : value);

test('an epoch that a callback stops has no validation, and the next one is not begun.', async () => {
  const model = compiled();
  const onBatchEnd = (batch: number) => {
    if (batch === 1) model.stopTraining = true;
  };
  const { epoch, history } = await fitDataset(model, dataset(), {
    ...{ epochs: 3, workers: 1, verbose: 0, callbacks: { onBatchEnd }, validationData: dataset() },
  });
  expect([epoch, history.loss.length, history.val_loss]).toEqual([[0], 1, undefined]);
});

test('a class number is a target of sparseCategoricalCrossentropy.', async () => {
  const models = [0, 1].map(() => {
    const model = smallModel(3, 'softmax');
    model.compile({ loss: 'sparseCategoricalCrossentropy', optimizer: tf.train.sgd(0.1) });
    return model;
  });
  const classes = targets.classes(examples, 3);
  const one = () => [[x.clone(), classes.clone()]] as [tf.Tensor, tf.Tensor][];
  await fitDataset(models[0], one, { epochs: 2, workers: 1 });
  await fit(models[1], x, classes, { epochs: 2, batchSize: examples, shuffle: false, workers: 1 });
  expect(weightsOf(models[0])).toEqual(weightsOf(models[1]));
});
