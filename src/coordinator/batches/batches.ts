/** Where a training's batches come from: a data set in memory, by schedule, or somebody who gives them one by one. */
import type { StreamPosition } from '../../protocol/stream.ts';
import type { Batch, Schedule } from './schedule.ts';

export interface Batches extends Pick<Schedule, 'steps' | 'stepsPerEpoch'> {
  /** Whether there is another batch after so many steps, as far as is known. */
  isLeft(done: number): boolean;
  /** Where the next one stands. */
  position(done: number): Pick<Batch, 'epoch' | 'index'>;
  /** It, with its examples in memory. Undefined where the epoch has no more, or nobody wants it any more. */
  next(done: number): Promise<Batch | undefined>;
  /** Where a stream stands, after the batches that were taken. */
  streamed?(): StreamPosition;
}

export const scheduledBatches = (schedule: Schedule): Batches => ({
  ...{ steps: schedule.steps, stepsPerEpoch: schedule.stepsPerEpoch },
  isLeft: (done) => done < schedule.steps,
  position: (done) => schedule.batch(done + 1),
  next: async (done) => schedule.batch(done + 1),
});
