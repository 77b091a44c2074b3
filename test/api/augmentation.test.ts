/** Trainings on images that are changed at random: each is the training on images that were changed before. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { type LayersModel, layers, sequential } from '@tensorflow/tfjs-layers';
import { describe, expect, onTestFinished, test } from 'vitest';
import { drawChanges } from '../../src/augmentation/draw.ts';
import { createChange } from '../../src/augmentation/images.ts';
import { createNormalize, normalizationOf } from '../../src/augmentation/normalize.ts';
import { type Augmentation, noAugmentation } from '../../src/augmentation/settings.ts';
import type { PreparationOptions } from '../../src/config/preparation-options.ts';
import { epochOrder } from '../../src/data/order.ts';
import type { EngineName } from '../../src/engine/engine.ts';
import {
  createTrainer,
  dataset,
  evaluate,
  fit,
  fitDataset,
  predict,
  type TrainCallOptions,
  train,
} from '../../src/index.ts';
import { integers } from '../../testing/engine/values.ts';
import { missing } from '../../testing/tensorflow.ts';

const [count, shape, classes] = [20, [6, 5, 2], 3] as const;
const size = 60;
const bytes = (stream: number) => Uint8Array.from(integers(stream, count * size, 256));
const part = (stream: number) => ({
  ...{ inputs: bytes(stream), labels: integers(stream + 1, count, classes), shape: [...shape], classes },
});
const data = { train: part(10), test: part(20) };

const augmentation: PreparationOptions = {
  randomShift: 1,
  randomFlip: 'both',
  randomRotation: 25,
  randomCrop: 2,
  cutout: 2,
  fillMode: 'constant',
};
const common = {
  batchSize: 8,
  epochs: 1,
  shards: 4,
  workers: 1,
  learningRate: 0.1,
  seed: 5,
  logEvery: 1,
} as const;

function model() {
  const made = sequential({
    layers: [
      layers.conv2d({ inputShape: [...shape], filters: 4, kernelSize: 3, activation: 'relu' }),
      layers.flatten(),
      layers.dropout({ rate: 0.2 }),
      layers.dense({ units: classes }),
    ],
  });
  made.setWeights(
    made.getWeights().map((weight, index) =>
      tf.tensor(
        integers(40 + index, weight.size, 101).map((value) => (value - 50) / 200),
        weight.shape,
      ),
    ),
  );
  return made;
}

const bits = async (options: TrainCallOptions, given: Parameters<typeof train>[1] = data) => {
  const { parametersSha256, evaluation } = await train(model(), given, { ...common, ...options });
  return { parametersSha256, evaluation };
};

/** Where nothing but step and position in the batch counts: each image as the step that takes it gets it. */
function changedBefore(normalized: boolean) {
  const normalization = normalized ? normalizationOf(data.train.inputs, 2) : undefined;
  const normalize = createNormalize(2, normalization);
  const zero = new Float32Array(2);
  normalize(new Float32Array(2), zero);
  const settings = { ...noAugmentation, ...augmentation } as Augmentation;
  const change = createChange({ height: 6, width: 5, channels: 2 }, settings, zero);
  const order = new Uint32Array(count);
  epochOrder(common.seed, 0, count, order);
  const inputs = new Float32Array(count * size);
  const image = new Float32Array(size);
  for (const [at, row] of order.entries()) {
    normalize(data.train.inputs.subarray(row * size, (row + 1) * size), image);
    const place = { seed: common.seed, step: 1 + Math.floor(at / 8), position: at % 8 };
    change(image, inputs.subarray(row * size, (row + 1) * size), drawChanges(settings, shape, place));
  }
  const test = new Float32Array(count * size);
  createNormalize(2, normalization)(data.test.inputs, test);
  return { train: { ...data.train, inputs }, test: { ...data.test, inputs: test } };
}

const engines = (['wasm', 'reference', 'tensorflow'] as const satisfies EngineName[]).filter(
  (engine) => engine !== 'tensorflow' || missing === undefined,
);

describe.for(engines)('%s', (engine) => {
  test.for([false, true])(
    'trains on what was changed before, normalized: %s, and gets the same bits.',
    async (normalize) => {
      expect(await bits({ engine, ...augmentation, normalize })).toEqual(
        await bits({ engine }, changedBefore(normalize)),
      );
    },
  );
});

