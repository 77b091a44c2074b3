import type { TrainConfig } from '../config.ts';

/** Which examples a step takes. */
export interface Batch {
  /** From 0. */
  readonly epoch: number;
  /** Index of the first example in the epoch's order. */
  readonly start: number;
  /** Examples; fewer than the batch size in the last batch of an epoch that it does not divide. */
  readonly count: number;
}

export interface Schedule {
  readonly steps: number;
  readonly stepsPerEpoch: number;
  /** @param step from 1 */
  batch(step: number): Batch;
}

/** The steps of a training on `examples` examples: a function of these numbers alone. */
export function scheduleOf(examples: number, { batchSize, epochs, steps }: TrainConfig): Schedule {
  const stepsPerEpoch = Math.ceil(examples / batchSize);
  return {
    steps: steps ?? epochs * stepsPerEpoch,
    stepsPerEpoch,
    batch(step) {
      const epoch = Math.floor((step - 1) / stepsPerEpoch);
      const start = (step - 1 - epoch * stepsPerEpoch) * batchSize;
      return { epoch, start, count: Math.min(batchSize, examples - start) };
    },
  };
}

/** Whether something that happens every `interval` steps (0: never) happens after this one. */
export const isDue = (interval: number, step: number): boolean => interval > 0 && step % interval === 0;
