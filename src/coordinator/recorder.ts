import { dataHash } from '../data/dataset-hash.ts';
import { inputError, isSaveError, messageOf } from '../errors.ts';
import { fromRank0 } from '../exchange/exchange.ts';
import { whyNotDurable } from '../files/atomic-file.ts';
import { cutEventFiles } from '../formats/tensorboard/cut-event-files.ts';
import { openEventLog } from '../formats/tensorboard/event-log.ts';
import type { SummaryValue } from '../formats/tensorboard/messages.ts';
import type { RunOrigin, TrainEvent, TrainRequest } from '../protocol/requests.ts';
import { writeCheckpoint } from '../run/checkpoint-write.ts';
import { modelSha256, parametersSha256 } from '../run/hashes.ts';
import type { RunIdentity } from '../run/identity.ts';
import { lockRun, type RunLock } from '../run/lock/run-lock.ts';
import type { EpochSums, Manifest, MonitorState } from '../run/manifest.ts';
import { type MetricsEvent, openMetrics, scalarsOf, truncateMetrics } from '../run/metrics.ts';
import { findRunRecord, writeRunConfig } from '../run/run-config.ts';
import {
  checkIsRun,
  checkNewRun,
  chosenRunDirectory,
  createRun,
  metricsPath,
  openRunDirectory,
  resumeRun,
} from '../run/run-directory.ts';
import { checkDrift, trainingHash } from './alike.ts';
import { examplesOfEpoch, scheduleOf } from './batches/schedule.ts';
import { type Resumed, resumedFrom, stepsToKeep } from './course/resumed.ts';
import { checkFinite } from './not-finite.ts';
import { optimizerBuffers } from './state.ts';
import type { Trainer } from './trainer.ts';
import { lossOfTraining, preparationIn } from './training.ts';

export interface SavePoint {
  readonly epoch: EpochSums;
  readonly monitored?: MonitorState | undefined;
  /** With `onSaveError: 'continue'` only the last one has to succeed. */
  readonly isLast: boolean;
  /** No worker can try the parameters. */
  readonly untried?: boolean;
}

/** Keeps a training's run directory; without one it keeps nothing. */
export interface Recorder extends Omit<Keeper, 'save'> {
  /** @see Keeper.save */
  save(trainer: Trainer, point: SavePoint): Promise<void>;
}

interface Keeper {
  readonly path: string | undefined;
  readonly resumed: Resumed | undefined;
  record(event: MetricsEvent): Promise<void>;
  summarize(step: number, values: readonly SummaryValue[]): Promise<void>;
  /**
   * A checkpoint of where the training stands.
   * @returns whether it is there: the disk may refuse one that need not be
   * @throws GradpoolError when the disk refuses, or the parameters have diverged: the last good checkpoint stays the newest
   */
  save(trainer: Trainer, point: SavePoint): Promise<boolean>;
  /** Gives the run's directory free. */
  close(): Promise<void>;
}

type Report = (event: TrainEvent) => void;

const keepsNothing: Keeper = {
  ...{ path: undefined, resumed: undefined },
  ...{ async record() {}, async summarize() {} },
  save: async () => true,
  async close() {},
};

/**
 * Of several ranks, rank 0 keeps the run directory, and tells the others what it goes on from; they keep nothing.
 * @throws GradpoolError when the run's directory cannot be used, a resumed run was begun with other settings or has done more steps
 */
export async function openRecorder(
  request: TrainRequest,
  trainer: Trainer,
  report: Report,
): Promise<Recorder> {
  const { exchange } = trainer.session;
  const keeper = exchange.rank === 0 ? await openKeeper(request, trainer, report) : keepsNothing;
  const resumed = await fromRank0(exchange, 'what the training goes on from', () => keeper.resumed);
  let savedStep = resumed?.state.step ?? -1;
  return {
    ...keeper,
    resumed,
    async save(trainer, point) {
      const { done } = trainer;
      if (done === savedStep) return;
      if (!point.untried) {
        await trainer.tryParameters();
        await checkDrift(exchange, done, async () => [await trainer.parameters()]);
      }
      const isSaved = keeper.save(trainer, point);
      // In need there is nobody to be told.
      const saved = point.untried
        ? await isSaved
        : await fromRank0(exchange, `the checkpoint of step ${done}`, () => isSaved);
      if (saved) savedStep = done;
    },
  };
}

