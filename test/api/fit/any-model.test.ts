/** `fit` of a layer that keeps state, on each engine. */
import * as tf from '@tensorflow/tfjs-core';
import { constraints, type LayersModel, layers, sequential } from '@tensorflow/tfjs-layers';
import { expect, test } from 'vitest';
import { fit } from '../../../src/index.ts';
import { relativeError, uniform } from '../../../testing/engine/values.ts';
import {
  compiled,
  constrainedCases,
  constrainedData,
  sizes,
  trainPlainly,
} from '../../../testing/fit/constrained-models.ts';
import { inputsFor, setWeights, weightsOf } from '../../../testing/fit/models.ts';
import { missing } from '../../../testing/tensorflow.ts';

const examples = 22;

test.for(['wasm', 'tensorflow'] as const)(
  'batch normalisation with one shard: running averages and History are those of model.fit, on %s.',
  async (engine, { skip }) => {
    skip(engine === 'tensorflow' && missing !== undefined, missing);
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
    const ours = await trained((model) => fit(model, x, y, { ...args, engine, workers: 2, shards: 1 }));
    expect(Object.keys(ours.history).sort()).toEqual(Object.keys(plain.history).sort());
    for (const [key, values] of Object.entries(plain.history))
      expect(relativeError(ours.history[key], values), key).toBeLessThanOrEqual(1e-3);
    for (const [index, weight] of ours.weights.entries())
      expect(relativeError(weight, plain.weights[index]), `weight ${index}`).toBeLessThanOrEqual(1e-4);
  },
);

const rescaled = {
  ...constrainedCases['dense layers'],
  model: () =>
    sequential({
      layers: [
        layers.rescaling({ inputShape: [7], scale: 2 }),
        ...constrainedCases['dense layers'].model().layers,
      ],
    }),
};

test.for([
  { name: 'dense layers', one: constrainedCases['dense layers'] },
  { name: 'dense layers behind one that no other engine takes', one: rescaled },
])('constraints are kept on tensorflow, by $name', async ({ one }, { skip }) => {
  skip(missing !== undefined, missing);
  await tf.setBackend('cpu');
  const expected = await trainPlainly(one);
  const fitted = compiled(one);
  const { epochs, batchSize } = sizes;
  const args = { epochs, batchSize, engine: 'tensorflow', shuffle: false, workers: 1, shards: 1 } as const;
  await fit(fitted, ...constrainedData(one), args);
  for (const [index, weight] of weightsOf(fitted).entries())
    expect(relativeError(weight, expected.weights[index]), `weight ${index}`).toBeLessThanOrEqual(1e-5);
});

test("a constraint of the user's own is refused by name.", async () => {
  const kernelConstraint = Object.assign(constraints.nonNeg(), { getClassName: () => 'Halved' });
  const model = sequential({
    layers: [layers.dense({ inputShape: [5], units: 1, name: 'own', kernelConstraint })],
  });
  model.compile({ loss: 'meanSquaredError', optimizer: 'sgd' });
  await expect(fit(model, inputsFor(4), tf.zeros([4, 1]))).rejects.toThrow(
    /^Expected the constraint of the model's weight "\S*kernel" to be maxNorm, minMaxNorm, nonNeg or unitNorm, along its axes, got "Halved"$/,
  );
});
