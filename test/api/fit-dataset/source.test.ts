/** What `fitDataset` takes batches from, when it asks for them, and what it says of what is no batch. */
import { setTimeout } from 'node:timers/promises';
import * as tf from '@tensorflow/tfjs-core';
import { layers, sequential } from '@tensorflow/tfjs-layers';
import { describe, expect, test, vi } from 'vitest';
import {
  type BatchSource,
  type FitDatasetArgs,
  fitDataset,
  type TensorBatch,
  type TrainEvent,
} from '../../../src/index.ts';
import { batch, batches, compiled, trained, x, y } from '../../../testing/fit/batches.ts';
import { smallModel, weightsOf } from '../../../testing/fit/models.ts';

vi.mock('../../../src/api/client.ts', () => import('../../../testing/fit/in-this-thread.ts'));

const expected = trained(batches);

describe('batches come from', () => {
  async function* later(): AsyncGenerator<TensorBatch> {
    for (const one of batches()) {
      await setTimeout(1);
      yield one;
    }
  }
  const iterator = async () => {
    const made = batches();
    return { next: async () => made.next() };
  };
  function* twice(): Generator<TensorBatch> {
    yield* batches();
    yield* batches();
  }
  test.each<[string, () => BatchSource, Partial<FitDatasetArgs>?]>([
    ['a generator function', () => batches],
    ['an async generator function', () => later],
    ['a function that returns an iterable', () => () => [batch(0), batch(1), batch(2)]],
    ['a function that promises one', () => async () => batches()],
    ['an object with `iterator`, as those of tf.data', () => ({ iterator })],
    ['an async iterable', () => ({ [Symbol.asyncIterator]: later })],
    ['an iterator, once', twice, { batchesPerEpoch: 3 }],
    ['promises of batches', () => () => [0, 1, 2].map(async (index) => batch(index)) as never],
  ])('%s.', async (_, dataset, args) => {
    expect(await trained(dataset(), args)).toEqual(await expected);
  });
});

test('tensors of a batch may be a pair, in lists, and by their names.', async () => {
  const model = compiled();
  const [input, output] = [model.inputNames[0], model.outputNames[0]];
  const [first, second, third] = [0, 1, 2].map((index) => () => batch(index));
  await fitDataset(
    model,
    function* (): Generator<TensorBatch> {
      const { xs, ys } = first();
      yield [xs, ys];
      const named = second();
      yield { xs: { [input]: named.xs }, ys: { [output]: named.ys } };
      const listed = third();
      yield { xs: [listed.xs], ys: [listed.ys] };
    },
    { epochs: 2, workers: 1 },
  );
  expect(weightsOf(model)).toEqual((await expected).weights);
});

test('a batch is asked for while the one before is trained on, and no other sooner.', async () => {
  const told: string[] = [];
  function* watched() {
    for (let index = 0; index < 3; index++) {
      told.push(`asked for ${index}`);
      yield batch(index);
    }
    told.push('asked in vain');
  }
  const callbacks = { onBatchEnd: (index: number) => void told.push(`trained on ${index}`) };
  await trained(watched, { epochs: 1, callbacks });
  expect(told).toEqual([
    ...['asked for 0', 'asked for 1', 'trained on 0', 'asked for 2', 'trained on 1'],
    ...['asked in vain', 'trained on 2'],
  ]);
  told.length = 0;
  await trained(watched, { batchesPerEpoch: 1, callbacks });
  // Nothing more than what is trained on.
  expect(told).toEqual(['asked for 0', 'trained on 0', 'asked for 1', 'trained on 0']);
});

test('the tensors of batches are disposed, also of one that does not fit; a generator ends as a loop ends it.', async () => {
  const model = compiled();
  await fitDataset(model, batches, { epochs: 1, workers: 1 });
  const before = tf.memory().numTensors;
  await fitDataset(model, batches, { epochs: 2, workers: 1, validationData: batches });
  expect(tf.memory().numTensors).toBe(before);
  let isOver = false;
  function* bad() {
    try {
      yield batch(0);
      yield { xs: tf.zeros([8, 4]), ys: tf.zeros([8, 3]) };
    } finally {
      isOver = true;
    }
  }
  await expect(fitDataset(model, bad, { epochs: 1, workers: 1 })).rejects.toThrow('got [8, 4]');
  expect(isOver).toBe(true);
  expect(tf.memory().numTensors).toBe(before);
});

