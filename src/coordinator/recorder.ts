import { dataHash } from '../data/dataset-hash.ts';
import { inputError, isSaveError } from '../errors.ts';
import type { RunOrigin, TrainEvent, TrainRequest } from '../protocol.ts';
import { reasonOf, whyNotDurable } from './atomic-file.ts';
import type { Checkpoint } from './checkpoint.ts';
import { writeCheckpoint } from './checkpoint-write.ts';
import { modelSha256 } from './hashes.ts';
import { identityOf, type RunIdentity } from './identity.ts';
import { type MetricsEvent, openMetrics, truncateMetrics } from './metrics.ts';
import { parametersSha256 } from './parameters-sha256.ts';
import {
  createRun,
  latestRunDirectory,
  metricsPath,
  newRunDirectory,
  openRunDirectory,
  readRunRecord,
  resumeRun,
  writeRunConfig,
} from './run-directory.ts';
import { lockRun, type RunLock } from './run-lock.ts';
import { type Batch, scheduleOf } from './schedule.ts';
import type { Session } from './session.ts';
import { checkParameters } from './step.ts';

/** What a training begins with when it is resumed: values in natural order. */
export interface ResumedState {
  readonly step: number;
  readonly parameters: Float32Array;
  readonly optimizerState: readonly Float32Array[];
  /** Steps left out so far. */
  readonly skippedSteps: readonly number[];
  /** Whether the evaluation after this step is recorded: a signal can have come between. */
  readonly isEvaluated: boolean;
}

/** What a checkpoint is to be made of, besides the session's current state. */
export interface SavePoint {
  /** Steps done. */
  readonly step: number;
  /**
   * The one that the last step took, whose order still stands; the parameters are tried on it. Absent where the last
   * step was left out, and where no worker could try anything.
   */
  readonly batch?: Batch;
  readonly skippedSteps: readonly number[];
  /** With `onSaveError: 'continue'` only the last one has to succeed. */
  readonly isLast: boolean;
}

/** Keeps a training's run directory; without one it keeps nothing. */
export interface Recorder {
  readonly path: string | undefined;
  readonly resumed: ResumedState | undefined;
  record(event: MetricsEvent): Promise<void>;
  /**
   * A checkpoint of the session's current state, unless that step has one.
   * @throws GradpoolError when the disk refuses, or the parameters have diverged: the last good checkpoint stays the newest
   */
  save(session: Session, point: SavePoint): Promise<void>;
  /** Gives the run's directory free. */
  close(): Promise<void>;
}

type Report = (event: TrainEvent) => void;

const keepsNothing: Recorder = {
  path: undefined,
  resumed: undefined,
  async record() {},
  async save() {},
  async close() {},
};

