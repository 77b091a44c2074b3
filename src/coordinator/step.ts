import type { TrainConfig } from '../config.ts';
import { inputError } from '../errors.ts';
import type { GradientTask, MeasuredSums, UpdateTask } from '../protocol.ts';
import { cutIntoShards, type Shard } from '../reduction/shards.ts';
import { treeSum } from '../reduction/tree.ts';
import type { Batch } from './schedule.ts';
import type { Session } from './session.ts';

/** Means over a step's batch, before the update. */
export interface StepMeans {
  readonly loss: number;
  /** Of each metric that the session measures. */
  readonly metrics: readonly number[];
}

/**
 * One synchronous step in two phases: the gradient of each shard, then, by ranges of the parameters, their sum and
 * the update. When it returns, the session's current buffers are the new ones.
 * @returns the means over the batch, before the update
 * @throws GradpoolError, before anything is updated, when a shard's loss is not finite
 */
export async function runStep(
  session: Session,
  config: Pick<TrainConfig, 'shards'>,
  step: number,
  batch: Batch,
): Promise<StepMeans> {
  const { current } = session;
  const sums = await shardSums(session, config, step, batch);
  const mean = (values: number[]) => treeSum(values) / batch.count;
  checkFinite(sums, batch, `in step ${step}`, 'nothing was updated');
  await session.pool.run(updateTasks(session, step, batch.count));
  session.current = current === 0 ? 1 : 0;
  return {
    loss: mean(sums.map(({ loss }) => loss)),
    metrics: sums[0].metrics.map((_, metric) => mean(sums.map(({ metrics }) => metrics[metric]))),
  };
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
  const sums = await shardSums(session, config, step, batch);
  checkFinite(sums, batch, `after step ${step}`, 'no checkpoint was written');
}

/** Phase 1: each shard's sums of losses and metrics; its gradient is in its slot then. */
async function shardSums(
  session: Session,
  config: Pick<TrainConfig, 'shards'>,
  step: number,
  batch: Batch,
): Promise<MeasuredSums[]> {
  const shards = cutIntoShards(batch.count, config.shards);
  const replies = await session.pool.run(gradientTasks(session, shards, step, batch));
  return replies.flatMap(({ sums }) => sums);
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
  { updateTasks: parts, current, learningRate }: Session,
  step: number,
  examples: number,
): UpdateTask[] =>
  Array.from({ length: parts }, (_, part) => ({
    kind: 'update',
    step,
    learningRate,
    examples,
    part,
    parts,
    current,
  }));

function checkFinite(sums: readonly MeasuredSums[], batch: Batch, when: string, consequence: string): void {
  const shard = sums.findIndex(({ loss }) => !Number.isFinite(loss));
  if (shard < 0) return;
  const { first, count } = cutIntoShards(batch.count, sums.length)[shard];
  throw inputError(
    `Expected a finite loss, got ${sums[shard].loss} ${when}, shard ${shard} (examples ${first} to ${first + count - 1} of the batch); ${consequence}. A smaller --learning-rate often helps`,
  );
}
