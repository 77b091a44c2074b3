import type { TrainConfig } from '../config.ts';
import type { GradientTask, MeasuredSums, UpdateTask } from '../protocol.ts';
import { cutIntoShards } from '../reduction/shards.ts';
import { treeSum } from '../reduction/tree.ts';
import {
  badLosses,
  computeAgain,
  overflows,
  type ShardResult,
  type StepWork,
  suspects,
} from './not-finite.ts';
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
 * @throws NotFiniteError, with the current buffers as they were, when a loss, a gradient or what they make of the
 *   parameters is not finite, also when it is computed again
 */
export async function runStep(
  session: Session,
  config: Pick<TrainConfig, 'shards'>,
  step: number,
  batch: Batch,
): Promise<StepMeans> {
  const { current } = session;
  const work = { step, batch, shards: cutIntoShards(batch.count, config.shards) };
  const results = await gradients(session, work);
  await computeAgain(session, work, results, badLosses(results), 'nothing was updated');
  if (!(await update(session, work))) {
    await computeAgain(session, work, results, suspects(session), 'nothing was updated');
    if (!(await update(session, work))) throw overflows(work);
  }
  session.current = current === 0 ? 1 : 0;
  const mean = (of: (sums: MeasuredSums) => number) => {
    const values = results.map(({ sums }) => of(sums));
    return treeSum(values) / batch.count;
  };
  return {
    loss: mean(({ loss }) => loss),
    metrics: results[0].sums.metrics.map((_, metric) => mean(({ metrics }) => metrics[metric])),
  };
}

/**
 * Tries the parameters that a step has made on the batch that it took: a step's own loss is that of the parameters
 * before. Call it before another step's order is written.
 * @throws NotFiniteError when a shard's loss is not finite, also when it is computed again
 */
export async function checkParameters(
  session: Session,
  config: TrainConfig,
  step: number,
  batch: Batch,
): Promise<void> {
  const work = { step, batch, shards: cutIntoShards(batch.count, config.shards) };
  const results = await gradients(session, work);
  await computeAgain(session, work, results, badLosses(results), 'no checkpoint was written after it');
}

/** Phase 1: each shard's sums of losses and metrics; its gradient is in its slot then. */
async function gradients(session: Session, work: StepWork): Promise<ShardResult[]> {
  const done = await session.pool.run(gradientTasks(session, work));
  return done.flatMap(({ sums, worker }) => sums.map((shard) => ({ sums: shard, worker })));
}

/** Phase 2, into the other buffers. @returns whether all that was written is finite */
async function update(session: Session, { step, batch }: StepWork): Promise<boolean> {
  const done = await session.pool.run(updateTasks(session, step, batch.count));
  return done.every(({ finite }) => finite);
}

/** Neighbouring shards share a task: a dense layer's weights are then read once for all of them. */
const gradientTasks = (
  { current, gradientTasks }: Session,
  { step, batch, shards }: StepWork,
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
