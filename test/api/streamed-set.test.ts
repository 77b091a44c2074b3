/** `train` on data that are read as they are trained on. */
import '@tensorflow/tfjs-backend-cpu';
import { copyFileSync, readFileSync, rmSync } from 'node:fs';
import { layers, sequential } from '@tensorflow/tfjs-layers';
import { encode } from 'fast-png';
import { expect, test } from 'vitest';
import { readData, streamData, type TrainCallOptions, train } from '../../src/index.ts';
import { expectRefused, temporaryDirectory } from '../../testing/data/files.ts';
import { put } from '../../testing/data/forms.ts';

const files = temporaryDirectory();

/** Noise. */
const png = (seed: number) => {
  const data = Uint8Array.from({ length: 64 }, (_, at) => Math.abs(Math.sin(64 * seed + at) * 1e6) % 256);
  return encode({ width: 8, height: 8, channels: 1, depth: 8, data });
};

/** 23 images to train on, and more than two rooms of the test: 450. */
function images(name: string, tested = 450): string {
  for (const [part, count] of Object.entries({ train: 23, test: tested }))
    for (let example = 0; example < count; example++)
      put(files.path(`${name}/${part}/${'abc'[example % 3]}/${example}.png`), png(example + part.length));
  return files.path(name);
}

/** Another image in a file of the same size. */
function exchange(file: string): void {
  const { length } = readFileSync(file);
  let seed = 1000;
  while (png(seed).length !== length) seed++;
  put(file, png(seed));
}

const path = images('images');
const first = `${path}/train/a/0.png`;

const model = () =>
  sequential({
    layers: [
      layers.flatten({ inputShape: [8, 8, 1] }),
      layers.dense({ units: 3, kernelInitializer: 'zeros' }),
    ],
  });

/** An epoch is 5 steps, the last one of 3 examples. */
const settings: TrainCallOptions = { batchSize: 5, shards: 3, epochs: 3, evalEvery: 7, learningRate: 0.01 };

const kinds: Readonly<Record<string, TrainCallOptions>> = {
  'classes as targets': { randomFlip: 'horizontal', normalizeMean: [0.4], normalizeStd: [0.2] },
  'vectors as targets, best by a metric': {
    ...{ loss: 'meanSquaredError', metrics: ['precision'], patience: 2, monitor: 'precision' },
    ...{ accumulateSteps: 3, schedule: 'cosine', emaMomentum: 0.9 },
  },
};

test.for(Object.entries(kinds).flatMap(([name, kind]) => [1, 3].map((workers) => ({ name, kind, workers }))))(
  '$name: the bits of data in the memory, $workers workers',
  async ({ kind, workers }) => {
    const options = { ...settings, ...kind, workers };
    const expected = await train(model(), await readData(path), options);
    const starts: unknown[] = [];
    const { parametersSha256, evaluation, globalStep, best } = await train(model(), await streamData(path), {
      ...options,
      onEvent: (event) => event.kind === 'start' && starts.push(event),
    });
    expect(parametersSha256).toBe(expected.parametersSha256);
    expect({ evaluation, globalStep, best }).toEqual({
      ...{ evaluation: expected.evaluation, globalStep: expected.globalStep, best: expected.best },
    });
    expect(starts).toMatchObject([{ examples: 23, steps: 15, stepsPerEpoch: 5 }]);
  },
);

test('A run that was ended in the middle of an epoch, or behind one, goes on with the bits of one that was not.', async () => {
  const { parametersSha256 } = await train(model(), await readData(path), { ...settings, workers: 1 });
  for (const steps of [7, 10]) {
    const run = files.path(`run-${steps}`);
    await train(model(), await streamData(path), { ...settings, workers: 3, steps, run });
    const options = { ...settings, workers: 1, run, resume: true };
    const resumed = train(model(), await streamData(path), options);
    await expect(resumed).resolves.toMatchObject({ parametersSha256 });
  }
});

test('Files that are others than before are refused: by their sizes, or where their batch comes again.', async () => {
  const own = images('changed', 3);
  const run = files.path('changed-run');
  const part = { ...settings, workers: 1, run };
  await train(model(), await streamData(own), { ...part, steps: 4 });
  const resumed = async (from: string) =>
    train(model(), await streamData(from), { ...part, resume: true, steps: 5 });
  for (const example of [0, 3, 6, 9, 12, 15, 18, 21]) exchange(`${own}/train/a/${example}.png`);
  await expectRefused(
    resumed(own),
    /^Expected `data` to give the 4 batches that the run was trained on in this pass, got others; give the same/,
  );
  copyFileSync(first, `${own}/train/a/more.png`);
  await expectRefused(
    resumed(own),
    /^Expected `data` to be the set with SHA-256 \w+ as in the run at .*, got/,
  );
  const { train: parts, test: tested } = await readData(path);
  const inMemory = train(model(), { train: parts, test: tested }, { ...part, resume: true });
  await expectRefused(inMemory, /^Expected `data` to be the set with SHA-256/);
});

test('An image that cannot be read is named by the very error; one of the test, too.', async () => {
  for (const damaged of [first, `${path}/test/b/448.png`]) {
    const whole = readFileSync(damaged);
    put(damaged, 'no image');
    const training = train(model(), await streamData(path, { shape: [8, 8, 1] }), {
      ...settings,
      workers: 1,
    });
    await expectRefused(training, /\.png: expected a PNG or JPEG image, got text/);
    put(damaged, whole);
  }
  const stream = await streamData(path);
  rmSync(first);
  await expectRefused(
    train(model(), stream, settings),
    /a\/0\.png: expected a PNG or JPEG image, got ENOENT/,
  );
  put(first, png(5));
});

const refused: readonly [TrainCallOptions, RegExp][] = [
  [
    { overfit: 5 },
    /^Expected no `overfit` for data that stream, of which only two batches are in the memory/,
  ],
  [{ validationSplit: 0.5 }, /^Expected no `validationSplit` for data that stream/],
  [{ confusion: true }, /^Expected no `confusion` for data that stream/],
  [{ normalize: true }, /^Expected no `normalize` for data that stream, .* give `normalizeMean` and/],
  [{ tensorboard: ['images'] }, /^Expected no images in `tensorboard` for data that stream/],
  [{ batchSize: 24 }, /^Expected a batch size of at most the data set's 23 examples, got 24/],
  [{ batchSize: 2, accumulateSteps: 7 }, /^Expected `accumulateSteps` to divide the 24 steps/],
];

test.for(refused)('%o is refused by name.', async ([options, message]) => {
  const stream = await streamData(path);
  const kind = 'batchSize' in options && !('accumulateSteps' in options) ? 'input' : 'usage';
  await expect(train(model(), stream, { epochs: 2, workers: 1, ...options })).rejects.toMatchObject({
    ...{ name: 'GradpoolError', kind, message: expect.stringMatching(message) },
  });
});
