/** Speed of training with several numbers of workers, in turn and in one process: machines change their speed within seconds. */
import { availableParallelism } from 'node:os';
import { resolveConfig, type TrainConfig } from '../../src/config.ts';
import { openClassifierSession } from '../../src/coordinator/classifier.ts';
import { type Schedule, scheduleOf } from '../../src/coordinator/schedule.ts';
import type { Session } from '../../src/coordinator/session.ts';
import { runStep } from '../../src/coordinator/step.ts';
import type { Dataset } from '../../src/data/dataset.ts';
import { mnist } from '../../src/data/mnist.ts';
import { epochOrder } from '../../src/data/order.ts';
import { mnistCnnSpec } from '../../src/model/mnist-cnn-spec.ts';
import type { ModelSpec } from '../../src/protocol.ts';
import { startMatmulThread } from './matmul-thread.ts';

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
  const { workerCounts, rounds } = options;
  const { train } = await mnist();
  const model = mnistCnnSpec();
  const trainers: Trainer[] = [];
  for (const workers of workerCounts) trainers.push(await openTrainer(model, train, workers, options));
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

interface Trainer {
  readonly workers: number;
  readonly session: Session;
  /** Goes on for some steps. @returns images a second */
  train(steps: number): Promise<number>;
}

async function openTrainer(
  model: ModelSpec,
  train: Dataset,
  workers: number,
  { batchSize, shards }: BenchmarkOptions,
): Promise<Trainer> {
  const config = resolveConfig({ workers, batchSize, shards });
  const session = await openClassifierSession({ network: model.network, train, config });
  await session.load(session.layout.parameters, model.parameters);
  const schedule = scheduleOf(train.count, config);
  let step = 0;
  return {
    workers,
    session,
    async train(steps) {
      const start = performance.now();
      let images = 0;
      for (const last = step + steps; step < last; step++)
        images += await trainStep(session, config, schedule, step + 1);
      return (images / (performance.now() - start)) * 1000;
    },
  };
}

/** As the coordinator's loop does it. @returns the images of the step */
async function trainStep(session: Session, config: TrainConfig, schedule: Schedule, step: number) {
  const { train } = session.layout;
  const batch = schedule.batch(step);
  if (batch.start === 0)
    epochOrder(config.seed, batch.epoch, train.count, session.uints(train.order, train.count));
  await runStep(session, config, step, batch);
  return batch.count;
}
