import type { TrainConfig } from '../config/config.ts';
import { partsOfRanks, putRows, takeRows } from '../exchange/batch-rows.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { metricOfSums } from '../metric/metrics.ts';
import { type GradientTask, type MeasuredSums, otherBuffer } from '../protocol/tasks.ts';
import { cutIntoShards } from '../reduction/shards.ts';
import { treeSum } from '../reduction/tree.ts';
import type { Batch } from './batches/schedule.ts';
import {
  badLosses,
  computeAgain,
  NotFiniteError,
  nameOf,
  noticeOfUpdate,
  overflows,
  type ShardResult,
  type StepWork,
  type Suspects,
  suspects,
} from './not-finite.ts';
import { type Session, sumsOf } from './session.ts';
import { applyGradient } from './updating.ts';

/** Means over a step's batch, before the update. */
export interface StepMeans {
  readonly loss: number;
  /** Share of examples whose class is right; 0 where targets are no classes. */
  readonly correct: number;
  /** Of each metric that the session measures. */
  readonly metrics: readonly number[];
}

/**
 * One synchronous step in two phases: the gradient of each shard, then, by ranges of the parameters, their sum and
 * the update; or, of several batches that make one update together, what keeps the sum for that. Between them ranks add
 * up the sums of their shards. When it returns, the session's current buffers are the new ones.
 * @param step a coordinate of the dropout masks
 * @param updates which update of the optimizer the batch is for, from 1: others than `step` where steps were left out, or
 *   several make one
 * @returns the means over the batch, before the update
 * @throws NotFiniteError, with the current buffers as they were, when a loss, a gradient or what they make of the
 *   parameters is not finite, also when it is computed again
 */
export async function runStep(
  session: Session,
  config: Pick<TrainConfig, 'shards'>,
  step: number,
  batch: Batch,
  updates: number = step,
): Promise<StepMeans> {
  const work = workOf(session, config, step, batch);
  const place = nameOf(work);
  const results = await gradients(session, work);
  const finish = async (again: Suspects) => {
    const told = await together(session, work, place, async () => {
      await computeAgain(session, work, results, again, 'nothing was updated');
      if (session.isSummed && session.batchRegions === undefined) await sumOwn(session, work);
      return { sums: results.map(({ sums }) => sums), rows: ownRows(session, work) };
    });
    await addUp(session, work, place, told);
    const sums = told.flatMap((one) => one.sums);
    return { sums, applied: await applyGradient(session, batch.count, updates) };
  };
  let done = await finish(badLosses(results));
  if (!done.applied.finite) {
    const again = suspects(session);
    done = await finish(again);
    if (done.applied.finite && !again.areSeen) session.notice(noticeOfUpdate(work));
  }
  if (!done.applied.finite) throw overflows(work);
  done.applied.keep();
  return meansOf(session, done.sums, batch.count);
}

function meansOf(session: Session, shards: readonly MeasuredSums[], examples: number): StepMeans {
  const total = (of: (sums: MeasuredSums) => number) => treeSum(shards.map(of));
  return {
    loss: total(({ loss }) => loss) / examples,
    // A sum of whole numbers: exact in any order.
    correct: total(({ correct }) => correct) / examples,
    metrics: session.metrics.map((one, metric) => {
      const sums = shards[0].metrics[metric].map((_, sum) => total(({ metrics }) => metrics[metric][sum]));
      return metricOfSums(one, sums, examples);
    }),
  };
}

/**
 * Tries the parameters that a step has made on the batch that it took: a step's own loss is that of the parameters
 * before. Call it before another step's order is written.
 * @throws NotFiniteError when a shard's loss is not finite, also when it is computed again
 */
export async function checkParameters(
  session: Session,
  config: Pick<TrainConfig, 'shards'>,
  step: number,
  batch: Batch,
): Promise<void> {
  const work = workOf(session, config, step, batch);
  await together(session, work, `the trial of what step ${step} made`, async () => {
    const results = await gradients(session, work);
    await computeAgain(session, work, results, badLosses(results), 'no checkpoint was written after it');
  });
}

/**
 * The gradient of a batch at the current parameters: the mean over its examples, with what penalties add, as an update
 * would get it. Changes nothing that a step reads. For a session with room for sums.
 * @returns [parameterCount] in natural order; what no gradient moves has no meaning. Undefined where a loss is not finite
 */