async function openKeeper(request: TrainRequest, trainer: Trainer, report: Report): Promise<Keeper> {
  if (request.run === undefined) return keepsNothing;
  if (request.dryRun) return { ...keepsNothing, resumed: await checkedRun(request.run, request, trainer) };
  const path = await chosenRunDirectory(request.run, request.resume);
  await openRunDirectory(path, request);
  const lock = await lockRun(path);
  if (lock.lacking !== undefined)
    report({
      kind: 'notice',
      text: `${path} is not locked against a second training, begin none there: ${lock.lacking}`,
    });
  try {
    return await openRun(path, request, trainer, report, lock);
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** What a training would go on from, in a run directory that stays as it is. */
async function checkedRun(
  run: NonNullable<TrainRequest['run']>,
  request: TrainRequest,
  trainer: Trainer,
): Promise<Resumed | undefined> {
  if (!request.resume) {
    await checkNewRun(typeof run === 'string' ? run : run.under, typeof run === 'string');
    return undefined;
  }
  const path = await chosenRunDirectory(run, true);
  await checkIsRun(path);
  const { allowArithmeticChange = false } = request;
  const found = await resumeRun(path, identityOf(request, trainer), { allowArithmeticChange });
  checkStepsLeft(request, found?.checkpoint.manifest, path);
  return found && resumedFrom(path, found.checkpoint, true);
}

async function openRun(
  path: string,
  request: TrainRequest,
  trainer: Trainer,
  report: Report,
  lock: RunLock,
): Promise<Keeper> {
  const { session } = trainer;
  const { config, resume, allowArithmeticChange = false } = request;
  const wanted = identityOf(request, trainer);
  await createRun(path, { resume });
  const notDurable = await whyNotDurable(path);
  if (notDurable !== undefined)
    report({
      kind: 'notice',
      text: `what is saved in ${path} may be lost or broken after a power failure: ${notDurable}`,
    });
  const found = resume ? await resumeRun(path, wanted, { allowArithmeticChange }) : undefined;
  const identity = { ...wanted, optimizer: found?.checkpoint.manifest.optimizer ?? wanted.optimizer };
  for (const { path: broken, reason } of found?.passedOver ?? [])
    report({ kind: 'notice', text: `passed over the broken checkpoint ${broken}: ${reason}` });
  const step = found?.checkpoint.manifest.step ?? 0;
  checkStepsLeft(request, found?.checkpoint.manifest, path);
  const evaluated = resume ? await cutMetrics(path, step, report) : undefined;
  const resumed = found && (await resumedFrom(path, found.checkpoint, evaluated === step));
  const origin = {
    ...(resume ? (await findRunRecord(path))?.origin : begunWith(request)),
    ...request.origin,
  };
  await writeRunConfig(path, config, identity, session.variant, origin);
  return recordInto(path, identity, request, resumed, report, lock);
}

/** What a run is begun with, beside where that lies. */
const begunWith = ({ train, test, model, stream }: TrainRequest): RunOrigin => ({
  ...('classNames' in train ? { classNames: train.classNames } : {}),
  ...testHash(test, stream),
  initialSha256: parametersSha256(model.parameters),
});

/** A room for batches has nothing in it yet. */
const testHash = (test: TrainRequest['test'], stream: TrainRequest['stream']): RunOrigin => {
  if (stream?.set !== undefined) return { testSha256: stream.set.testSha256 };
  return test === undefined || stream?.validation !== undefined ? {} : { testSha256: dataHash(test) };
};

/** A run does not go back: fewer steps than it has done would be a model that nobody asked for. */
function checkStepsLeft(request: TrainRequest, from: Manifest | undefined, path: string): void {
  if (from === undefined) return;
  const { config, stream } = request;
  const expect = (name: string, wanted: number | string, done: string, got: number | string) =>
    inputError(`Expected \`${name}\` to be ${wanted}, since the run at ${path} has ${done}, got ${got}`);
  if (from.stream !== undefined && stream?.set === undefined) {
    const { epoch, index, batchesPerEpoch } = from.stream;
    const [was, given] = [batchesPerEpoch ?? 'absent', stream?.batchesPerEpoch ?? 'none'];
    if (batchesPerEpoch !== (stream?.batchesPerEpoch ?? null))
      throw expect('batchesPerEpoch', was, 'been begun so', given);
    const least = epoch + (index > 0 ? 1 : 0);
    if (config.epochs < least)
      throw expect('epochs', `at least ${least}`, `come to epoch ${epoch}`, config.epochs);
    return;
  }
  const { steps, stepsPerEpoch } = scheduleOf(examplesOfEpoch(request), config, from.firstEpoch);
  if (from.step <= steps) return;
  const [name, least, got] =
    config.steps === undefined
      ? ['epochs', from.firstEpoch + Math.ceil(from.step / stepsPerEpoch), config.epochs]
      : ['steps', from.step, steps];
  throw expect(name, `at least ${least}`, `done ${from.step} steps`, got);
}

async function recordInto(
  path: string,
  identity: RunIdentity,
  { model, config }: TrainRequest,
  resumed: Resumed | undefined,
  report: Report,
  lock: RunLock,
): Promise<Keeper> {
  const metrics = await openMetrics(metricsPath(path));
  const events = await openEventLog(path, resumed?.state.step ?? 0);
  const save = async (trainer: Trainer, { epoch, monitored }: SavePoint) => {
    await metrics.sync();
    await events.sync();
    const { arrays, ...state } = trainer.toSave();
    const [average] = arrays.slice(identity.optimizerArrays);
    const stream = trainer.batches.streamed?.();
    const { step } = state;
    checkFinite(await state.parameters(), step);
    const content = {
      ...state,
      ...(stream === undefined ? {} : { stream }),
      ...(monitored === undefined ? {} : { monitored }),
      ...(average === undefined ? {} : { average }),
      ...{ epoch, identity, model },
      optimizerState: arrays.slice(0, identity.optimizerArrays),
    };
    const { keep } = config;
    const checkpoint = await writeCheckpoint(path, content, { keep, best: stepsToKeep(monitored) });
    report({ kind: 'checkpoint', step, path: checkpoint });
  };
  const orGoOn = async (work: Promise<void>): Promise<boolean> => {
    try {
      await work;
      return true;
    } catch (error) {
      if (config.onSaveError === 'stop' || !isSaveError(error)) throw error;
      report({ kind: 'notice', text: `${messageOf(error)}; the training goes on (\`onSaveError\`)` });
      return false;
    }
  };
  return {
    path,
    resumed,
    async record(event) {
      // A finished run that is resumed evaluates again, for who asks now; its metrics have that already.
      const isRecorded =
        event.kind === 'evaluation' && resumed?.isEvaluated && event.step === resumed.state.step;
      if (isRecorded) return;
      await orGoOn(metrics.append(event));
      await orGoOn(events.write(event.step, scalarsOf(event, config.batchSize)));
    },
    async summarize(step, values) {
      await orGoOn(events.write(step, values));
    },
    async save(trainer, point) {
      if (!point.isLast) return orGoOn(save(trainer, point));
      await save(trainer, point);
      return true;
    },
    async close() {
      try {
        await metrics.close();
        await events.close();
      } finally {
        lock.release();
      }
    },
  };
}

/** The identity of a run that is about to begin. */
function identityOf(request: TrainRequest, { session, schedule }: Trainer): RunIdentity {
  const { config, model, fit } = request;
  const { seed, batchSize, shards, optimizer, update } = config;
  const { kernels, multiplyAdd } = session.arithmetic;
  return {
    ...{ seed, batchSize, shards, optimizer, schedule, update, loss: lossOfTraining({ config, fit }) },
    ...{ shuffle: fit?.shuffle ?? true, engine: session.engine, arithmetic: { kernels, multiplyAdd } },
    ...preparationIn(session),
    dataSha256: trainingHash(request),
    modelSha256: modelSha256(model.network, model.topology, session.engine),
    parameterCount: model.network.parameterCount,
    optimizerArrays: optimizerBuffers(session.layout).length,
  };
}

/** @returns the step of the last evaluation that is recorded */
async function cutMetrics(path: string, step: number, report: Report): Promise<number | undefined> {
  const { unreadable, evaluated } = await truncateMetrics(metricsPath(path), step);
  await cutEventFiles(path, step);
  if (unreadable > 0)
    report({ kind: 'notice', text: `left out ${unreadable} unreadable lines of ${metricsPath(path)}` });
  return evaluated;
}
