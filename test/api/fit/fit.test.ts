/** `fit` as a caller meets it: threads, callbacks, what it leaves in the model. */
import { performance } from 'node:perf_hooks';
import * as tf from '@tensorflow/tfjs-core';
import { callbacks, type LayersModel, type Logs, layers, sequential } from '@tensorflow/tfjs-layers';
import { describe, expect, test } from 'vitest';
import { type FitArgs, fit } from '../../../src/index.ts';
import { inputsFor, smallModel, targets, weightsOf } from '../../../testing/fit/models.ts';

const examples = 22;
const [x, y] = [inputsFor(examples), targets.oneHot(examples, 3)];
const args = { batchSize: 8, epochs: 3, workers: 1, validationSplit: 0.25 } satisfies FitArgs;

function compiled(optimizer: () => tf.Optimizer = () => tf.train.adam(0.02)): LayersModel {
  const model = smallModel(3, 'softmax');
  model.compile({ loss: 'categoricalCrossentropy', optimizer: optimizer(), metrics: ['accuracy'] });
  return model;
}

test('any number of workers gives the same bits and the same History, another seed others.', async () => {
  const results: unknown[] = [];
  for (const [workers, seed] of [
    [1, 1],
    [3, 1],
    [2, 2],
  ]) {
    const model = compiled();
    const { history, epoch } = await fit(model, x, y, { ...args, workers, seed });
    expect(epoch).toEqual([0, 1, 2]);
    results.push({ history, weights: weightsOf(model) });
  }
  expect(results[1]).toEqual(results[0]);
  expect(results[2]).not.toEqual(results[0]);
});

describe('callbacks', () => {
  test('are those of model.fit, in its order and with its logs.', async () => {
    const told = async (
      train: (model: LayersModel, custom: NonNullable<FitArgs['callbacks']>) => Promise<unknown>,
    ) => {
      const calls: unknown[] = [];
      const note =
        (name: string) =>
        (...values: unknown[]) => {
          calls.push([name, ...values.map(rounded)]);
        };
      const custom = {
        ...{ onTrainBegin: note('trainBegin'), onTrainEnd: note('trainEnd') },
        ...{ onEpochBegin: note('epochBegin'), onEpochEnd: note('epochEnd') },
        ...{ onBatchBegin: note('batchBegin'), onBatchEnd: note('batchEnd') },
      };
      await train(compiled(), custom);
      return calls;
    };
    const same = { ...args, epochs: 2, shuffle: false, verbose: 0 } as const;
    const { workers, ...plain } = same;
    const expected = await told((model, custom) => model.fit(x, y, { ...plain, callbacks: custom }));
    const actual = await told((model, custom) => fit(model, x, y, { ...same, callbacks: custom }));
    expect(actual).toEqual(expected);
    expect(actual.length).toBe(2 + 2 * (2 + 2 * 2));
  });

  test('find the weights of the epoch in the model, and may change the learning rate.', async () => {
    const optimizer = tf.train.sgd(0.1);
    const model = compiled(() => optimizer);
    const seen: Float32Array[][] = [];
    const onEpochEnd = (epoch: number) => {
      seen.push(weightsOf(model));
      if (epoch === 1) optimizer.setLearningRate(0);
    };
    await fit(model, x, y, { ...args, epochs: 4, callbacks: { onEpochEnd } });
    expect(seen[1]).not.toEqual(seen[0]);
    expect(seen.slice(2)).toEqual([seen[1], seen[1]]);
    expect(weightsOf(model)).toEqual(seen[1]);
  });

  test('may stop the training after a batch, or after an epoch as early stopping does.', async () => {
    const model = compiled();
    const batches: number[] = [];
    const onBatchEnd = (batch: number) => {
      batches.push(batch);
      if (batches.length === 3) model.stopTraining = true;
    };
    const { epoch, history } = await fit(model, x, y, { ...args, callbacks: { onBatchEnd } });
    expect({ batches, epoch }).toEqual({ batches: [0, 1, 0], epoch: [0, 1] });
    // As in model.fit, an epoch that was cut short has no validation.
    expect([history.loss.length, history.val_loss.length]).toEqual([2, 1]);
    const stopping = callbacks.earlyStopping({ monitor: 'loss', patience: 0, baseline: 0 });
    const early = await fit(compiled(), x, y, { ...args, epochs: 9, callbacks: stopping as never });
    expect(early.epoch).toEqual([0]);
  });

  test('stop a training from outside too, where nothing waits for its batches.', async () => {
    const model = compiled();
    setTimeout(() => {
      model.stopTraining = true;
    }, 300);
    const { epoch } = await fit(model, x, y, { ...args, epochs: 1_000_000 });
    expect(epoch.length).toBeLessThan(1_000_000);
  });

  test('reject fit with what they throw; the model keeps the weights of the epoch before, and trains again.', async () => {
    const model = compiled();
    const mine = new Error('mine');
    let kept: Float32Array[] = [];
    const onEpochEnd = (epoch: number) => {
      if (epoch === 1) throw mine;
      kept = weightsOf(model);
    };
    const training = fit(model, x, y, { ...args, callbacks: { onEpochEnd, onBatchEnd() {} } });
    await expect(fit(model, x, y, args)).rejects.toThrow('one `fit` of a model at a time');
    await expect(model.fit(x, y)).rejects.toThrow('another fit() call is ongoing');
    await expect(training).rejects.toBe(mine);
    expect(kept).not.toEqual([]);
    await fit(model, x, y, args);
  });

  test('are called back now and then with onYield.', async () => {
    const yields: number[] = [];
    const onYield = (epoch: number) => void yields.push(epoch);
    await fit(compiled(), x, y, { ...args, yieldEvery: 1, callbacks: { onYield } });
    expect(yields.length).toBeGreaterThan(0);
  });
});

