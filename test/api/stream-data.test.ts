import '@tensorflow/tfjs-backend-cpu';
import { layers, sequential } from '@tensorflow/tfjs-layers';
import { expect, test } from 'vitest';
import { fitDataset, readData, streamData } from '../../src/index.ts';
import { expectRefused, temporaryDirectory } from '../../testing/data/files.ts';
import { plainData, plainPart, put, writeImages } from '../../testing/data/forms.ts';
import { writeNpz } from '../../testing/data/numpy.ts';

const files = temporaryDirectory();
const path = writeImages(files.path('images'), plainData);

async function collect(
  pass: AsyncIterable<{ xs: { dataSync(): unknown; shape: number[] }; ys: { dataSync(): unknown } }>,
) {
  const batches = [];
  for await (const { xs, ys } of pass)
    batches.push({
      shape: xs.shape,
      inputs: xs.dataSync() as Float32Array,
      targets: ys.dataSync() as Float32Array,
    });
  return batches;
}

test('Streamed batches hold the examples that are read at once, in the same order in each pass.', async () => {
  const stream = await streamData(path, { batchSize: 5, seed: 3 });
  expect(stream).toMatchObject({ shape: [32, 32, 3], classes: 10, examples: { train: 12, test: 10 } });
  const [first, second] = [await collect(stream.train()), await collect(stream.train())];
  expect(first.map(({ shape }) => shape[0])).toEqual([5, 5, 2]);
  expect(second).toEqual(first);
  const { test: whole } = await readData(path);
  const tested = await collect(stream.test());
  expect(tested.flatMap(({ inputs }) => [...inputs])).toEqual(
    [...whole.inputs].map((value) => Math.fround(value / 255)),
  );
  expect(tested.flatMap(({ targets }) => [...targets]).indexOf(1, 10)).toBe(11);
});

test('A training on streamed images has the bits of one on arrays of the same examples.', async () => {
  const trained = async (from: string) => {
    const { train, shape, classes } = await streamData(from, { batchSize: 4 });
    const model = sequential({
      layers: [
        layers.flatten({ inputShape: [...shape] }),
        layers.dense({ units: classes, activation: 'softmax', kernelInitializer: 'zeros' }),
      ],
    });
    model.compile({ loss: 'categoricalCrossentropy', optimizer: 'sgd' });
    await fitDataset(model, train, { epochs: 2, workers: 1, verbose: 0 });
    return model.getWeights().map((weight) => [...weight.dataSync()]);
  };
  const weights = await trained(path);
  expect(weights).toEqual(await trained(writeNpz(files.path('arrays'), plainData)));
  expect(weights[0].some((weight) => weight !== 0)).toBe(true);
});

test('Images without a test part are split as readData splits them; one that is damaged is named when its batch is due.', async () => {
  const unsplit = writeImages(files.path('unsplit'), { '.': plainPart([0, 0, 0, 0, 1, 1, 1, 1], 5) });
  const options = { testSplit: 0.25, splitSeed: 4 };
  const stream = await streamData(unsplit, options);
  const { test: whole } = await readData(unsplit, options);
  const [{ inputs }] = await collect(stream.test());
  expect([...inputs]).toEqual([...whole.inputs].map((value) => Math.fround(value / 255)));
  put(`${unsplit}/bee/0006.png`, 'no image');
  put(`${unsplit}/bee/0005.png`, 'no image');
  await expectRefused(collect(stream.train()), /bee\/000[56]\.png: expected a PNG or JPEG image, got text/);
});
