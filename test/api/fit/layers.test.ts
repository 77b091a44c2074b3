/** Each kind of layer in `fit`, against TensorFlow.js's own `model.fit` on its JavaScript backend. */
import '../../../src/model/tfjs/cpu-backend.ts';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { fit } from '../../../src/index.ts';
import { relativeError, uniform } from '../../../testing/engine/values.ts';
import { activationCases } from '../../../testing/fit/activation-models.ts';
import { imageCases } from '../../../testing/fit/image-models.ts';
import { type LayerCase, layerCases } from '../../../testing/fit/layer-models.ts';
import { mergingCases } from '../../../testing/fit/merging-models.ts';
import { targets, weightsOf } from '../../../testing/fit/models.ts';
import { noiseCases } from '../../../testing/fit/noise-models.ts';

// In this thread: test/api/fit/fit.test.ts is about the threads.
vi.mock('../../../src/api/client.ts', () => import('../../../testing/fit/in-this-thread.ts'));

const [examples, batchSize, epochs] = [22, 8, 10];
const engines = ['wasm', 'reference'] as const;

const cases = { ...layerCases, ...activationCases, ...imageCases, ...mergingCases, ...noiseCases };

describe.for(Object.entries(cases))('%s', ([, { model: make, inputs }]) => {
  /** Of one step on one batch, and of 30 steps, the last of each epoch smaller. */
  let plain: { readonly change: Float32Array[]; readonly losses: number[] };
  beforeAll(async () => {
    await tf.setBackend('cpu');
    plain = await run({ model: make, inputs }, async (model, x, y, args) => {
      const { history } = await model.fit(x, y, { ...args, shuffle: false, verbose: 0 });
      return history.loss as number[];
    });
  });

  test.for(engines)('trains on %s as model.fit does', async (engine) => {
    const fitted = await run({ model: make, inputs }, async (model, x, y, args) => {
      const { history } = await fit(model, x, y, { ...args, engine, shuffle: false, verbose: 0, workers: 1 });
      return history.loss as number[];
    });
    for (const [index, change] of plain.change.entries())
      expect(relativeError(fitted.change[index], change), `weight ${index}`).toBeLessThanOrEqual(1e-4);
    for (const [epoch, loss] of plain.losses.entries())
      expect(Math.abs(fitted.losses[epoch] / loss - 1), `loss of epoch ${epoch}`).toBeLessThanOrEqual(1e-3);
  });
});

type Fit = (
  model: LayersModel,
  x: tf.Tensor,
  y: tf.Tensor,
  args: { readonly epochs: number; readonly batchSize: number },
) => Promise<number[]>;

async function run({ model: make, inputs }: LayerCase, train: Fit) {
  const once = compiled(make);
  const before = weightsOf(once);
  await train(once, inputs(batchSize), targets.oneHot(batchSize, 3), { epochs: 1, batchSize });
  const change = weightsOf(once).map((values, index) => values.map((value, i) => value - before[index][i]));
  const long = compiled(make);
  const losses = await train(long, inputs(examples), targets.oneHot(examples, 3), { epochs, batchSize });
  for (const model of [once, long]) model.dispose();
  return { change, losses };
}

function compiled(make: () => LayersModel): LayersModel {
  const model = make();
  const weights = model.getWeights();
  model.setWeights(
    weights.map(({ shape, size }, index) => tf.tensor(uniform(600 + index, size, -0.7, 0.7), shape)),
  );
  model.compile({ loss: 'categoricalCrossentropy', optimizer: tf.train.momentum(0.1, 0.5) });
  return model;
}
