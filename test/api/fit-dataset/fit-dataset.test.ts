/** `fitDataset` in its threads. */
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { fit, fitDataset, type TensorBatch } from '../../../src/index.ts';
import { batch, batches, compiled, trained, x, y } from '../../../testing/fit/batches.ts';
import { weightsOf } from '../../../testing/fit/models.ts';
import { batchesOf, byName, compiledCase, withSequence } from '../../../testing/fit/several-models.ts';

test('the bits are those of a fit of the same batches, for any number of workers.', async () => {
  const model = compiled();
  const args = { batchSize: 8, epochs: 2, shuffle: false, workers: 1 } as const;
  const { history } = await fit(model, x, y, { ...args, validationData: [x, y] });
  const expected = { history, weights: weightsOf(model) };
  for (const workers of [1, 2])
    expect(await trained(batches, { workers, validationData: [x, y] }), `${workers}`).toEqual(expected);
  const streamed = await trained(batches, { validationData: batches });
  expect(streamed.weights).toEqual(expected.weights);
  for (const workers of [2, 3])
    expect(await trained(batches, { workers, validationData: batches })).toEqual(streamed);
});

describe('of three outputs, one of them a sequence,', () => {
  const one = withSequence;
  const lossWeights = { kind: 0.5, each: 2 };

  test('the bits are those of fit, for any number of workers; each output is validated under its name.', async () => {
    const model = compiledCase(one);
    const validationData = [one.x(22), one.y(22)] as never;
    const { history } = await fit(model, one.x(22), one.y(22), {
      ...{ epochs: 2, batchSize: 8, shuffle: false, lossWeights, validationData, workers: 1 },
    });
    for (const [workers, isNamed] of [
      [1, true],
      [3, false],
    ] as const) {
      const streamed = compiledCase(one);
      const args = { epochs: 2, lossWeights, validationData, validationBatchSize: 8, workers };
      expect((await fitDataset(streamed, batchesOf(one, isNamed), args)).history).toEqual(history);
      expect(weightsOf(streamed)).toEqual(weightsOf(model));
    }
  });

  test('batches validate, too; one that lacks a tensor is named, and those that it has are disposed.', async () => {
    const model = compiledCase(one);
    const outputs = ['size', 'kind', 'each'];
    const passes = { epochs: 1, workers: 1, validationData: batchesOf(one, true) };
    const { history } = await fitDataset(model, batchesOf(one, false), passes);
    expect(Object.keys(history)).toEqual(expect.arrayContaining(outputs.map((name) => `val_${name}_loss`)));
    const lacking = function* (): Generator<TensorBatch> {
      const ys = tf.tidy(() => one.y(8));
      ys.pop()?.dispose();
      yield {
        xs: byName(
          model.inputNames,
          tf.tidy(() => one.x(8)),
        ),
        ys: byName(outputs.slice(0, 2), ys),
      };
    };
    const { numTensors } = tf.memory();
    await expect(fitDataset(model, lacking, { epochs: 1, workers: 1 })).rejects.toThrow(
      'Expected `dataset[0].ys` to be 3 tensors, of "size", "kind", "each", got none of "each" but "size", "kind"',
    );
    expect(tf.memory().numTensors).toBe(numTensors);
  });
});

describe('a data set', () => {
  test('that throws rejects with its batch and the very error as cause, after the step under way; the model trains again.', async () => {
    const mine = new Error('mine');
    let steps = 0;
    function* failing(): Generator<TensorBatch> {
      yield batch(0);
      throw mine;
    }
    const model = compiled();
    const callbacks = { onBatchEnd: () => void steps++ };
    const failed = await fitDataset(model, failing, { epochs: 1, workers: 2, callbacks }).catch(
      (error) => error,
    );
    expect(failed.message).toBe('Expected `dataset` to give `dataset[1]` of epoch 0, got an error: mine');
    expect(failed.cause).toBe(mine);
    expect(steps).toBe(1);
    await fitDataset(model, batches, { epochs: 1, workers: 1 });
  });

  test('without an end is left by a signal, and by a callback, while it is waited for too.', async () => {
    function* endless(): Generator<TensorBatch> {
      for (;;) yield batch(0);
    }
    const model = compiled();
    const onEpochEnd = (epoch: number) => {
      if (epoch === 2) model.stopTraining = true;
    };
    const args = { epochs: 1000, batchesPerEpoch: 2, workers: 1 };
    const { epoch } = await fitDataset(model, endless, { ...args, callbacks: { onEpochEnd } });
    expect(epoch).toEqual([0, 1, 2]);
    for (const isFirst of [true, false]) {
      const controller = new AbortController();
      async function* stuck(): AsyncGenerator<TensorBatch> {
        if (!isFirst) yield batch(0);
        setTimeout(() => controller.abort(), 50);
        await new Promise(() => {});
      }
      const { signal } = controller;
      const { history } = await fitDataset(compiled(), stuck, { epochs: 1, workers: 1, signal });
      expect(history.loss?.length).toBe(isFirst ? undefined : 1);
    }
  });
});
