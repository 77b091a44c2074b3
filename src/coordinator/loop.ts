/** The one loop over the steps of a training. */
import type { TrainConfig } from '../config/config.ts';
import { messageOf } from '../errors.ts';
import type { Measurement, TrainResult } from '../protocol/requests.ts';
import type { EpochSums } from '../run/manifest.ts';
import { type Batch, isDue } from './batches/schedule.ts';
import type { Course } from './course/course.ts';
import { mayBeSkipped } from './not-finite.ts';
import type { LoopEvent } from './observers.ts';
import type { Recorder } from './recorder.ts';
import type { Stopwatch } from './timing/stopwatch.ts';
import type { DoneStep, Trainer } from './trainer.ts';

export interface Loop {
  readonly config: Pick<TrainConfig, 'evalEvery' | 'evalEveryEpochs' | 'saveEvery' | 'onNan'>;
  readonly trainer: Trainer;
  readonly recorder: Recorder;
  readonly stopwatch: Stopwatch;
  readonly course: Course;
  /** Ends an evaluation, too. */
  readonly stop: AbortSignal;
  /** Whether no further step shall be begun. */
  readonly stopped: () => boolean | Promise<boolean>;
  /** Whether each whole epoch ends with an evaluation. */
  readonly validatesEpochs: boolean;
  /** Tells all who watch, in their order. */
  emit(event: LoopEvent): Promise<void>;
  /** Tells how far an evaluation is. Nobody waits for it. */
  evaluating(step: number, done: number, examples: number): void;
  /** Saves what can be saved of a training that an error ends. @returns the error to end with */
  inNeed(error: unknown, epoch: EpochSums): Promise<unknown>;
}

export interface Ended extends Pick<TrainResult, 'trainLoss' | 'stopped'> {
  readonly measurement: Measurement | undefined;
}

/** Makes all steps that are left, or until it is stopped; with the evaluations and checkpoints between and at the end. */
export async function runLoop(loop: Loop): Promise<Ended> {
  const { config, trainer, recorder, course } = loop;
  const { resumed } = recorder;
  const stopped = async () => (await loop.stopped()) || course.isOver();
  const save = (isLast: boolean) => recorder.save(trainer, { epoch, monitored: course.monitored(), isLast });
  const evaluation = evaluationsOf(loop, () => save(false));
  let epoch = resumed?.epoch ?? noSums;
  let trainLoss = Number.NaN;
  let isBegun = false;
  const isEpochsEnd = trainer.position().index === 0;
  const isDueAtOnce = isDue(config.evalEvery, trainer.done) || (isEpochsEnd && isEpochEvaluated(loop));
  if (resumed !== undefined && !resumed.isEvaluated && isDueAtOnce) await evaluation.make();
  for (let isOver = await stopped(); trainer.isLeft() && !isOver; ) {
    const begun = trainer.position();
    if (begun.index === 0) epoch = noSums;
    if (begun.index === 0 || !isBegun) await loop.emit({ kind: 'epoch begins', epoch: begun.epoch });
    isBegun = true;
    // Of data that stream, the next may fail to be read.
    const batch = await trainer.next().catch(async (error: unknown) => {
      throw await loop.inNeed(error, epoch);
    });
    const done = batch && (await stepOrSkip(loop, batch, epoch));
    if (done !== undefined) {
      trainLoss = done.means.loss;
      epoch = withStep(epoch, done);
    }
    const isWhole = trainer.position().epoch !== begun.epoch;
    // Records first: a resumed run keeps those up to its checkpoint.
    const isDueNow = batch !== undefined && isDue(config.evalEvery, trainer.done);
    if (isDueNow || (isWhole && isEpochEvaluated(loop))) await evaluation.make();
    isOver = await stopped();
    if (isWhole && (await course.epochEnded(meansOf(epoch)))) await save(false);
    if (isWhole || isOver || !trainer.isLeft()) await endEpoch(loop, begun.epoch, epoch, evaluation, isWhole);
    if (batch && isDue(config.saveEvery, trainer.done)) await save(false);
    isOver = await stopped();
  }
  if (trainer.done > 0) await save(true);
  const isRestored = !(await loop.stopped()) && (await course.restore());
  const isStopped = (await loop.stopped()) || !(await evaluation.makeLast(isRestored));
  return { trainLoss, stopped: isStopped, measurement: evaluation.last() };
}

