/** A GAN's steps against a loop in plain TensorFlow.js: with one shard, over which a batch normalisation goes. */
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { trainGan } from '../../src/index.ts';
import { loadTensorflow } from '../../src/runtime/tensorflow-package.ts';
import { relativeError } from '../../testing/engine/values.ts';
import { weightsOf } from '../../testing/fit/models.ts';
import { examplesOfGan, ganModels } from '../../testing/gan/models.ts';
import { type PlainGan, trainPlainly } from '../../testing/gan/plain-gan.ts';
import { missing } from '../../testing/tensorflow.ts';

/** 40 examples: the last batch of an epoch has 4. */
const settings = { batchSize: 12, seed: 5, learningRate: 0.0002 } as const;
/** TensorFlow.js draws masks of its own. */
const dropout = 0;

// Plain TensorFlow.js computes with TensorFlow where that can be had, else in JavaScript.
if (missing === undefined) loadTensorflow();

type Ratio = Pick<PlainGan, 'discriminatorSteps' | 'generatorSteps' | 'pretrainSteps' | 'labelSmoothing'>;

test.each<[number, string, Ratio]>([
  [1, '', {}],
  [10, '', {}],
  [50, '', {}],
  [4, ' with 2 and 3 updates each', { discriminatorSteps: 2, generatorSteps: 3 }],
  [4, ', the first 2 the discriminator alone', { pretrainSteps: 2, labelSmoothing: 0.2 }],
])('both networks change in %i steps as in plain TensorFlow.js%s', async (steps, _, ratio) => {
  const [own, plain] = [ganModels(dropout), ganModels(dropout)];
  const options = { ...settings, ...ratio, steps, shards: 1, workers: 1 };
  const result = await trainGan(own, examplesOfGan, options);
  const { inputs, shape, labels } = examplesOfGan;
  const losses = trainPlainly(
    { ...plain, ...settings, ...ratio, inputs, shape, count: labels.length },
    steps,
  );
  expect(tf.getBackend()).toBe(missing === undefined ? 'tensorflow' : 'cpu');
  const { discriminatorLoss = Number.NaN, generatorLoss = Number.NaN } = result;
  expect(relativeError([discriminatorLoss], [losses.discriminator])).toBeLessThan(1e-5);
  expect(relativeError([generatorLoss], [losses.generator])).toBeLessThan(1e-5);
  const before = ganModels(dropout);
  for (const player of ['discriminator', 'generator'] as const) {
    const [old, ours, theirs] = [before, own, plain].map((models) => weightsOf(models[player]));
    for (const [index, values] of old.entries()) {
      const change = (after: Float32Array) => Float64Array.from(after, (value, i) => value - values[i]);
      const error = relativeError(change(ours[index]), change(theirs[index]));
      expect.soft(error, `change of weight ${index} of the ${player}`).toBeLessThan(1e-4);
    }
  }
});