test('the bits are those of any number of workers, and of a run that was ended and resumed.', async () => {
  const options = { ...augmentation, normalize: true, epochs: 2 };
  const once = await bits(options);
  expect(await bits({ ...options, workers: 3 })).toEqual(once);
  expect((await bits({ ...options, cutout: 0 })).parametersSha256).not.toBe(once.parametersSha256);
  const folder = await mkdtemp(join(tmpdir(), 'gradpool-augmented-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const run = join(folder, 'run');
  await bits({ ...options, run, steps: 4 });
  await expect(bits({ ...options, run, resume: true, randomCrop: 1 })).rejects.toThrow(
    'Expected `randomCrop` to be 2 as in the run at',
  );
  await expect(bits({ ...augmentation, run, resume: true })).rejects.toThrow(
    /`normalizeMean` to be 0\.\d+,0\.\d+ as .*, got none/,
  );
  expect(await bits({ ...options, run, resume: true, workers: 2 })).toEqual(once);
});

test('evaluations and predictions elsewhere have the same result, told by what the training normalized.', async () => {
  const trained = model();
  const { evaluation, normalization } = await train(trained, data, {
    ...common,
    ...augmentation,
    normalize: true,
  });
  const { mean, std } = normalizationOf(data.train.inputs, 2);
  expect(normalization).toEqual({ mean, std });
  const options = { normalizeMean: mean, normalizeStd: std, workers: 1 };
  expect(await evaluate(trained, data.test, options)).toEqual(evaluation);
  const { classes: said } = await predict(trained, data.test, options);
  const right = data.test.labels.filter((label, at) => label === said[at]).length;
  expect(right / count).toBe(evaluation?.accuracy);
});

test('fit, fitDataset and a trainer change images as train does.', async () => {
  const compiled = () => {
    const made = model();
    made.compile({ optimizer: tf.train.sgd(0.1), loss: tf.losses.softmaxCrossEntropy });
    return made;
  };
  const options = {
    ...augmentation,
    normalizeMean: [0.5],
    normalizeStd: [0.2],
    shards: 4,
    workers: 1,
    seed: 5,
  };
  const trained = { ...options, batchSize: 8, learningRate: 0.1, momentum: 0 };
  const expected = await train(model(), { train: data.train }, { ...trained, epochs: 1 });
  const x = tf.tensor4d(
    [...data.train.inputs].map((value) => value / 255),
    [count, ...shape],
  );
  const y = tf.cast(tf.oneHot(tf.tensor1d([...data.train.labels], 'int32'), classes), 'float32');
  const fitted = compiled();
  await fit(fitted, x, y, { ...options, batchSize: 8, epochs: 1, verbose: 0 });
  const trainer = await createTrainer(model(), { train: dataset(data.train) }, trained);
  for (let step = 0; step < 3; step++) await trainer.step();
  expect((await trainer.state()).parameters).toEqual(expected.parameters);
  await trainer.close();
  const valuesOf = (made: LayersModel) => made.getWeights().flatMap((weight) => [...weight.dataSync()]);
  expect(valuesOf(fitted)).toEqual([...expected.parameters]);
  const streamed = compiled();
  function* batches() {
    for (const from of [0, 8, 16]) {
      const examples = Math.min(8, count - from);
      yield { xs: tf.slice(x, from, examples), ys: tf.slice(y, from, examples) };
    }
  }
  await fitDataset(streamed, batches, { ...options, epochs: 1, verbose: 0 });
  const unshuffled = compiled();
  await fit(unshuffled, x, y, { ...options, batchSize: 8, epochs: 1, verbose: 0, shuffle: false });
  expect(valuesOf(streamed)).toEqual(valuesOf(unshuffled));
  await expect(
    fitDataset(compiled(), batches, { ...augmentation, normalize: true, epochs: 1 }),
  ).rejects.toThrow(/examples that stream.*got `normalize`/);
});

const flat = { train: { ...data.train, shape: [60] } };
const vectors = () => sequential({ layers: [layers.dense({ inputShape: [60], units: 3 })] });

test('values of any shape are normalized by their last dimension.', async () => {
  const { normalization } = await train(vectors(), flat, { ...common, normalize: true });
  expect(normalization).toEqual(normalizationOf(data.train.inputs, 60));
});

const wrong: readonly [string, TrainCallOptions, RegExp][] = [
  ['a shift of half a pixel', { randomShift: 0.5 }, /`randomShift` to be an integer >= 0, got `0\.5`/],
  [
    'a shift beyond the image',
    { randomShift: 6 },
    /`randomShift` to be at most the image's side, 5 pixels, got 6/,
  ],
  ['padding beyond the image', { randomCrop: 6 }, /`randomCrop` to be at most .* 5 pixels, got 6/],
  ['a square beyond the image', { cutout: 6 }, /`cutout` to be at most .* 5 pixels, got 6/],
  ['a turn too far', { randomRotation: 181 }, /`randomRotation` to be degrees from 0 to 180, got `181`/],
  [
    'no way to turn over',
    { randomFlip: 'up' as never },
    /`randomFlip` to be none, horizontal, vertical or both, got `up`/,
  ],
  [
    'no way to fill',
    { fillMode: 'blur' as never },
    /`fillMode` to be constant, nearest, reflect or wrap, got `blur`/,
  ],
  ['a mean alone', { normalizeMean: [0] }, /both `normalizeMean` and `normalizeStd`, got the mean alone/],
  [
    'a deviation of 0',
    { normalizeMean: [0], normalizeStd: [0] },
    /`normalizeStd` to be greater than 0, got `0`/,
  ],
  [
    'a mean that is none',
    { normalizeMean: [Number.NaN], normalizeStd: [1] },
    /`normalizeMean` to be a list of finite numbers/,
  ],
  [
    'means of other channels',
    { normalizeMean: [0, 0, 0], normalizeStd: [1] },
    /`normalizeMean` .* each of 2 channels .* got 3/,
  ],
  ['a word', { normalize: 'yes' as never }, /`normalize` to be true or false, got the string "yes"/],
];

test.each(wrong)('%s is refused before anything begins.', async (_, options, message) => {
  await expect(bits(options)).rejects.toMatchObject({
    kind: 'usage',
    message: expect.stringMatching(message),
  });
});

test('what are no images are not augmented.', async () => {
  await expect(train(vectors(), flat, { ...common, randomFlip: 'both', cutout: 1 })).rejects.toMatchObject({
    kind: 'usage',
    message:
      'Expected images of shape [height, width, channels] to augment, got examples of shape [60]; leave out `randomFlip` and `cutout`',
  });
  const words = sequential({
    layers: [
      layers.embedding({ inputDim: 256, outputDim: 2, inputLength: 60 }),
      layers.flatten(),
      layers.dense({ units: 3 }),
    ],
  });
  await expect(train(words, flat, { ...common, normalize: true })).rejects.toThrow(
    /Expected images to normalize, got numbers of words/,
  );
});
