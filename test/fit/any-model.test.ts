/** `fit` of models that only the tensorflow engine knows. */
import * as tf from '@tensorflow/tfjs-core';
import { type LayersModel, layers, sequential } from '@tensorflow/tfjs-layers';
import { expect, test } from 'vitest';
import { fit } from '../../src/index.ts';
import { relativeError, uniform } from '../engine/values.ts';
import { missing } from '../tensorflow.ts';
import { inputsFor, setWeights, weightsOf } from './models.ts';

const examples = 22;

test('batch normalisation with one shard: running averages and History are those of model.fit.', async ({
  skip,
}) => {
  skip(missing !== undefined, missing);
  const x = inputsFor(examples);
  const y = tf.tensor2d(uniform(9, examples, -1, 1), [examples, 1]);
  const trained = async (train: (model: LayersModel) => Promise<{ history: object }>) => {
    const model = sequential({
      layers: [
        layers.dense({ inputShape: [5], units: 4 }),
        layers.batchNormalization({ momentum: 0.8 }),
        layers.dense({ units: 1 }),
      ],
    });
    setWeights(model, 4);
    // gamma, beta, and the running mean and variance
    model.layers[1].setWeights(
      [
        [1, 2, 3, 4],
        [0, 1, 0, 1],
        [0, 0, 0, 0],
        [1, 1, 1, 1],
      ].map((v) => tf.tensor1d(v)),
    );
    model.compile({ loss: 'meanSquaredError', optimizer: tf.train.sgd(0.05) });
    const { history } = await train(model);
    return { history: history as Record<string, number[]>, weights: weightsOf(model) };
  };
  const args = { epochs: 3, batchSize: 8, shuffle: false, validationSplit: 0.25 };
  const plain = await trained((model) => model.fit(x, y, { ...args, verbose: 0 }));
  const ours = await trained((model) => fit(model, x, y, { ...args, workers: 2, shards: 1 }));
  expect(Object.keys(ours.history).sort()).toEqual(Object.keys(plain.history).sort());
  for (const [key, values] of Object.entries(plain.history))
    expect(relativeError(ours.history[key], values), key).toBeLessThanOrEqual(1e-3);
  for (const [index, weight] of ours.weights.entries())
    expect(relativeError(weight, plain.weights[index]), `weight ${index}`).toBeLessThanOrEqual(1e-4);
});
