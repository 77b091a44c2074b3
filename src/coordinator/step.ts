import type { TrainConfig } from '../config.ts';
import { inputError } from '../errors.ts';
import type { GradientTask, UpdateTask } from '../protocol.ts';
import { cutIntoShards } from '../reduction/shards.ts';
import { treeSum } from '../reduction/tree.ts';
import type { Batch } from './schedule.ts';
import type { Session } from './session.ts';

/**
 * One synchronous step in two phases: the gradient of each shard, then, by ranges of the parameters, their sum and
 * the update. When it returns, the session's current buffers are the new ones.
 * @returns the mean loss of the batch, before the update
 * @throws GradpoolError, before anything is updated, when a shard's loss is not finite
 */
export async function runStep(
  session: Session,
  config: TrainConfig,
  step: number,
  batch: Batch,
): Promise<number> {
  const { current } = session;
  const gradientTasks = cutIntoShards(batch.count, config.shards).map(
    ({ first, count }, shard): GradientTask => ({
      kind: 'gradient',
      step,
      shard,
      batchStart: batch.start,
      first,
      count,
      current,
    }),
  );
  const losses = (await session.pool.run(gradientTasks)).map(({ loss }) => loss);
  checkFinite(losses, gradientTasks);
  await session.pool.run(updateTasks(session, batch.count));
  session.current = current === 0 ? 1 : 0;
  return treeSum(losses) / batch.count;
}

/** One range a worker, on cache line borders. Elementwise work: the division changes no bits. */
function updateTasks({ layout, workers, current }: Session, examples: number): UpdateTask[] {
  const lines = layout.bufferFloats / 16;
  const border = (part: number) => Math.floor((part * lines) / workers) * 16;
  return Array.from({ length: workers }, (_, part) => ({
    kind: 'update' as const,
    examples,
    start: border(part),
    end: border(part + 1),
    current,
  }));
}

function checkFinite(losses: readonly number[], tasks: readonly GradientTask[]): void {
  const shard = losses.findIndex((loss) => !Number.isFinite(loss));
  if (shard < 0) return;
  const { step, first, count } = tasks[shard];
  throw inputError(
    `Expected a finite loss, got ${losses[shard]} in step ${step}, shard ${shard} (examples ${first} to ${first + count - 1} of the batch); nothing was updated. A smaller --learning-rate often helps`,
  );
}
