/** Callbacks that freeze and thaw layers. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { type LayersModel, layers, type ModelFitArgs, sequential } from '@tensorflow/tfjs-layers';
import { describe, expect, test, vi } from 'vitest';
import { type FitArgs, fit, fitDataset } from '../../../src/index.ts';
import { uniform } from '../../../testing/engine/values.ts';
import { bothWays, valuesOf } from '../../../testing/fit/both-ways.ts';
import { setWeights } from '../../../testing/fit/models.ts';

vi.mock('../../../src/api/client.ts', () => import('../../../testing/fit/in-this-thread.ts'));

const examples = 10;
const x = tf.tensor(uniform(1, examples * 4, 0, 1), [examples, 4]);
const y = tf.tensor(uniform(2, examples, 0, 1), [examples, 1]);
const ours = { batchSize: 4, workers: 1, verbose: 0 } as const;

function made(optimizer: tf.Optimizer = tf.train.sgd(0.1)): LayersModel {
  const model = sequential({
    layers: [
      layers.dense({ units: 3, activation: 'relu', inputShape: [4] }),
      layers.dropout({ rate: 0 }),
      layers.dense({ units: 1 }),
    ],
  });
  setWeights(model, 5);
  model.compile({ loss: 'meanSquaredError', optimizer, metrics: ['mae'] });
  return model;
}

/** Freezes or thaws a model's first layer. */
const set = (model: LayersModel, trainable: boolean): void => {
  model.layers[0].trainable = trainable;
};

test.for([
  ['frozen after the second epoch, thawed after the third', true, [false, true]],
  ['frozen at first, thawed after the second epoch, frozen after the third', false, [true, false]],
] as const)('%s: the first layer stays and moves as in model.fit.', async ([, first, [second, third]]) => {
  const { kernels, calls } = await bothWays(async (train) => {
    const model = made();
    set(model, first);
    const kernels: number[][][] = [];
    const calls: string[] = [];
    const note = (name: string) => async () => void calls.push(name);
    const callbacks = {
      ...{ onTrainBegin: note('trainBegin'), onTrainEnd: note('trainEnd'), onEpochBegin: note('epochBegin') },
      async onEpochEnd(epoch: number) {
        kernels.push(valuesOf(model));
        if (epoch === 1) set(model, second);
        if (epoch === 2) set(model, third);
      },
    };
    const args = { batchSize: 4, epochs: 4, validationSplit: 0.2, callbacks };
    const result = await train(model, x, y, args);
    return { ...result, kernels, calls, after: valuesOf(model) };
  });
  const moved = [1, 2, 3].map((epoch) => `${kernels[epoch][0]}` !== `${kernels[epoch - 1][0]}`);
  expect(moved).toEqual([first, second, third]);
  expect(calls).toEqual(['trainBegin', ...Array(4).fill('epochBegin'), 'trainEnd']);
  for (const epoch of [1, 2, 3]) expect(kernels[epoch][2]).not.toEqual(kernels[epoch - 1][2]);
});

test('the bits are those of two calls, one after the other; those of Adam and of shuffled batches too.', async () => {
  const [whole, parts] = [made(tf.train.adam(0.02)), made(tf.train.adam(0.02))];
  const onEpochEnd = (epoch: number) => {
    if (epoch === 1) set(whole, false);
  };
  const { history, epoch } = await fit(whole, x, y, { ...ours, epochs: 3, callbacks: { onEpochEnd } });
  const first = await fit(parts, x, y, { ...ours, epochs: 2 });
  set(parts, false);
  const rest = await fit(parts, x, y, { ...ours, epochs: 3, initialEpoch: 2 });
  expect(valuesOf(whole)).toEqual(valuesOf(parts));
  expect(epoch).toEqual([0, 1, 2]);
  expect(history.loss).toEqual([...first.history.loss, ...rest.history.loss]);
});

test('training may be stopped with the switch, and after it.', async () => {
  for (const last of [1, 2]) {
    const model = made();
    const onEpochEnd = (epoch: number) => {
      if (epoch === 1) set(model, false);
      if (epoch === last) model.stopTraining = true;
    };
    const { epoch } = await fit(model, x, y, { ...ours, epochs: 9, callbacks: { onEpochEnd } });
    expect(epoch).toHaveLength(last + 1);
  }
});

describe('in one line is refused', () => {
  const freezing = (model: LayersModel, hook: string): NonNullable<ModelFitArgs['callbacks']> => ({
    [hook]: () => set(model, false),
  });
  const kernel = /^Expected `trainable` of a layer to be .*, got that of "[^"]*kernel" switched; end [^\n]*$/;

  test.for(['onTrainBegin', 'onEpochBegin', 'onBatchBegin', 'onBatchEnd'])('a switch in %s', async (hook) => {
    const model = made();
    const before = valuesOf(model);
    const call = fit(model, x, y, { ...ours, epochs: 2, callbacks: freezing(model, hook) });
    await expect(call).rejects.toThrow(kernel);
    await expect(call).rejects.toThrow('switched in `onEpochEnd`');
    expect(valuesOf(model)).toEqual(before);
  });

  test('a switch of all layers, with which nothing is left to train', async () => {
    const model = made();
    const onEpochEnd = () => {
      model.trainable = false;
    };
    const call = fit(model, x, y, { ...ours, epochs: 2, callbacks: { onEpochEnd } });
    await expect(call).rejects.toThrow(/^[^\n]*nothing to train[^\n]*$/);
  });

  test('a switch in a fit with a run, and in a fitDataset, but after their last epochs', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gradpool-switched-'));
    const trainings: ((
      model: LayersModel,
      args: Partial<FitArgs> & { epochs: number },
    ) => Promise<unknown>)[] = [
      (model, args) => fit(model, x, y, { ...ours, ...args, run: join(folder, `of-${args.epochs}`) }),
      (model, { epochs, callbacks }) =>
        fitDataset(model, () => [{ xs: x.clone(), ys: y.clone() }], {
          ...{ epochs, workers: 1, verbose: 0 },
          ...(callbacks && { callbacks: callbacks as never }),
        }),
    ];
    try {
      for (const train of trainings) {
        const [refused, taken] = [made(), made()];
        const call = train(refused, { epochs: 2, callbacks: freezing(refused, 'onEpochEnd') });
        await expect(call).rejects.toThrow(kernel);
        await expect(call).rejects.toThrow(
          'left as it is in a `fitDataset`, and in a `fit` with `run`, `optimizer`, `accumulateSteps`, `emaMomentum` or a metric that it goes by',
        );
        await train(taken, { epochs: 1, callbacks: freezing(taken, 'onEpochEnd') });
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
