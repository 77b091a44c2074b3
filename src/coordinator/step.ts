import type { TrainConfig } from '../config.ts';
import { inputError } from '../errors.ts';
import type { GradientTask, UpdateTask } from '../protocol.ts';
import { cutIntoShards, type Shard } from '../reduction/shards.ts';
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
  const losses = await shardLosses(session, config, step, batch);
  checkFinite(losses, batch, `in step ${step}`, 'nothing was updated');
  await session.pool.run(updateTasks(session, step, batch.count));
  session.current = current === 0 ? 1 : 0;
  return treeSum(losses) / batch.count;
}

/**
 * Tries the parameters that a step has made on the batch that it took: a step's own loss is that of the parameters
 * before. Call it before another step's order is written.
 * @throws GradpoolError when a shard's loss is not finite
 */
export async function checkParameters(
  session: Session,
  config: TrainConfig,
  step: number,
  batch: Batch,
): Promise<void> {
  const losses = await shardLosses(session, config, step, batch);
  checkFinite(losses, batch, `after step ${step}`, 'no checkpoint was written');
}

/** Phase 1: each shard's sum of losses; its gradient is in its slot then. */
async function shardLosses(
  session: Session,
  config: TrainConfig,
  step: number,
  batch: Batch,
): Promise<number[]> {
  const shards = cutIntoShards(batch.count, config.shards);
  const replies = await session.pool.run(gradientTasks(session, shards, step, batch));
  return replies.flatMap(({ sums }) => sums.map(({ loss }) => loss));
}

/** Neighbouring shards share a task: a dense layer's weights are then read once for all of them. */
const gradientTasks = (
  { current, gradientTasks }: Session,
  shards: readonly Shard[],
  step: number,
  batch: Batch,
): GradientTask[] =>
  cutIntoShards(shards.length, gradientTasks).map(({ first: firstShard, count }) => ({
    kind: 'gradient',
    step,
    batchStart: batch.start,
    first: shards[firstShard].first,
    firstShard,
    counts: shards.slice(firstShard, firstShard + count).map((shard) => shard.count),
    current,
  }));

/** By parts of the parameters. Elementwise work: the division changes no bits. */
const updateTasks = (
  { updateTasks: parts, current }: Session,
  step: number,
  examples: number,
): UpdateTask[] =>
  Array.from({ length: parts }, (_, part) => ({
    kind: 'update',
    step,
    examples,
    part,
    parts,
    current,
  }));

function checkFinite(losses: readonly number[], batch: Batch, when: string, consequence: string): void {
  const shard = losses.findIndex((loss) => !Number.isFinite(loss));
  if (shard < 0) return;
  const { first, count } = cutIntoShards(batch.count, losses.length)[shard];
  throw inputError(
    `Expected a finite loss, got ${losses[shard]} ${when}, shard ${shard} (examples ${first} to ${first + count - 1} of the batch); ${consequence}. A smaller --learning-rate often helps`,
  );
}