test("the caller's event loop stays free: a timer of 10 ms fires within 50 ms throughout.", async () => {
  const model = sequential({
    layers: [
      layers.dense({ inputShape: [200], units: 1024, activation: 'relu' }),
      layers.dense({ units: 10 }),
    ],
  });
  model.compile({ loss: tf.losses.softmaxCrossEntropy as never, optimizer: 'sgd' });
  // Four pieces to copy, 215,050 parameters.
  const images = tf.ones([20_000, 200]);
  const labels = tf.cast(tf.oneHot(tf.zeros([20_000], 'int32'), 10), 'float32');
  const small = [tf.slice(images, 0, 640), tf.slice(labels, 0, 640)] as const;
  // What is compiled and loaded once.
  await fit(model, ...small, { workers: 1 });
  // Also taken off the processor in the middle of something, on a busy machine: what the call itself holds up, it
  // holds up in each round.
  const rounds: number[] = [];
  do {
    const timer = busyBetweenFirings();
    await fit(model, images, labels, { workers: 1, batchSize: 64, validationSplit: 0.8 });
    await fit(model, ...small, { workers: 2, batchSize: 32, epochs: 2, callbacks: { onBatchEnd() {} } });
    rounds.push(Math.max(...timer.end()));
  } while (rounds.length < 6 && Math.min(...rounds) >= 40);
  expect(Math.min(...rounds), rounds.join()).toBeLessThan(40);
}, 120_000);

/**
 * For how many milliseconds the event loop was busy between the firings of a timer of 10 ms. How long a loop with
 * nothing to do waits for a processor is up to the machine.
 */
function busyBetweenFirings() {
  const busy: number[] = [];
  let last = performance.eventLoopUtilization();
  const note = () => {
    busy.push(performance.eventLoopUtilization(last).active);
    last = performance.eventLoopUtilization();
  };
  const timer = setInterval(note, 10);
  return {
    end() {
      clearInterval(timer);
      note();
      return busy;
    },
  };
}

/** Logs as numbers of five digits: both sides are float32 with sums of another order. */
const rounded = (value: unknown): unknown =>
  typeof value === 'object' && value !== null
    ? Object.fromEntries(Object.entries(value as Logs).map(([name, log]) => [name, Number(log).toFixed(4)]))
    : value;
