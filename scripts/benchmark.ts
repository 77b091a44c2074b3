/**
 * npm run benchmark: trains the tutorial's network on MNIST with 1, 2, 4 and 8 workers, in interleaved rounds in one
 * run, and prints images a second, speedup and efficiency beside what the engine's own matrix product reaches. Then,
 * for each number of workers, a whole training in a process of its own; and how long the first step of a training and
 * an evaluation take. With --engine tensorflow: beside tfjs-node alone.
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { median, spread } from '../src/benchmark/statistics.ts';
import { mnistCnnSpec } from '../src/model/mnist-cnn/mnist-cnn-spec.ts';
import { enableWideKernels } from '../src/runtime/wide-kernels.ts';
import { coordinatorShare } from './benchmark/coordinator-share.ts';
import { evaluationTimes } from './benchmark/evaluation-time.ts';
import { trainingFlop } from './benchmark/flop.ts';
import { type BenchmarkOptions, type Measurements, measure } from './benchmark/measure.ts';
import { startTimes } from './benchmark/start-time.ts';
import { benchmarkTensorflow } from './benchmark/tensorflow-engine.ts';
import { type WholeTraining, wholeTraining } from './benchmark/whole-training.ts';

enableWideKernels();
const { values } = parseArgs({
  options: {
    workers: { type: 'string', default: '1,2,4,8' },
    rounds: { type: 'string', default: '15' },
    steps: { type: 'string', default: '20' },
    'batch-size': { type: 'string', default: '100' },
    shards: { type: 'string', default: '8' },
    engine: { type: 'string', default: 'wasm' },
  },
});
const options: BenchmarkOptions = {
  workerCounts: values.workers.split(',').map(Number),
  rounds: Number(values.rounds),
  steps: Number(values.steps),
  batchSize: Number(values['batch-size']),
  shards: Number(values.shards),
};
/** Of starts, and of evaluations. */
const times = 7;
const cores = availableParallelism();
const onRound = (round: number) => console.error(`round ${round} of ${options.rounds}`);
if (values.engine === 'tensorflow') await benchmarkTensorflow(options, onRound);
else await benchmarkWasm();

async function benchmarkWasm(): Promise<void> {
  const measurements = await measure(options, onRound);
  const whole = new Map<number, WholeTraining>();
  for (const workers of options.workerCounts) whole.set(workers, await wholeTraining(workers, options));
  report(measurements, whole);
  const { dispatch, waiting } = await coordinatorShare(cores, options);
  const percent = (shares: readonly number[]) =>
    `${spread(
      shares.map((share) => 100 * share),
      1,
    )} %`;
  console.log(
    `of a step with ${cores} workers: ${percent(dispatch)} while none is at work (dispatch, replies), ${percent(waiting)} while one waits for a slower one`,
  );
  const start = spread(await startTimes(cores, times), 2);
  console.log(`from the start of the process to the first step's end, ${cores} workers: ${start} s`);
  const evaluation = spread(await evaluationTimes(cores, times), 2);
  console.log(`evaluation of the 10,000 test images, ${cores} workers: ${evaluation} s`);
}

function report(measurements: Measurements, whole: ReadonlyMap<number, WholeTraining>): void {
  const { variant, matmulGflops, matmulScaling, memorySpeed, memoryScaling } = measurements;
  const { batchSize, shards, rounds, steps, workerCounts } = options;
  const flop = trainingFlop(mnistCnnSpec().network);
  console.log(
    [
      `Node.js ${process.version}, ${cores} cores, kernels: ${variant}`,
      `batches of ${batchSize} in ${shards} shards, ${rounds} rounds of ${steps} steps; medians (least to most)`,
      `matrix product, 1008 x 1008 x 1008, one core: ${spread(matmulGflops, 1)} GFLOP/s`,
      `on ${cores} threads at once: ${spread(matmulScaling, 2)} times that`,
      `memory, one thread: ${spread(memorySpeed, 1)} GB/s read and written`,
      `on ${cores} threads at once: ${spread(memoryScaling, 2)} times that`,
      `a training step takes ${(flop / 1e6).toFixed(1)} MFLOP an image`,
    ].join('\n'),
  );
  const row = (workers: number) => ({
    ...rowOf(measurements, workers, flop),
    'train(), images/s': whole.get(workers)?.imagesPerSecond.toFixed(0),
    'peak memory, MB': whole.get(workers)?.peakMegabytes,
  });
  console.table(Object.fromEntries(workerCounts.map((workers) => [`workers: ${workers}`, row(workers)])));
}

/** Ratios are taken round by round. */
function rowOf({ matmulGflops, imagesPerSecond }: Measurements, workers: number, flop: number) {
  const rates = imagesPerSecond.get(workers) ?? [];
  const first = imagesPerSecond.get(options.workerCounts[0]) ?? [];
  const busyCores = Math.min(workers, cores);
  const speedups = rates.map((rate, round) => rate / first[round]);
  const share = rates.map((rate, round) => (rate * flop) / 1e9 / busyCores / matmulGflops[round]);
  return {
    'images/s': spread(rates, 0),
    speedup: spread(speedups, 2),
    'efficiency a core': (median(speedups) / busyCores).toFixed(2),
    'of matrix product': spread(share, 2),
  };
}
