/** Speed of training with several numbers of workers, in turn and in one process: machines change their speed within seconds. */
import { availableParallelism } from 'node:os';
import { aloneAndTogether, startMeterThread } from '../../src/benchmark/meter-thread.ts';
import { openTrainer, type Trainer } from '../../src/benchmark/trainer.ts';
import { mnist } from '../../src/data/mnist.ts';
import { mnistCnnSpec } from '../../src/model/mnist-cnn/mnist-cnn-spec.ts';

export interface BenchmarkOptions {
  readonly workerCounts: readonly number[];
  readonly rounds: number;
  /** Steps of one round with one number of workers. */
  readonly steps: number;
  readonly batchSize: number;
  readonly shards: number;
}

export interface Measurements {
  /** The build of the kernels. */
  readonly variant: string;
  /** GFLOP/s of the matrix product on one thread alone, in each round. */
  readonly matmulGflops: readonly number[];
  /** How much more as many threads as there are cores get at once: what the machine itself gives in that round. */
  readonly matmulScaling: readonly number[];
  /** GB/s that one thread alone reads and writes, in each round, and how much more all of them get at once. */
  readonly memorySpeed: readonly number[];
  readonly memoryScaling: readonly number[];
  /** For each number of workers, images a second in each round. */
  readonly imagesPerSecond: ReadonlyMap<number, readonly number[]>;
}

/** @param onRound is told of each finished round */
export async function measure(
  options: BenchmarkOptions,
  onRound: (round: number) => void,
): Promise<Measurements> {
  const { workerCounts, rounds, batchSize, shards } = options;
  const { train } = await mnist();
  const model = mnistCnnSpec();
  const trainers: Trainer[] = [];
  for (const workers of workerCounts)
    trainers.push(await openTrainer(model, train, { workers, batchSize, shards }));
  const threads = Array.from({ length: availableParallelism() }, startMeterThread);
  const matmulGflops: number[] = [];
  const matmulScaling: number[] = [];
  const memorySpeed: number[] = [];
  const memoryScaling: number[] = [];
  const imagesPerSecond = new Map<number, number[]>(workerCounts.map((workers) => [workers, []]));
  // The runtime compiles the kernels again, better, during the first steps.
  for (const trainer of trainers) await trainer.train(options.steps);
  for (let round = 1; round <= rounds; round++) {
    const matmul = await aloneAndTogether(threads, 'matmul');
    matmulGflops.push(matmul.alone);
    matmulScaling.push(matmul.together / matmul.alone);
    const memory = await aloneAndTogether(threads, 'memory');
    memorySpeed.push(memory.alone);
    memoryScaling.push(memory.together / memory.alone);
    for (const trainer of trainers)
      imagesPerSecond.get(trainer.workers)?.push(await trainer.train(options.steps));
    onRound(round);
  }
  for (const { session } of trainers) await session.close();
  for (const thread of threads) await thread.close();
  const { variant } = trainers[0].session;
  return { variant, matmulGflops, matmulScaling, memorySpeed, memoryScaling, imagesPerSecond };
}
