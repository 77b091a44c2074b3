import type { TrainConfig } from '../config/config.ts';
import { GradpoolError, inputError } from '../errors.ts';
import type { Done } from '../pool/place.ts';
import type { GradientTask } from '../protocol/tasks.ts';
import type { Shard } from '../reduction/shards.ts';
import { manifestLimits } from '../run/manifest.ts';
import type { Batch } from './batches/schedule.ts';
import type { Session } from './session.ts';

/** A step that cannot be made, since it would make the parameters infinite or not a number. */
export class NotFiniteError extends GradpoolError {
  readonly step: number;

  constructor(message: string, step: number) {
    super(message);
    this.step = step;
  }
}

/** The gradients of one batch. */
export interface StepWork {
  readonly step: number;
  readonly batch: Batch;
  /** Those of this rank, which are numbered from 0 here. */
  readonly shards: readonly Shard[];
  /** Which of the batch's the first one is, and the position of its first example. */
  readonly firstShard: number;
  readonly rankFirst: number;
  /** The shards of all ranks. */
  readonly ofAll: number;
}

/** What came of a shard, besides what lies in its slot. */
export interface ShardResult {
  readonly sums: Done['sums'][number];
  readonly worker: number;
}

/** The shards whose loss is not finite. */
export const badLosses = (results: readonly ShardResult[]): Suspects => ({
  shards: results.flatMap(({ sums }, shard) => (Number.isFinite(sums.loss) ? [] : [shard])),
  areSeen: true,
});

/** Shards to compute again. */
export interface Suspects {
  readonly shards: readonly number[];
  /** Whether something that is not finite was seen of each; else it may be the update's own. */
  readonly areSeen: boolean;
}

/**
 * The shards of which something that is not finite was written, or all: what an engine computes in the update phase
 * lies in no slot. Reads every slot, so it is for the rare case only.
 */
export function suspects({ floats, layout }: Session): Suspects {
  const all = layout.gradients.map((_, shard) => shard);
  const bad = all.filter((shard) => !isSlotFinite(floats(layout.gradients[shard], layout.slotFloats)));
  return bad.length > 0 ? { shards: bad, areSeen: true } : { shards: all, areSeen: false };
}

/**
 * Computes some shards once more, each by another worker than before: a fault of a worker passes, one of the data or
 * the parameters stays. Changes `results`.
 * @param consequence for the message, of what was not done
 * @throws NotFiniteError when one is not finite again
 */
export async function computeAgain(
  session: Session,
  work: StepWork,
  results: ShardResult[],
  { shards: again, areSeen }: Suspects,
  consequence: string,
): Promise<void> {
  if (again.length === 0) return;
  const { floats, layout, pool } = session;
  const notBy = again.map((shard) => results[shard].worker);
  const done = await pool.run(
    again.map((shard) => taskOf(session, work, shard)),
    { notBy },
  );
  for (const [index, { sums, worker }] of done.entries()) {
    const shard = again[index];
    results[shard] = { sums: sums[0], worker };
    if (!Number.isFinite(sums[0].loss))
      throw notFinite(session, work, shard, `a loss of ${sums[0].loss}`, consequence);
    if (!isSlotFinite(floats(layout.gradients[shard], layout.slotFloats)))
      throw notFinite(session, work, shard, 'a gradient that is not', consequence);
  }
  if (!areSeen) return;
  const shards = again.length === 1 ? `shard ${again[0]} was` : `shards ${again.join(', ')} were`;
  session.notice(
    `${nameOf(work)}: ${shards} not finite by worker ${notBy[0]}, computed again by worker ${done[0].worker}, and finite then; the run goes on`,
  );
}

/** An update that was not finite, of shards that all are, and is when it is made of them again. */
export const noticeOfUpdate = (work: StepWork): string =>
  `${nameOf(work)}: the update was not finite, though each shard's gradient is; made again from all of them, and finite then; the run goes on`;

/** An update whose sums overflow, though every shard's gradient is finite. */
export const overflows = (work: StepWork): NotFiniteError =>
  new NotFiniteError(
    `Expected finite parameters from ${nameOf(work)}, got others, though the gradient of each shard is finite; nothing was updated. A smaller \`learningRate\` often helps`,
    work.step,
  );

/**
 * Of parameters that are about to be saved. An infinite one need not reach the loss: a unit that relu blocks hides it.
 * @throws GradpoolError
 */
export function checkFinite(parameters: Float32Array, step: number): void {
  const bad = parameters.find((value) => !Number.isFinite(value));
  if (bad !== undefined)
    throw inputError(
      `Expected finite parameters after step ${step}, got ${bad}; no checkpoint was written. A smaller \`learningRate\` often helps`,
    );
}

/** For messages. */
export const nameOf = ({ step, batch }: StepWork): string => batch.named ?? `step ${step}`;

/** Whether a step may be left out that cannot be made: a run's record has room for so many. */
export const mayBeSkipped = (
  error: unknown,
  { onNan }: Pick<TrainConfig, 'onNan'>,
  skipped: readonly number[],
): boolean =>
  error instanceof NotFiniteError && onNan === 'skip' && skipped.length < manifestLimits.skippedSteps;

const taskOf = (
  { current, batchRegions }: Session,
  { step, batch, shards, rankFirst }: StepWork,
  shard: number,
): GradientTask => ({
  kind: 'gradient',
  step,
  batchStart: batch.start,
  rankFirst,
  first: shards[shard].first - rankFirst,
  firstShard: shard,
  batchFirst: batchRegions === undefined ? 0 : rankFirst,
  counts: [shards[shard].count],
  current,
});

const mostNamed = 16;

function notFinite(
  { layout, uints }: Session,
  work: StepWork,
  shard: number,
  got: string,
  consequence: string,
): NotFiniteError {
  const { step, batch, firstShard } = work;
  const { first, count } = work.shards[shard];
  const rows = [...uints(layout.train.order + (batch.start + first) * 4, count)];
  const named = `${rows.slice(0, mostNamed).join(', ')}${count > mostNamed ? ', ...' : ''}`;
  const where = batch.isStreamed
    ? `batch ${batch.index} of epoch ${batch.epoch}`
    : `the batch, with the indices ${named} in the training set`;
  return new NotFiniteError(
    `Expected a finite loss and gradient, got ${got} in ${nameOf(work)}, shard ${firstShard + shard} (examples ${first} to ${first + count - 1} of ${where}), also when it was computed again; ${consequence}. A smaller \`learningRate\` often helps; \`onNan\` 'skip' leaves such steps out`,
    step,
  );
}

/** x - x is zero unless x is infinite or not a number, which then stays in the sum. */
function isSlotFinite(values: Float32Array): boolean {
  let seen = 0;
  for (const value of values) seen += value - value;
  return seen === 0;
}