/** @throws GradpoolError when the run's directory cannot be used, a resumed run was begun with other settings or has done more steps */
export async function openRecorder(
  request: TrainRequest,
  session: Session,
  report: Report,
): Promise<Recorder> {
  if (request.run === undefined) return keepsNothing;
  const path = await directoryOf(request.run, request.resume);
  await openRunDirectory(path, request);
  const lock = await lockRun(path);
  if (lock.lacking !== undefined)
    report({
      kind: 'notice',
      text: `${path} is not locked against a second training, begin none there: ${lock.lacking}`,
    });
  try {
    return await openRun(path, request, session, report, lock);
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function openRun(
  path: string,
  request: TrainRequest,
  session: Session,
  report: Report,
  lock: RunLock,
): Promise<Recorder> {
  const { config, resume, allowArithmeticChange = false } = request;
  const identity = identityOfRun(request, session);
  await createRun(path, { resume });
  const notDurable = await whyNotDurable(path);
  if (notDurable !== undefined)
    report({
      kind: 'notice',
      text: `what is saved in ${path} may be lost or broken after a power failure: ${notDurable}`,
    });
  const found = resume ? await resumeRun(path, identity, { allowArithmeticChange }) : undefined;
  for (const { path: broken, reason } of found?.passedOver ?? [])
    report({ kind: 'notice', text: `passed over the broken checkpoint ${broken}: ${reason}` });
  const step = found?.checkpoint.manifest.step ?? 0;
  checkStepsLeft(request, step, path);
  const evaluated = resume ? await cutMetrics(path, step, report) : undefined;
  const resumed = found && stateOf(found.checkpoint, evaluated === step);
  const origin = {
    ...(resume ? (await readRunRecord(path))?.origin : originHashes(request)),
    ...request.origin,
  };
  await writeRunConfig(path, config, identity, session.variant, origin);
  return recordInto(path, identity, request, resumed, report, lock);
}

const originHashes = ({ test, model }: TrainRequest): RunOrigin => ({
  ...(test === undefined ? {} : { testSha256: dataHash(test) }),
  initialSha256: parametersSha256(model.parameters),
});

/** A run does not go back: fewer steps than it has done would be a model that nobody asked for. */
function checkStepsLeft({ train, config }: TrainRequest, done: number, path: string): void {
  const { steps, stepsPerEpoch } = scheduleOf(train.count, config);
  if (done <= steps) return;
  const [name, least, got] =
    config.steps === undefined
      ? ['epochs', Math.ceil(done / stepsPerEpoch), config.epochs]
      : ['steps', done, steps];
  throw inputError(
    `Expected \`${name}\` to be at least ${least}, since the run at ${path} has done ${done} steps, got ${got}`,
  );
}

async function recordInto(
  path: string,
  identity: RunIdentity,
  { model, config }: TrainRequest,
  resumed: ResumedState | undefined,
  report: Report,
  lock: RunLock,
): Promise<Recorder> {
  const metrics = await openMetrics(metricsPath(path));
  let savedStep = resumed?.step ?? -1;
  const save = async (session: Session, { step, batch, skippedSteps }: SavePoint) => {
    if (batch !== undefined) await checkParameters(session, config, step, batch);
    await metrics.sync();
    const parameters = await session.read(session.layout.parameters);
    checkFinite(parameters, step);
    const optimizerState: Float32Array[] = [];
    for (const buffers of session.layout.optimizerState) optimizerState.push(await session.read(buffers));
    const content = { step, skippedSteps, identity, model, parameters, optimizerState };
    const checkpoint = await writeCheckpoint(path, content);
    savedStep = step;
    report({ kind: 'checkpoint', step, path: checkpoint });
  };
  const orGoOn = async (work: Promise<void>) => {
    try {
      await work;
    } catch (error) {
      if (config.onSaveError === 'stop' || !isSaveError(error)) throw error;
      report({ kind: 'notice', text: `${reasonOf(error)}; the training goes on (\`onSaveError\`)` });
    }
  };
  return {
    path,
    resumed,
    async record(event) {
      // A finished run that is resumed evaluates again, for who asks now; its metrics have that already.
      const isRecorded = event.kind === 'evaluation' && resumed?.isEvaluated && event.step === resumed.step;
      if (!isRecorded) await orGoOn(metrics.append(event));
    },
    async save(session, point) {
      if (point.step === savedStep) return;
      await (point.isLast ? save(session, point) : orGoOn(save(session, point)));
    },
    async close() {
      try {
        await metrics.close();
      } finally {
        lock.release();
      }
    },
  };
}

function directoryOf(run: string | { readonly under: string }, resume: boolean): string | Promise<string> {
  if (typeof run === 'string') return run;
  return resume ? latestRunDirectory(run.under) : newRunDirectory(run.under);
}

function identityOfRun({ config, model, train }: TrainRequest, session: Session): RunIdentity {
  return identityOf({ ...config, engine: session.engine }, session.arithmetic, {
    dataSha256: dataHash(train),
    modelSha256: modelSha256(model.network, model.topology, session.engine),
    parameterCount: model.network.parameterCount,
    optimizerArrays: session.layout.optimizerState.length,
  });
}

/** An infinite parameter need not reach the loss: a unit that relu blocks hides it. */
function checkFinite(parameters: Float32Array, step: number): void {
  const bad = parameters.find((value) => !Number.isFinite(value));
  if (bad !== undefined)
    throw inputError(
      `Expected finite parameters after step ${step}, got ${bad}; no checkpoint was written. A smaller \`learningRate\` often helps`,
    );
}

const stateOf = (
  { manifest, parameters, optimizerState }: Checkpoint,
  isEvaluated: boolean,
): ResumedState => ({
  step: manifest.step,
  parameters,
  optimizerState,
  skippedSteps: manifest.skippedSteps,
  isEvaluated,
});

/** @returns the step of the last evaluation that is recorded */
async function cutMetrics(path: string, step: number, report: Report): Promise<number | undefined> {
  const { unreadable, evaluated } = await truncateMetrics(metricsPath(path), step);
  if (unreadable > 0)
    report({ kind: 'notice', text: `left out ${unreadable} unreadable lines of ${metricsPath(path)}` });
  return evaluated;
}
