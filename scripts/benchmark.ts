/**
 * npm run benchmark: trains the tutorial's network on MNIST with 1, 2, 4 and 8 workers, in interleaved rounds, each
 * training in a process of its own, and prints images a second, speedup and efficiency beside what the engine's own
 * matrix product reaches in the same run.
 */
import { execFile } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { mnistCnnSpec } from '../src/model/mnist-cnn-spec.ts';
import { trainingFlop } from './benchmark/flop.ts';
import type { Measurement } from './benchmark/measure.ts';
import { median, spread } from './benchmark/statistics.ts';

const { values: options } = parseArgs({
  options: {
    workers: { type: 'string', default: '1,2,4,8' },
    rounds: { type: 'string', default: '5' },
    steps: { type: 'string', default: '60' },
    'batch-size': { type: 'string', default: '100' },
    shards: { type: 'string', default: '8' },
  },
});
const workerCounts = options.workers.split(',').map(Number);
const rounds = Number(options.rounds);

const measurements = new Map<number, Measurement[]>(workerCounts.map((workers) => [workers, []]));
for (let round = 1; round <= rounds; round++)
  for (const workers of workerCounts) {
    const measurement = await measure(workers);
    measurements.get(workers)?.push(measurement);
    const { imagesPerSecond, matmulGflops } = measurement;
    console.error(
      `round ${round}, ${workers} workers: ${imagesPerSecond.toFixed(0)} images/s, matrix product ${matmulGflops.toFixed(1)} GFLOP/s`,
    );
  }
report();

async function measure(workers: number): Promise<Measurement> {
  const { stdout } = await promisify(execFile)(process.execPath, [
    join(import.meta.dirname, 'benchmark/measure.ts'),
    ...[`${workers}`, options.steps, options['batch-size'], options.shards],
  ]);
  return JSON.parse(stdout) as Measurement;
}

function report(): void {
  const flop = trainingFlop(mnistCnnSpec().network);
  const all = [...measurements.values()].flat();
  const peak = median(all.map(({ matmulGflops }) => matmulGflops));
  const first = rates(workerCounts[0]);
  console.log(`Node.js ${process.version}, ${availableParallelism()} cores, kernels: ${all[0].variant}`);
  console.log(
    `batch ${options['batch-size']}, ${options.shards} shards, ${options.steps} steps, ${rounds} rounds: median (least to most)`,
  );
  console.log(
    `matrix product of 480 x 480 x 480, one core: ${peak.toFixed(1)} GFLOP/s; a training step takes ${(flop / 1e6).toFixed(1)} MFLOP an image`,
  );
  console.table(
    workerCounts.map((workers) => {
      const cores = Math.min(workers, availableParallelism());
      const ratios = rates(workers).map((rate, round) => rate / first[round]);
      const shares = (measurements.get(workers) ?? []).map(
        ({ imagesPerSecond, matmulGflops }) => (imagesPerSecond * flop) / 1e9 / cores / matmulGflops,
      );
      return {
        workers,
        'images/s': spread(rates(workers), 0),
        speedup: spread(ratios, 2),
        'efficiency (of cores)': spread(
          ratios.map((ratio) => (ratio * workerCounts[0]) / cores),
          2,
        ),
        'share of matrix product': spread(shares, 2),
        'peak memory, MB': median(
          (measurements.get(workers) ?? []).map(({ peakMegabytes }) => peakMegabytes),
        ),
      };
    }),
  );
}

function rates(workers: number): number[] {
  return (measurements.get(workers) ?? []).map(({ imagesPerSecond }) => imagesPerSecond);
}