test('a batch that comes when nobody wants it any more is disposed, and its generator ends then.', async () => {
  const model = compiled();
  await fitDataset(model, batches, { epochs: 1, workers: 1 });
  const before = tf.memory().numTensors;
  const gate = Promise.withResolvers<void>();
  const ended = new Promise<void>((resolve) => {
    const onBatchEnd = () => {
      model.stopTraining = true;
    };
    async function* slow(): AsyncGenerator<TensorBatch> {
      try {
        yield batch(0);
        await gate.promise;
        yield batch(1);
      } finally {
        resolve();
      }
    }
    // The stop is heard between two batches: none is waited for any more.
    void fitDataset(model, slow, { epochs: 1, workers: 1, callbacks: { onBatchEnd } }).then(() =>
      gate.resolve(),
    );
  });
  await ended;
  await setTimeout(20);
  expect(tf.memory().numTensors).toBe(before);
});

test('data that end early end the training, with what there was and a notice.', async () => {
  const notices: string[] = [];
  const onEvent = (event: TrainEvent) => {
    if (event.kind === 'notice') notices.push(event.text);
  };
  const early = await trained(batches, { epochs: 4, batchesPerEpoch: 2, onEvent, validationData: [x, y] });
  expect(early.weights).toEqual((await trained(batches, { epochs: 1 })).weights);
  // As in model.fitDataset, an epoch that was cut short has no validation.
  expect([early.history.loss.length, early.history.val_loss.length]).toEqual([2, 1]);
  const atBorder = await trained(batches, { epochs: 4, batchesPerEpoch: 3, onEvent });
  expect(atBorder.history).toEqual((await trained(batches, { epochs: 1 })).history);
  await trained(batches, { epochs: 1, validationData: batches, validationBatches: 5, onEvent });
  expect(notices).toEqual([
    'the data set ended after 1 batch of epoch 1, of 2 (`batchesPerEpoch`), and with it the training',
    'the data set ended after 0 batches of epoch 1, of 3 (`batchesPerEpoch`), and with it the training',
    'the validation data ended after 3 batches of 5 (`validationBatches`); the means are of those',
  ]);
  const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
  await trained(batches, { epochs: 4, batchesPerEpoch: 2 });
  expect(warn.mock.calls).toEqual([[notices[0], 'GradpoolWarning']]);
  warn.mockRestore();
});

test('with `batchSize`, a batch may be larger than the first one.', async () => {
  function* growing(): Generator<TensorBatch> {
    yield batch(2);
    yield batch(0);
  }
  const { history } = await trained(growing, { batchSize: 8 });
  expect(history.loss.length).toBe(2);
});

