/** Speed of training with several numbers of workers, in turn and in one process: machines change their speed within seconds. */
import { availableParallelism } from 'node:os';
import { mnist } from '../../src/data/mnist.ts';
import { mnistCnnSpec } from '../../src/model/mnist-cnn-spec.ts';
import { startMatmulThread } from './matmul-thread.ts';
import { openTrainer, type Trainer } from './trainer.ts';

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
  /** The same on as many threads at once as there are cores, added up: what the machine itself gives in that round. */
  readonly allCoresGflops: readonly number[];
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
  const matmulThreads = Array.from({ length: availableParallelism() }, startMatmulThread);
  const matmulGflops: number[] = [];
  const allCoresGflops: number[] = [];
  const imagesPerSecond = new Map<number, number[]>(workerCounts.map((workers) => [workers, []]));
  // The runtime compiles the kernels again, better, during the first steps.
  for (const trainer of trainers) await trainer.train(options.steps);
  for (let round = 1; round <= rounds; round++) {
    matmulGflops.push(await matmulThreads[0].measure());
    const atOnce = await Promise.all(matmulThreads.map((thread) => thread.measure()));
    allCoresGflops.push(atOnce.reduce((sum, gflops) => sum + gflops, 0));
    for (const trainer of trainers)
      imagesPerSecond.get(trainer.workers)?.push(await trainer.train(options.steps));
    onRound(round);
  }
  for (const { session } of trainers) await session.close();
  for (const thread of matmulThreads) await thread.close();
  return { variant: trainers[0].session.variant, matmulGflops, allCoresGflops, imagesPerSecond };
}
