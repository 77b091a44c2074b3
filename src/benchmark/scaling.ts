/** How speed grows with the number of workers: measured in turn and in one process, since machines change their speed within seconds. */
import { availableParallelism } from 'node:os';
import type { TrainOptions } from '../config/train-options.ts';
import type { Dataset } from '../data/dataset.ts';
import type { EngineName } from '../engine/engine.ts';
import type { ModelSpec } from '../model/model-spec.ts';
import { type MeterThread, startMeterThread, together } from './meter-thread.ts';
import { openTrainer, type Trainer } from './trainer.ts';

export interface ScalingOptions {
  readonly model: ModelSpec;
  readonly train: Dataset;
  /** Of each training, but for workers and engine. */
  readonly settings: TrainOptions;
  readonly engines: readonly EngineName[];
  /** Ascending. */
  readonly workerCounts: readonly number[];
  readonly rounds: number;
  /** Of each training in a round. */
  readonly seconds: number;
  /** Told of what is measured next. */
  readonly onProgress: (text: string) => void;
}

export interface Measured {
  readonly engine: EngineName;
  readonly workers: number;
  /** In each round. */
  readonly imagesPerSecond: readonly number[];
}

export interface Scaling {
  readonly measured: readonly Measured[];
  /** GFLOP/s of as many threads at once as there are workers, but no more than cores, in each round. */
  readonly matmul: readonly { readonly workers: number; readonly gflops: readonly number[] }[];
}

/** @throws GradpoolError where model, data and settings do not fit together or an engine cannot compute them */
export async function measureScaling(options: ScalingOptions): Promise<Scaling> {
  const { engines, workerCounts, rounds, seconds, onProgress } = options;
  const cores = availableParallelism();
  const trainings: (Measured & { readonly trainer: Trainer; readonly imagesPerSecond: number[] })[] = [];
  const threads: MeterThread[] = [];
  try {
    for (const engine of engines)
      for (const workers of workerCounts) {
        onProgress(`starting ${engine} with ${workers}`);
        const trainer = await openTrainer(options.model, options.train, {
          ...options.settings,
          engine,
          workers,
        });
        trainings.push({ engine, workers, trainer, imagesPerSecond: [] });
      }
    const most = Math.min(cores, Math.max(...workerCounts));
    for (let thread = 0; thread < most; thread++) threads.push(startMeterThread());
    const matmul = workerCounts.map((workers) => ({ workers, gflops: [] as number[] }));
    // The runtime compiles the kernels again, better, during the first steps.
    for (const { engine, workers, trainer } of trainings) {
      onProgress(`warming up ${engine} with ${workers}`);
      await trainer.trainFor(seconds);
    }
    for (let round = 1; round <= rounds; round++) {
      onProgress(`round ${round} of ${rounds}: the matrix product`);
      for (const { workers, gflops } of matmul)
        gflops.push(await together(threads.slice(0, Math.min(workers, most)), 'matmul'));
      for (const { engine, workers, trainer, imagesPerSecond } of trainings) {
        onProgress(`round ${round} of ${rounds}: ${engine} with ${workers}`);
        imagesPerSecond.push(await trainer.trainFor(seconds));
      }
    }
    const measured = trainings.map(({ trainer: _, ...one }) => one);
    return { measured, matmul };
  } finally {
    for (const { trainer } of trainings) await trainer.session.close();
    for (const thread of threads) await thread.close();
  }
}
