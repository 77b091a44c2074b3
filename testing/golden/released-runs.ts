/**
 * The trainings whose runs test/fixtures holds as a released version wrote them, killed in the middle:
 * test/fixtures/released/FORMAT/NAME. Public API only, so that this file works in the checkout of any version.
 */
import '@tensorflow/tfjs-backend-cpu';
import { tensor } from '@tensorflow/tfjs-core';
import { type LayersModel, layers, sequential } from '@tensorflow/tfjs-layers';
import { type Dataset, dataset, type TrainCallOptions } from '../../src/index.ts';
import { integers, uniform } from '../engine/values.ts';

/** 20 images in batches of 8: 3 steps an epoch, the last one of 4. */
const count = 20;

/** Portable kernels: every machine can go on with them to the same bits. */
const options = {
  ...{ steps: 12, batchSize: 8, seed: 5, learningRate: 0.1, simd: 'portable', workers: 1 },
  ...{ saveEvery: 5, evalEvery: 4, logEvery: 1 },
} as const satisfies TrainCallOptions;

/** By the name of their directory. */
export const releasedRuns: Readonly<Record<string, TrainCallOptions>> = {
  momentum: { ...options, momentum: 0.9, shards: 3 },
  'plain-sgd': { ...options, momentum: 0 },
};

/** The steps that were made when the run was killed; its newest checkpoint is of step 5, in the middle of an epoch. */
export const killedAfter = 7;

export function releasedModel(): LayersModel {
  const model = sequential({
    name: 'released',
    layers: [
      layers.conv2d({ name: 'conv', inputShape: [8, 8, 1], filters: 4, kernelSize: 3, activation: 'relu' }),
      layers.averagePooling2d({ name: 'pool', poolSize: 2 }),
      layers.flatten({ name: 'flatten' }),
      layers.dropout({ name: 'dropout', rate: 0.25 }),
      layers.dense({ name: 'logits', units: 3 }),
    ],
  });
  model.setWeights(
    model.getWeights().map(({ shape, size }, index) => tensor(uniform(8000 + index, size, -0.5, 0.5), shape)),
  );
  return model;
}

export const releasedData = (): { readonly train: Dataset; readonly test: Dataset } => ({
  train: images(8100),
  test: images(8200),
});

const images = (stream: number): Dataset =>
  dataset({
    inputs: Uint8Array.from(uniform(stream, count * 64, 0, 256)),
    labels: integers(stream + 1, count, 3),
    ...{ shape: [8, 8, 1], classes: 3 },
  });