describe('bad batches are named in one line:', () => {
  const then = (second: () => unknown) =>
    function* () {
      yield batch(0);
      yield second();
    };
  const forever = () => new Promise(() => {});
  const thrown = () => {
    throw new Error('the disk is gone\nat line 3');
  };
  /** In its second pass. */
  function failingLater() {
    let passes = 0;
    return () => (passes++ === 0 ? batches() : then(thrown)());
  }
  const same = batch(0);
  test.each<[string, unknown, object, string | RegExp]>([
    ['none at all', () => [], {}, 'Expected `dataset` to give at least one batch, got none'],
    [
      'an iterator in a second pass',
      batches(),
      {},
      'Expected `dataset` to give its batches again for another pass, got none: an iterator passes over them once; give a function that returns one, or `batchesPerEpoch`',
    ],
    [
      'validation data that pass once',
      batches,
      { validationData: batches() },
      'Expected `validationData` to give its batches again for another pass, got none: an iterator passes over them once; give a function that returns one',
    ],
    [
      'a larger one',
      then(() => [x.clone(), y.clone()]),
      {},
      'Expected `dataset[1]` to hold at most 8 examples, got 22; say with `batchSize` how many the largest batch has',
    ],
    [
      'another shape in the middle',
      then(() => ({ xs: tf.zeros([8, 5, 1]), ys: batch(0).ys })),
      {},
      'Expected `dataset[1].xs` to be of shape [examples, 5], got [8, 5, 1]',
    ],
    [
      'other targets',
      then(() => [batch(0).xs, tf.zeros([8, 2])]),
      {},
      'Expected `dataset[1][1]` to be of shape [examples, 3], got [8, 2]',
    ],
    [
      'unequal lengths',
      then(() => [batch(0).xs, batch(2).ys]),
      {},
      'Expected `dataset[1][0]` and `dataset[1][1]` to be of the same length, got 8 and 6 examples',
    ],
    [
      'no examples',
      then(() => [tf.zeros([0, 5]), tf.zeros([0, 3])]),
      {},
      'Expected `dataset[1][0]` to hold at least one example, got none',
    ],
    [
      'values that are none',
      then(() => [tf.fill([8, 5], Number.NaN), batch(0).ys]),
      {},
      'Expected `dataset[1][0]` to be finite, got NaN in example 0',
    ],
    [
      'a tensor alone',
      then(() => batch(0).xs),
      {},
      'Expected `dataset[1]` to be { xs, ys } or [x, y], the tensors of a batch, got an object of class Tensor',
    ],
    ['arrays', () => [[[1], [2]]], {}, 'Expected `dataset[0][0]` to be a tensor, got [1]; make one'],
    [
      'the same again',
      () => [same, same],
      {},
      /`dataset\[1\].xs` to be a tensor, got one that is disposed: `fitDataset` disposes of each batch's/,
    ],
    [
      'what returns nothing',
      () => {},
      {},
      'Expected `dataset` to return batches to iterate over, got undefined',
    ],
    [
      'never an answer',
      then(forever),
      { batchTimeout: 1 },
      'Expected `dataset` to give its next batch within 1 seconds, got none; give it more with `batchTimeout`',
    ],
    [
      'an error before the first one',
      thrown,
      {},
      /^Expected `dataset` to give `dataset\[0\]`, got an error: the disk is gone$/,
    ],
    [
      'an error in a later pass',
      failingLater(),
      {},
      /^Expected `dataset` to give `dataset\[1\]` of epoch 1, got an error: the disk is gone$/,
    ],
    [
      'an error in a later epoch of the same pass',
      then(thrown),
      { batchesPerEpoch: 1 },
      'Expected `dataset` to give `dataset[1]` of epoch 1, got an error: the disk is gone',
    ],
    [
      'a promise that rejects',
      then(() => Promise.reject(new Error('no answer'))),
      {},
      'Expected `dataset` to give `dataset[1]` of epoch 0, got an error: no answer',
    ],
    [
      'an error of the validation data',
      batches,
      { validationData: then(thrown) },
      'Expected `validationData` to give `validationData[1]`, got an error: the disk is gone',
    ],
    [
      'a class without a weight',
      batches,
      { classWeight: { 0: 1, 1: 1 } },
      'Expected `classWeight` to give a finite number for each class of the examples, got undefined for class 2',
    ],
  ])('%s.', async (_, dataset, args, message) => {
    const training = fitDataset(compiled(), dataset as BatchSource, { epochs: 2, workers: 1, ...args });
    await expect(training).rejects.toThrow(message);
  });

  test('what cannot be computed with, by its place in the data.', async () => {
    const model = smallModel(3, 'linear');
    model.compile({ loss: 'meanSquaredError', optimizer: 'sgd' });
    model.setWeights(model.getWeights().map(({ shape }) => tf.fill(shape, 3e38)));
    await expect(fitDataset(model, batches, { epochs: 1, workers: 1 })).rejects.toThrow(
      /got a loss of (NaN|Infinity) in step 1, shard 0 \(examples 0 to 0 of batch 0 of epoch 0\), also when/,
    );
  });
});

test('words that an embedding has no row for are named by their batch.', async () => {
  const model = sequential({
    layers: [
      layers.embedding({ inputDim: 7, outputDim: 2, inputLength: 3 }),
      layers.flatten(),
      layers.dense({ units: 3, activation: 'softmax' }),
    ],
  });
  model.compile({ loss: 'categoricalCrossentropy', optimizer: 'sgd' });
  const words = (largest: number) =>
    [
      tf.tensor([
        [1, 2, 0],
        [0, largest, 1],
      ]),
      tf.eye(2, 3),
    ] as const;
  const dataset = () => [words(6), words(7)];
  await expect(fitDataset(model, dataset, { epochs: 1, workers: 1 })).rejects.toThrow(
    /\(embedding\) to be whole numbers from 0 to 6, got 7 in example 1 of `dataset\[1\]`/,
  );
});

test('arguments of other calls are refused, each with what to do.', async () => {
  for (const [args, message] of [
    [{ resume: true }, 'Expected `run` to be the directory of the run to `resume`, got none'],
    [{ validationSplit: 0.1 }, 'a stream has no last examples; give `validationData`'],
    [{ shuffle: true }, 'batches are trained on in the order in which they come; shuffle the data set'],
    [{ epochs: undefined }, 'Expected `epochs` to be an integer >= 1, got undefined'],
    [{ batchesPerEpoch: 0 }, 'Expected `batchesPerEpoch` to be an integer'],
    [{ validationData: [x] }, 'Expected `validationData` to be [x, y], got 1 item'],
    [{ shards: 9 }, 'Expected `shards` to be at most the batch size, 8, got 9'],
  ] as const)
    await expect(fitDataset(compiled(), batches, { epochs: 1, ...args } as never)).rejects.toThrow(message);
});
