/**
 * A rank that trains the tutorial's network on MNIST for ever: rank.ts BATCH SHARDS WORKERS. Rank 0 tells, every ten
 * steps, how many images were taken so far and the medians of what a step's parts took, in milliseconds.
 */
import { median } from '../../src/benchmark/statistics.ts';
import { resolveConfig } from '../../src/config/config.ts';
import { beginning, nextStep, openTrainer } from '../../src/coordinator/trainer.ts';
import { mnist } from '../../src/data/mnist.ts';
import { joinRanks } from '../../src/exchange/begin/join.ts';
import { openExchange } from '../../src/exchange/begin/open.ts';
import type { Exchange } from '../../src/exchange/exchange.ts';
import { mnistCnnSpec } from '../../src/model/mnist-cnn/mnist-cnn-spec.ts';
import type { Pool } from '../../src/pool/place.ts';
import { enableWideKernels } from '../../src/runtime/wide-kernels.ts';
import type { Parts } from './parts.ts';

enableWideKernels(); // As the command line does.
const [batchSize, shards, workers] = process.argv.slice(2).map(Number);
const reportEvery = 10;
const { rank } = await joinRanks();
const noted = new Map<string, number[]>();

async function timed<T>(name: string, work: () => Promise<T>): Promise<T> {
  const start = performance.now();
  const value = await work();
  noted.set(name, [...(noted.get(name) ?? []), performance.now() - start]);
  return value;
}

const config = resolveConfig({
  ...{ batchSize, shards, workers, steps: 2 ** 31, exchange: 'mpi' },
  // The ranks are halted while others are measured.
  stepTimeout: 86_400,
});
const exchange = await openExchange(config, new AbortController().signal);
const timedExchange: Exchange = {
  ...exchange,
  gather: (place, value) => timed('wait', () => exchange.gather(place, value)),
  sum: (place, values) => timed('allreduce', () => exchange.sum(place, values)),
};
const observe = (pool: Pool): Pool => ({
  ...pool,
  run: (tasks, options) => timed(`${tasks[0]?.kind}`, () => pool.run(tasks, options)),
});

const { train } = await mnist();
const request = { model: mnistCnnSpec(), train, config };
const trainer = await openTrainer(request, { exchange: timedExchange, profile: { observe } });
await trainer.load(beginning(request));
for (let step = 1, images = 0; ; step++) {
  images += (await timed('step', () => nextStep(trainer))).batch.count;
  if (step % reportEvery > 0) continue;
  const parts = Object.fromEntries([...noted].map(([name, times]) => [name, median(times)]));
  noted.clear();
  if (rank === 0) console.log(JSON.stringify({ images, parts: parts as Partial<Parts> }));
}
