import type { TrainConfig } from '../../config/config.ts';
import type { TrainerRequest } from '../../protocol/requests.ts';

/** Which examples a step takes. */
export interface Batch {
  /** From 0. */
  readonly epoch: number;
  /** Which of the epoch's batches, from 0. */
  readonly index: number;
  /** Index of the first example in the epoch's order. */
  readonly start: number;
  /** Examples; fewer than the batch size in the last batch of an epoch that it does not divide. */
  readonly count: number;
  /** Whether its examples lie in a stream's room, where other ones will: `start` then says nothing of the data set. */
  readonly isStreamed?: boolean;
  /** What messages call its step, where that is not the step's number. */
  readonly named?: string;
}

export interface Schedule {
  readonly steps: number;
  readonly stepsPerEpoch: number;
  /** @param step from 1, of this training */
  batch(step: number): Batch;
}

/**
 * The steps of a training on `examples` examples: a function of these numbers alone.
 * @param firstEpoch which epoch the first step belongs to; `epochs` counts those before it, too
 */
export function scheduleOf(
  examples: number,
  { batchSize, epochs, steps }: Pick<TrainConfig, 'batchSize' | 'epochs' | 'steps'>,
  firstEpoch = 0,
): Schedule {
  const stepsPerEpoch = Math.ceil(examples / batchSize);
  return {
    steps: steps ?? Math.max(0, epochs - firstEpoch) * stepsPerEpoch,
    stepsPerEpoch,
    batch(step) {
      const passes = Math.floor((step - 1) / stepsPerEpoch);
      const index = step - 1 - passes * stepsPerEpoch;
      const start = index * batchSize;
      return { epoch: firstEpoch + passes, index, start, count: Math.min(batchSize, examples - start) };
    },
  };
}

/** Examples of an epoch; of a stream whose length nobody knows, the room for its batches. */
export const examplesOfEpoch = ({ train, stream }: Pick<TrainerRequest, 'train' | 'stream'>): number =>
  stream?.set?.examples ?? train.count;

/** Whether something that happens every `interval` steps (0: never) happens after this one. */
export const isDue = (interval: number, step: number): boolean => interval > 0 && step % interval === 0;
