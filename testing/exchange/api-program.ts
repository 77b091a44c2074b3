/** A program of a user: trains by each function that takes ranks, on the exchange that its argument names, and prints the weights. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { initializers, type LayersModel, layers, sequential } from '@tensorflow/tfjs-layers';
import { createTrainer, fitDataset, fit as fitOn, train, trainGan } from '../../src/index.ts';
import { parametersSha256 } from '../../src/run/hashes.ts';
import { uniform } from '../engine/values.ts';
import { examplesOfGan, ganModels } from '../gan/models.ts';

const exchange = process.argv[2] as 'local' | 'mpi';
const [count, size] = [90, 6];
const inputs = uniform(1, count * size, -1, 1);
const labels = Array.from({ length: count }, (_, at) => at % 3);

const seeded = (seed: number) => initializers.glorotUniform({ seed });
const model = (): LayersModel =>
  sequential({
    layers: [
      layers.dense({ inputShape: [size], units: 12, activation: 'tanh', kernelInitializer: seeded(1) }),
      layers.batchNormalization(),
      layers.dense({ units: 3, kernelInitializer: seeded(2) }),
    ],
  });

const bitsOf = (trained: LayersModel): string =>
  trained
    .getWeights()
    .reduce((hash, weight) => hash.update(new Uint8Array(weight.dataSync().buffer)), createHash('sha256'))
    .digest('hex');

const trained = model();
await train(
  trained,
  { train: { inputs, labels, shape: [size] } },
  { batchSize: 16, epochs: 2, workers: 1, exchange },
);
console.log(`train ${bitsOf(trained)}`);

const fitted = model();
fitted.compile({ loss: 'meanSquaredError', optimizer: tf.train.adam(0.01), metrics: ['mae'] });
const [x, y] = [tf.tensor2d(inputs, [count, size]), tf.oneHot(tf.tensor1d(labels, 'int32'), 3)];
const { history } = await fitOn(fitted, x, y, {
  ...{ epochs: 6, batchSize: 20, validationSplit: 0.2, workers: 1, exchange },
  callbacks: {
    onEpochEnd(epoch) {
      if (epoch === 3) fitted.stopTraining = true;
    },
  },
});
console.log(`fit ${bitsOf(fitted)} ${JSON.stringify(history)}`);

const rowsOf = (tensor: tf.Tensor2D, first: number, rows = 20) => tf.slice(tensor, [first, 0], [rows, -1]);
/** The last one is smaller. */
function* batches() {
  for (let first = 0; first < count; first += 20) {
    const rows = Math.min(20, count - first);
    yield { xs: rowsOf(x, first, rows), ys: rowsOf(y as tf.Tensor2D, first, rows) };
  }
}
const streamed = model();
streamed.compile({ loss: 'meanSquaredError', optimizer: tf.train.momentum(0.05, 0.9), metrics: ['mae'] });
const { history: ofStream } = await fitDataset(streamed, batches, {
  ...{ epochs: 2, workers: 1, exchange, validationData: batches, classWeight: { 0: 2, 1: 1, 2: 1 } },
});
console.log(`fitDataset ${bitsOf(streamed)} ${JSON.stringify(ofStream)}`);

const data = { train: { inputs, labels, shape: [size] }, test: { inputs, labels, shape: [size] } };
const stepped = model();
const options = { batchSize: 16, workers: 1, optimizer: 'adam', exchange } as const;
const trainer = await createTrainer(stepped, data, options);
const begun = await trainer.state();
for (let step = 0; step < 7; step++) await trainer.step();
const measured = await trainer.evaluate();
await trainer.load({ ...begun, learningRate: 0.01 });
for (let step = 0; step < 3; step++) await trainer.step();
await trainer.close();
console.log(`createTrainer ${bitsOf(stepped)} ${JSON.stringify(measured)}`);

const given = model();
const giver = await createTrainer(given, {}, { batchSize: 20, workers: 1, exchange });
const step = (first: number, rows = 20) =>
  giver.trainOnBatch(rowsOf(x, first, rows), tf.tensor1d(labels.slice(first, first + rows), 'int32'));
for (const first of [0, 20, 40]) await step(first);
// Too large a batch is refused on every rank, and the training goes on.
const refused = await step(0, count).catch((error) => error.message);
const { loss } = await step(20, 10);
await giver.close();
console.log(`trainOnBatch ${bitsOf(given)} ${loss} ${refused}`);

/** Dropout, batch normalisation, and batches of which the last one of an epoch has 4 examples. */
const ganSettings = {
  ...{ batchSize: 12, shards: 8, workers: 1, learningRate: 0.01, seed: 3, exchange },
  ...{ discriminatorSteps: 2, pretrainSteps: 2, labelSmoothing: 0.1, sampleEvery: 5, sampleCount: 5 },
} as const;
const run = join(mkdtempSync(join(tmpdir(), 'gradpool-gan-')), 'run');
const samples: string[] = [];
const onEvent = (event: { kind: string; images?: Float32Array }) => {
  if (event.images !== undefined) samples.push(parametersSha256(event.images).slice(0, 12));
};
await trainGan(ganModels(), examplesOfGan, { ...ganSettings, run, steps: 6, onEvent });
const { generator, discriminator, generatorLoss } = await trainGan(ganModels(), examplesOfGan, {
  ...{ ...ganSettings, run, resume: true, steps: 15, onEvent },
});
const [made, judged] = [generator, discriminator].map(parametersSha256);
rmSync(dirname(run), { recursive: true });
console.log(`gan ${made} ${judged} ${generatorLoss} ${samples.join()}`);
