import { limits, type TrainConfig } from '../config.ts';
import { dataDoubts } from '../data/doubts.ts';
import { epochOrder } from '../data/order.ts';
import { inputError, isSaveError } from '../errors.ts';
import type { TrainEvent, TrainRequest, TrainResult } from '../protocol.ts';
import { counted } from '../shown.ts';
import { reasonOf } from './atomic-file.ts';
import { openClassifierSession } from './classifier.ts';
import { manifestLimits } from './manifest.ts';
import { NotFiniteError } from './not-finite.ts';
import { parametersSha256 } from './parameters-sha256.ts';
import { openProfile } from './profile.ts';
import { openRecorder, type Recorder, type SavePoint } from './recorder.ts';
import { createReport } from './report.ts';
import { isDue, type Schedule, scheduleOf } from './schedule.ts';
import type { Session } from './session.ts';
import { runStep } from './step.ts';
import { createStopwatch } from './stopwatch.ts';

export interface TrainContext {
  readonly onEvent: (event: TrainEvent) => void;
  /** Aborted when the training shall end after the step under way, or before its first one. */
  readonly stop: AbortSignal;
}

/** The whole training: open, loop over the steps, evaluate, save, close. */
export async function train(request: TrainRequest, context: TrainContext): Promise<TrainResult> {
  const { model, config } = request;
  if (config.batchSize > request.train.count)
    throw inputError(
      `Expected a batch size of at most the data set's ${counted(request.train.count, 'example')}, got ${config.batchSize}; use a smaller \`batchSize\``,
    );
  const schedule = scheduleOf(request.train.count, config);
  if (schedule.steps > limits.steps)
    throw inputError(
      `Expected \`epochs\` to be at most ${Math.floor(limits.steps / schedule.stepsPerEpoch)} with ${schedule.stepsPerEpoch} steps each, got ${config.epochs}`,
    );
  const profile = request.profile === undefined ? undefined : await openProfile(request.profile);
  const { train, test } = request;
  const session = await openClassifierSession({
    ...{ network: model.network, topology: model.topology, train, config, onEvent: context.onEvent, profile },
    stop: context.stop,
    ...(test === undefined ? {} : { test }),
  });
  let recorder: Recorder | undefined;
  try {
    const opened = await openRecorder(request, session, context.onEvent);
    recorder = opened;
    const isLoaded = await unlessStopped(context.stop, () => loadState(session, request, opened));
    reportStart(request, session, schedule, opened, context);
    const result = isLoaded
      ? await runSteps(request, session, schedule, opened, context)
      : notBegun(request, opened);
    // What was trained is not thrown away for it: that the file can be written was tried before the first step.
    await profile?.write().catch((error: unknown) => session.notice(reasonOf(error)));
    return result;
  } finally {
    await recorder?.close();
    await session.close();
  }
}

/**
 * Waits for the work, which waits for the workers, unless it is stopped before.
 * @returns whether it was done
 */
async function unlessStopped(stop: AbortSignal, work: () => Promise<void>): Promise<boolean> {
  if (stop.aborted) return false;
  const stopped = new Promise<false>((resolve) =>
    stop.addEventListener('abort', () => resolve(false), { once: true }),
  );
  return Promise.race([work().then(() => true), stopped]);
}

/** Of a training that was stopped before a worker had anything to do. */
function notBegun(request: TrainRequest, recorder: Recorder): TrainResult {
  const { resumed, path } = recorder;
  const parameters = firstParameters(request, recorder);
  return {
    globalStep: resumed?.step ?? 0,
    trainLoss: Number.NaN,
    skippedSteps: resumed?.skippedSteps ?? [],
    stopped: true,
    parameters,
    parametersSha256: parametersSha256(parameters),
    examplesPerSecond: Number.NaN,
    ...(path === undefined ? {} : { run: path }),
  };
}

const firstParameters = ({ model }: TrainRequest, { resumed }: Recorder): Float32Array =>
  resumed?.parameters ?? model.parameters;

async function loadState(session: Session, request: TrainRequest, recorder: Recorder): Promise<void> {
  const { layout } = session;
  const { resumed } = recorder;
  await session.load(layout.parameters, firstParameters(request, recorder));
  for (const [index, buffers] of layout.optimizerState.entries())
    if (resumed !== undefined) await session.load(buffers, resumed.optimizerState[index]);
}