export async function gradientOf(
  session: Session,
  config: Pick<TrainConfig, 'shards'>,
  step: number,
  batch: Batch,
): Promise<Float32Array | undefined> {
  const work = workOf(session, config, step, batch);
  const { layout, pool, current, updateTasks: parts, exchange } = session;
  const { sums } = layout;
  if (sums === undefined) throw new Error('The memory has no place for sums');
  const place = `the gradient after step ${step}`;
  const { length: bad } = badLosses(await gradients(session, work)).shards;
  const told = await exchange.gather(place, { bad, rows: ownRows(session, work) });
  if (told.some((one) => one.bad > 0)) return undefined;
  if (session.batchRegions === undefined) await sumOwn(session, work);
  await addUp(session, work, place, told);
  const { count: examples } = batch;
  await pool.run(
    Array.from({ length: parts }, (_, part) => ({ kind: 'mean', examples, part, parts, current })),
  );
  const mean = layout.parameters[otherBuffer(current)];
  await pool.run([{ kind: 'unpack', natural: sums, offset: mean }]);
  return session.floats(sums, session.parameterCount).slice();
}

/** This rank's part of a batch. */
function workOf(
  { share }: Session,
  { shards }: Pick<TrainConfig, 'shards'>,
  step: number,
  batch: Batch,
): StepWork {
  const own = cutIntoShards(batch.count, shards).slice(share.first, share.first + share.count);
  return { step, batch, shards: own, firstShard: share.first, rankFirst: own[0]?.first ?? 0, ofAll: shards };
}

/**
 * What all ranks have, of all shards. What is not finite on one of them, no rank updates with.
 * @throws NotFiniteError on every rank
 */
async function together<T>(
  { exchange }: Session,
  { step }: StepWork,
  place: string,
  work: () => Promise<T>,
): Promise<T[]> {
  const own = await work().catch((error: unknown) => {
    if (error instanceof NotFiniteError) return error.message;
    throw error;
  });
  const all = await exchange.gather(place, own);
  const reason = all.find((one) => typeof one === 'string');
  if (reason !== undefined) throw new NotFiniteError(reason, step);
  return all.flatMap((one) => (typeof one === 'string' ? [] : [one]));
}

/** Phase 1: each shard's sums of losses and metrics; its gradient is in its slot then. */
async function gradients(session: Session, work: StepWork): Promise<ShardResult[]> {
  const done = await session.pool.run(gradientTasks(session, work));
  return done.flatMap(({ sums, worker }) => sums.map((shard) => ({ sums: shard, worker })));
}

/** The sums over the shards of which the memory of the batch has something. */
async function sumOwn(
  { pool, updateTasks: parts, batchRegions }: Session,
  { batch, shards, ofAll }: StepWork,
): Promise<void> {
  const filled = batchRegions === undefined ? shards : cutIntoShards(batch.count, ofAll);
  // A rank without a shard has a slot of zeros.
  const counts = filled.length === 0 ? [0] : filled.map(({ count }) => count);
  await pool.run(Array.from({ length: parts }, (_, part) => ({ kind: 'sum', counts, part, parts })));
}

/** And those over all ranks', in the same place. */
async function addUp(session: Session, work: StepWork, place: string, told: readonly Rows[]): Promise<void> {
  const sums = sumsOf(session);
  if (sums === undefined) return;
  if (session.batchRegions !== undefined) {
    putAllRows(session, work, told);
    await together(session, work, `${place}, of all rows`, () => sumOwn(session, work));
  }
  await session.exchange.sum(place, sums);
}

/** What a rank has left in the memory of the batch; undefined where that is not sent. */
interface Rows {
  readonly rows: Uint8Array | undefined;
}

function ownRows({ exchange, memory, layout, batchRegions }: Session, work: StepWork): Rows['rows'] {
  if (batchRegions === undefined) return undefined;
  return takeRows(new Uint8Array(memory, layout.batch), batchRegions, partsOf(exchange, work)[exchange.rank]);
}

function putAllRows(
  { exchange, memory, layout, batchRegions }: Session,
  work: StepWork,
  told: readonly Rows[],
) {
  const bytes = new Uint8Array(memory, layout.batch);
  for (const [rank, part] of partsOf(exchange, work).entries()) {
    const { rows } = told[rank];
    if (rank !== exchange.rank && rows && batchRegions) putRows(bytes, batchRegions, part, rows);
  }
}

const partsOf = ({ ranks }: Exchange, { batch, ofAll }: StepWork) => partsOfRanks(batch.count, ofAll, ranks);

/** Neighbouring shards share a task: a dense layer's weights are then read once for all of them. */
const gradientTasks = (
  { current, gradientTasks, batchRegions }: Session,
  { step, batch, shards, rankFirst }: StepWork,
): GradientTask[] =>
  cutIntoShards(shards.length, Math.min(gradientTasks, shards.length)).map(
    ({ first: firstShard, count }) => ({
      kind: 'gradient',
      step,
      batchStart: batch.start,
      rankFirst,
      first: shards[firstShard].first - rankFirst,
      firstShard,
      batchFirst: batchRegions === undefined ? 0 : rankFirst,
      counts: shards.slice(firstShard, firstShard + count).map((shard) => shard.count),
      current,
    }),
  );
