import { dataHash } from '../data/dataset-hash.ts';
import { inputError } from '../errors.ts';
import type { TrainEvent, TrainRequest } from '../protocol.ts';
import type { Checkpoint } from './checkpoint.ts';
import { writeCheckpoint } from './checkpoint-write.ts';
import { modelSha256 } from './hashes.ts';
import { identityOf, type RunIdentity } from './identity.ts';
import { type MetricsEvent, openMetrics, truncateMetrics } from './metrics.ts';
import {
  createRun,
  latestRunDirectory,
  metricsPath,
  newRunDirectory,
  resumeRun,
  writeRunConfig,
} from './run-directory.ts';
import { type Batch, scheduleOf } from './schedule.ts';
import type { Session } from './session.ts';
import { checkParameters } from './step.ts';

/** What a training begins with when it is resumed: values in natural order. */
export interface ResumedState {
  readonly step: number;
  readonly parameters: Float32Array;
  readonly optimizerState: readonly Float32Array[];
}

/** Keeps a training's run directory; without one it keeps nothing. */
export interface Recorder {
  readonly path: string | undefined;
  readonly resumed: ResumedState | undefined;
  record(event: MetricsEvent): Promise<void>;
  /**
   * A checkpoint of the session's current state after `step`, unless that step has one.
   * @param batch the one that the step took, whose order still stands
   * @throws GradpoolError when the disk refuses, or the parameters have diverged: the last good checkpoint stays the newest
   */
  save(session: Session, step: number, batch: Batch): Promise<void>;
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
  const { config, resume } = request;
  const identity = identityOfRun(request, session);
  const path = await directoryOf(request.run, resume);
  await createRun(path, { resume });
  const found = resume ? await resumeRun(path, identity) : undefined;
  for (const { path: broken, reason } of found?.passedOver ?? [])
    report({ kind: 'notice', text: `passed over the broken checkpoint ${broken}: ${reason}` });
  const resumed = found?.checkpoint && stateOf(found.checkpoint);
  if (resumed !== undefined) checkStepsLeft(request, resumed.step, path);
  if (resume) await cutMetrics(path, resumed?.step ?? 0, report);
  await writeRunConfig(path, config, identity, session.variant);
  return recordInto(path, identity, request, resumed, report);
}

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
): Promise<Recorder> {
  const metrics = await openMetrics(metricsPath(path));
  let savedStep = resumed?.step ?? -1;
  return {
    path,
    resumed,
    record: (event) => metrics.append(event),
    async save(session, step, batch) {
      if (step === savedStep) return;
      await checkParameters(session, config, step, batch);
      await metrics.sync();
      const parameters = await session.read(session.layout.parameters);
      checkFinite(parameters, step);
      const optimizerState: Float32Array[] = [];
      for (const buffers of session.layout.optimizerState) optimizerState.push(await session.read(buffers));
      const checkpoint = await writeCheckpoint(path, { step, identity, model, parameters, optimizerState });
      savedStep = step;
      report({ kind: 'checkpoint', step, path: checkpoint });
    },
    close: () => metrics.close(),
  };
}

function directoryOf(run: string | { readonly under: string }, resume: boolean): string | Promise<string> {
  if (typeof run === 'string') return run;
  return resume ? latestRunDirectory(run.under) : newRunDirectory(run.under);
}

function identityOfRun({ config, model, train }: TrainRequest, session: Session): RunIdentity {
  return identityOf(config, session.arithmetic, {
    dataSha256: dataHash(train),
    modelSha256: modelSha256(model.network),
    parameterCount: model.network.parameterCount,
    optimizerArrays: session.layout.optimizerState.length,
  });
}

/** An infinite parameter need not reach the loss: a unit that relu blocks hides it. */
function checkFinite(parameters: Float32Array, step: number): void {
  const bad = parameters.find((value) => !Number.isFinite(value));
  if (bad !== undefined)
    throw inputError(
      `Expected finite parameters after step ${step}, got ${bad}; no checkpoint was written. A smaller --learning-rate often helps`,
    );
}

const stateOf = ({ manifest, parameters, optimizerState }: Checkpoint): ResumedState => ({
  step: manifest.step,
  parameters,
  optimizerState,
});

async function cutMetrics(path: string, step: number, report: Report): Promise<void> {
  const unreadable = await truncateMetrics(metricsPath(path), step);
  if (unreadable > 0)
    report({ kind: 'notice', text: `left out ${unreadable} unreadable lines of ${metricsPath(path)}` });
}