function reportStart(
  { config, train, test }: TrainRequest,
  session: Session,
  { steps, stepsPerEpoch }: Schedule,
  { resumed, path }: Recorder,
  { onEvent }: TrainContext,
): void {
  if (session.workers < config.workers)
    onEvent({
      kind: 'notice',
      text: `${session.workers} of ${config.workers} workers have work: a batch is cut into ${counted(config.shards, 'shard')} (\`shards\`)`,
    });
  for (const text of dataDoubts(train, test)) onEvent({ kind: 'notice', text });
  onEvent({
    kind: 'start',
    fromStep: resumed?.step ?? 0,
    steps,
    stepsPerEpoch,
    examples: train.count,
    workers: session.workers,
    engine: session.engine,
    arithmetic: session.arithmetic,
    kernels: session.variant,
    ways: session.ways,
    sharedMemoryBytes: session.layout.byteLength,
    ...(path === undefined ? {} : { run: path }),
  });
}

async function runSteps(
  request: TrainRequest,
  session: Session,
  schedule: Schedule,
  recorder: Recorder,
  { onEvent, stop }: TrainContext,
): Promise<TrainResult> {
  const { config } = request;
  const stopped = () => stop.aborted;
  const stopwatch = createStopwatch();
  const report = createReport({ request, session, schedule, recorder, stopwatch, onEvent, stopped });
  const setOrder = orderByEpoch(session, config.seed);
  const { resumed } = recorder;
  const skippedSteps = [...(resumed?.skippedSteps ?? [])];
  let step = resumed?.step ?? 0;
  let loss = Number.NaN;
  const save = (isLast: boolean) => {
    const batch = skippedSteps.at(-1) === step ? {} : { batch: schedule.batch(step) };
    return recorder.save(session, { step, ...batch, skippedSteps, isLast });
  };
  if (resumed !== undefined && isDue(config.evalEvery, step) && !resumed.isEvaluated)
    await report.evaluation(step);
  while (step < schedule.steps && !stopped()) {
    const batch = schedule.batch(step + 1);
    setOrder(batch.epoch);
    try {
      stopwatch.start();
      ({ loss } = await runStep(session, config, step + 1, batch));
      stopwatch.stop(batch.count);
      await report.step(++step, batch, loss);
    } catch (error) {
      if (!mayBeSkipped(error, config, skippedSteps))
        throw await savedInNeed(error, session, recorder, { step, skippedSteps, isLast: true });
      skippedSteps.push(++step);
      await report.skipped(step, batch, reasonOf(error));
    }
    // Records first: a resumed run keeps those up to its checkpoint.
    if (isDue(config.evalEvery, step)) await report.evaluation(step);
    if (isDue(config.saveEvery, step)) await save(false);
  }
  if (step > 0) await save(true);
  const isStopped = stopped() || !(await report.evaluation(step));
  const parameters = await session.read(session.layout.parameters);
  const evaluation = report.evaluated(step);
  return {
    globalStep: step,
    trainLoss: loss,
    ...(evaluation === undefined ? {} : { evaluation }),
    skippedSteps,
    stopped: isStopped,
    parameters,
    parametersSha256: parametersSha256(parameters),
    examplesPerSecond: stopwatch.examplesPerSecond(),
    ...(recorder.path === undefined ? {} : { run: recorder.path }),
  };
}

const mayBeSkipped = (error: unknown, { onNan }: TrainConfig, skipped: readonly number[]): boolean =>
  error instanceof NotFiniteError && onNan === 'skip' && skipped.length < manifestLimits.skippedSteps;

/**
 * A step that no worker can do any more: what was trained up to it is whole, since a step writes into the other
 * buffers only, and is saved in this thread. Not after steps that are not finite, whose parameters may have diverged.
 * @returns the error to end with
 */
async function savedInNeed(
  error: unknown,
  session: Session,
  recorder: Recorder,
  point: SavePoint,
): Promise<unknown> {
  if (isSaveError(error) || error instanceof NotFiniteError || recorder.path === undefined) return error;
  if (point.step === 0) return error;
  try {
    await session.pool.retreat();
    await recorder.save(session, point);
    return inputError(
      `${reasonOf(error)}; all up to step ${point.step} is saved, go on with \`resume\``,
      error,
    );
  } catch (failed) {
    return inputError(`${reasonOf(error)}; and saving step ${point.step} failed: ${reasonOf(failed)}`, error);
  }
}

/** Writes an epoch's order when the epoch changes: between steps, when no worker reads it. */
function orderByEpoch({ layout, uints }: Session, seed: number): (epoch: number) => void {
  const order = uints(layout.train.order, layout.train.count);
  let written = -1;
  return (epoch) => {
    if (epoch !== written) epochOrder(seed, epoch, order.length, order);
    written = epoch;
  };
}
