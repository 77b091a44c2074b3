import { limits } from '../config.ts';
import { epochOrder } from '../data/order.ts';
import { inputError } from '../errors.ts';
import type { TrainEvent, TrainRequest, TrainResult } from '../protocol.ts';
import { openClassifierSession } from './classifier.ts';
import { parametersSha256 } from './parameters-sha256.ts';
import { createProfile } from './profile.ts';
import { openRecorder, type Recorder } from './recorder.ts';
import { createReport } from './report.ts';
import { isDue, type Schedule, scheduleOf } from './schedule.ts';
import type { Session } from './session.ts';
import { runStep } from './step.ts';
import { createStopwatch } from './stopwatch.ts';

export interface TrainContext {
  readonly onEvent: (event: TrainEvent) => void;
  /** True once the training shall end after the step under way. */
  readonly stopped: () => boolean;
}

/** The whole training: open, loop over the steps, evaluate, save, close. */
export async function train(request: TrainRequest, context: TrainContext): Promise<TrainResult> {
  const { model, config } = request;
  if (config.batchSize > request.train.count)
    throw inputError(
      `Expected a batch size of at most the data set's ${request.train.count} examples, got ${config.batchSize}; use a smaller --batch-size`,
    );
  const schedule = scheduleOf(request.train.count, config);
  if (schedule.steps > limits.steps)
    throw inputError(
      `Expected \`epochs\` to be at most ${Math.floor(limits.steps / schedule.stepsPerEpoch)} with ${schedule.stepsPerEpoch} steps each, got ${config.epochs}`,
    );
  const profile = request.profile === undefined ? undefined : createProfile();
  const { train, test } = request;
  const session = await openClassifierSession({
    ...{ network: model.network, train, config, onEvent: context.onEvent, profile },
    ...(test === undefined ? {} : { test }),
  });
  let recorder: Recorder | undefined;
  try {
    recorder = await openRecorder(request, session, context.onEvent);
    await loadState(session, request, recorder);
    reportStart(request, session, schedule, recorder, context);
    const result = await runSteps(request, session, schedule, recorder, context);
    if (request.profile !== undefined) await profile?.write(request.profile);
    return result;
  } finally {
    await recorder?.close();
    await session.close();
  }
}

async function loadState(session: Session, { model }: TrainRequest, { resumed }: Recorder): Promise<void> {
  const { layout } = session;
  await session.load(layout.parameters, resumed?.parameters ?? model.parameters);
  for (const [index, buffers] of layout.optimizerState.entries())
    if (resumed !== undefined) await session.load(buffers, resumed.optimizerState[index]);
}

function reportStart(
  { config, train: { count } }: TrainRequest,
  session: Session,
  { steps, stepsPerEpoch }: Schedule,
  { resumed, path }: Recorder,
  { onEvent }: TrainContext,
): void {
  if (session.workers < config.workers)
    onEvent({
      kind: 'notice',
      text: `${session.workers} of ${config.workers} workers have work: a batch is cut into ${config.shards} shards (--shards)`,
    });
  onEvent({
    kind: 'start',
    fromStep: resumed?.step ?? 0,
    steps,
    stepsPerEpoch,
    examples: count,
    workers: session.workers,
    engine: config.engine,
    arithmetic: session.arithmetic,
    kernels: session.variant,
    sharedMemoryBytes: session.layout.byteLength,
    ...(path === undefined ? {} : { run: path }),
  });
}

async function runSteps(
  request: TrainRequest,
  session: Session,
  schedule: Schedule,
  recorder: Recorder,
  { onEvent, stopped }: TrainContext,
): Promise<TrainResult> {
  const { config } = request;
  const stopwatch = createStopwatch();
  const report = createReport({ request, session, schedule, recorder, stopwatch, onEvent });
  const setOrder = orderByEpoch(session, config.seed);
  let step = recorder.resumed?.step ?? 0;
  let loss = Number.NaN;
  while (step < schedule.steps && !stopped()) {
    const batch = schedule.batch(step + 1);
    setOrder(batch.epoch);
    stopwatch.start();
    ({ loss } = await runStep(session, config, step + 1, batch));
    stopwatch.stop(batch.count);
    step++;
    await report.step(step, batch, loss);
    // Records first: a resumed run keeps those up to its checkpoint.
    if (isDue(config.evalEvery, step)) await report.evaluation(step);
    if (isDue(config.saveEvery, step)) await recorder.save(session, step, batch);
  }
  if (step > 0) await recorder.save(session, step, schedule.batch(step));
  const isStopped = stopped();
  if (!isStopped) await report.evaluation(step);
  const parameters = await session.read(session.layout.parameters);
  const evaluation = report.evaluated(step);
  return {
    globalStep: step,
    trainLoss: loss,
    ...(evaluation === undefined ? {} : { evaluation }),
    stopped: isStopped,
    parameters,
    parametersSha256: parametersSha256(parameters),
    examplesPerSecond: stopwatch.examplesPerSecond(),
    ...(recorder.path === undefined ? {} : { run: recorder.path }),
  };
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
