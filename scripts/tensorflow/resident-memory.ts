/**
 * Resident memory of the process over 2,000 small steps of the tensorflow engine on two workers:
 * `node scripts/tensorflow/resident-memory.ts`. Ends non-zero where it grows by more than 5 %.
 */

import { median } from '../../src/benchmark/statistics.ts';
import { openTrainer } from '../../src/benchmark/trainer.ts';
import { mnistCnnSpec } from '../../src/model/mnist-cnn/mnist-cnn-spec.ts';
import { firstDigits } from '../../testing/digits.ts';

const steps = 2000;
const between = 50;
const examples = 1000;
/** The first steps fill the runtime's and TensorFlow's own pools. */
const settled = 200;
const tolerance = 0.05;

const train = await firstDigits(examples);
const options = { engine: 'tensorflow', workers: 2, shards: 2, batchSize: 4 } as const;
const trainer = await openTrainer(mnistCnnSpec(), train, options);
await trainer.train(settled);
const megabytes: number[] = [];
for (let step = 0; step < steps; step += between) {
  await trainer.train(between);
  megabytes.push(process.memoryUsage.rss() / 2 ** 20);
}
await trainer.session.close();

const [first, last] = [median(megabytes.slice(0, 5)), median(megabytes.slice(-5))];
const growth = last / first - 1;
console.log(
  `resident memory over ${steps} steps: ${first.toFixed(0)} MiB at first, ${last.toFixed(0)} MiB at last (${(growth * 100).toFixed(1)} %), ${Math.max(...megabytes).toFixed(0)} MiB at most`,
);
process.exitCode = growth <= tolerance ? 0 : 1;