/** Whether the epoch that has just ended ends with an evaluation. */
const isEpochEvaluated = ({ config, trainer, validatesEpochs }: Loop): boolean =>
  validatesEpochs || isDue(config.evalEveryEpochs, trainer.position().epoch);

/** @returns the step; undefined where it was left out */
async function stepOrSkip(loop: Loop, batch: Batch, epoch: EpochSums): Promise<DoneStep | undefined> {
  const { config, trainer, stopwatch } = loop;
  await loop.emit({ kind: 'batch begins', batch });
  try {
    stopwatch.start();
    const done = await trainer.step(batch);
    stopwatch.stop(batch.count);
    await loop.emit({ kind: 'step', ...done });
    return done;
  } catch (error) {
    if (!mayBeSkipped(error, config, trainer.skippedSteps)) throw await loop.inNeed(error, epoch);
    trainer.skip();
    await loop.emit({ kind: 'skipped', step: trainer.done, epoch: batch.epoch, reason: messageOf(error) });
    return undefined;
  }
}

interface Evaluations {
  /**
   * Evaluates on the test set, where there is one, unless that was done at this step.
   * @returns false when that was stopped
   */
  make(): Promise<boolean>;
  /** The same at the end, of which nothing follows. @param isRestored of parameters that are not those of this step */
  makeLast(isRestored: boolean): Promise<boolean>;
  /** The one of this step, where there was one. */
  last(): Measurement | undefined;
}

/** @param save is called where a checkpoint of what was evaluated is to stay */
function evaluationsOf(loop: Loop, save: () => Promise<void>): Evaluations {
  const { trainer, stop, emit, evaluating, course } = loop;
  let measurement: Measurement | undefined;
  let measuredAt = -1;
  const make = async (isRestored = false) => {
    const step = trainer.done;
    if (!trainer.evaluates || (measuredAt === step && !isRestored)) return true;
    const found = await trainer.evaluate(
      () => stop.aborted,
      (done, examples) => evaluating(step, done, examples),
    );
    if (found === undefined) return false;
    [measurement, measuredAt] = [found, step];
    if (!isRestored) await emit({ kind: 'evaluation', step, measurement: found });
    return true;
  };
  return {
    async make() {
      const isNew = measuredAt !== trainer.done;
      if (!(await make())) return false;
      if (isNew && measurement !== undefined && (await course.evaluated(measurement))) await save();
      return true;
    },
    makeLast: make,
    last: () => (measuredAt === trainer.done ? measurement : undefined),
  };
}

const noSums: EpochSums = { examples: 0, sums: [] };

/** A run that is resumed with other metrics than before begins its sums anew. */
function withStep(before: EpochSums, { batch: { count }, means }: DoneStep): EpochSums {
  const values = [means.loss, ...means.metrics];
  const { examples, sums } = before.sums.length === values.length ? before : noSums;
  return {
    examples: examples + count,
    sums: values.map((value, index) => (sums[index] ?? 0) + count * value),
  };
}

const meansOf = ({ examples, sums }: EpochSums): number[] => sums.map((sum) => sum / examples);

/** As tfjs's, a whole epoch ends with a validation where the callbacks of a `fit` hear of it. */
async function endEpoch(
  { validatesEpochs, emit }: Loop,
  epoch: number,
  sums: EpochSums,
  evaluation: Evaluations,
  isWhole: boolean,
): Promise<void> {
  if (!validatesEpochs) return;
  const means = meansOf(sums);
  const validation = isWhole ? evaluation.last() : undefined;
  await emit({ kind: 'epoch ends', epoch, means, ...(validation === undefined ? {} : { validation }) });
}
