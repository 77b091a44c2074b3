/** Runs of `fitDataset`: ended after any step and gone on with, they have the bits and the History of one that was not. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { type BatchSource, type FitDatasetArgs, fitDataset, type TensorBatch } from '../../../src/index.ts';
import { batch, batches, compiled } from '../../../testing/fit/batches.ts';
import { weightsOf } from '../../../testing/fit/models.ts';

vi.mock('../../../src/api/client.ts', () => import('../../../testing/fit/in-this-thread.ts'));

let run: string;
beforeEach(async () => {
  run = join(await mkdtemp(join(tmpdir(), 'gradpool-stream-')), 'run');
  onTestFinished(() => rm(join(run, '..'), { recursive: true, force: true }));
});

/** 3, 3 and 3 batches of a pass each; or 2, 2, 2 and 2 of one pass. */
const ways: Record<string, readonly [() => BatchSource, Partial<FitDatasetArgs>]> = {
  'a pass an epoch': [() => batches, { epochs: 3 }],
  'one pass for all epochs': [() => repeated, { epochs: 4, batchesPerEpoch: 2 }],
};

function* repeated(): Generator<TensorBatch> {
  for (;;) yield* batches();
}

const classWeight = { 0: 1, 1: 2, 2: 0.5 };

async function trained(
  dataset: BatchSource,
  args: Partial<FitDatasetArgs>,
  stopAt = Number.POSITIVE_INFINITY,
) {
  const model = compiled();
  let steps = 0;
  const onBatchEnd = () => {
    if (++steps === stopAt) model.stopTraining = true;
  };
  const more = stopAt === Number.POSITIVE_INFINITY ? {} : { callbacks: { onBatchEnd } };
  const { history, epoch } = await fitDataset(model, dataset, {
    ...{ epochs: 1, workers: 1, verbose: 0, classWeight, validationData: batches, ...args, ...more },
  });
  return { history, epoch, weights: weightsOf(model) };
}

test.for(Object.entries(ways))('%s, ended after any step', async ([, [dataset, args]]) => {
  const whole = await trained(dataset(), args);
  for (const stopAt of [1, 2, 3, 4, 6]) {
    const own = { ...args, run: `${run}-${stopAt}` };
    await trained(dataset(), own, stopAt);
    const { history, epoch, weights } = await trained(dataset(), { ...own, resume: true });
    expect(weights, `${stopAt}`).toEqual(whole.weights);
    for (const [name, values] of Object.entries(whole.history))
      expect(history[name], `${name}, ${stopAt}`).toEqual(values.slice(-epoch.length));
  }
});

test('one that is done is gone on with for further epochs, on a data set that was read once in an epoch.', async () => {
  let passes = 0;
  function* counted(): Generator<TensorBatch> {
    passes++;
    yield* batches();
  }
  const whole = await trained(counted, { epochs: 4 });
  await trained(counted, { epochs: 2, run });
  passes = 0;
  const { epoch, weights } = await trained(counted, { epochs: 4, run, resume: true });
  expect([epoch, passes]).toEqual([[2, 3], 2]);
  expect(weights).toEqual(whole.weights);
});

test('other data, fewer of them, fewer epochs and other lengths of epochs are refused in one line.', async () => {
  await trained(repeated, { epochs: 4, batchesPerEpoch: 2, run }, 5);
  function* others(): Generator<TensorBatch> {
    yield batch(0);
    const { xs, ys } = batch(1);
    yield { xs: tf.add(xs, 1e-6), ys };
    yield* repeated();
  }
  const given = 'to give the 5 batches that the run was trained on in this pass, got';
  const next = 'give the same ones in the same order, or begin a new run without `resume`';
  for (const [dataset, change, message] of [
    [others, {}, `Expected \`dataset\` ${given} others; ${next}`],
    [batches, {}, `Expected \`dataset\` ${given} 3; ${next}`],
    [
      repeated,
      { epochs: 2 },
      /^Expected `epochs` to be at least 3, since the run at .* has come to epoch 2, got 2$/,
    ],
    [repeated, { batchesPerEpoch: 3 }, /^Expected `batchesPerEpoch` to be 2, since .* been begun so, got 3$/],
    [batches, { batchesPerEpoch: undefined }, /^Expected `batchesPerEpoch` to be 2, since .*, got none$/],
  ] as const)
    await expect(
      trained(dataset, { epochs: 4, batchesPerEpoch: 2, run, resume: true, ...change } as FitDatasetArgs),
    ).rejects.toThrow(message);
  const { epoch } = await trained(repeated, { epochs: 4, batchesPerEpoch: 2, run, resume: true });
  expect(epoch).toEqual([2, 3]);
});
