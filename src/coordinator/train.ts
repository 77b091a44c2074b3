import { epochOrder } from '../data/order.ts';
import { inputError } from '../errors.ts';
import type { Evaluation, TrainEvent, TrainRequest, TrainResult } from '../protocol.ts';
import { evaluateTestSet } from './evaluate.ts';
import { parametersSha256 } from './parameters-sha256.ts';
import { openRecorder, type Recorder } from './recorder.ts';
import { type Schedule, scheduleOf } from './schedule.ts';
import { openSession, type Session } from './session.ts';
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
  const session = await openSession({
    network: model.network,
    train: request.train,
    ...(request.test === undefined ? {} : { test: request.test }),
    settings: config,
  });
  let recorder: Recorder | undefined;
  try {
    recorder = await openRecorder(request, session, context.onEvent);
    await loadState(session, request, recorder);
    reportStart(request, session, schedule, recorder, context);
    return await runSteps(request, session, schedule, recorder, context);
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
  const { layout } = session;
  const order = session.uints(layout.train.order, layout.train.count);
  const every = (interval: number, step: number) => interval > 0 && step % interval === 0;
  const stopwatch = createStopwatch();
  let step = recorder.resumed?.step ?? 0;
  let loss = Number.NaN;
  let examples = 0;
  let orderedEpoch = -1;
  let evaluation: (Evaluation & { readonly step: number }) | undefined;
  const evaluate = async () => {
    if (request.test === undefined || evaluation?.step === step) return;
    evaluation = { step, ...(await evaluateTestSet(session)) };
    const event = { kind: 'evaluation', ...evaluation } as const;
    await recorder.record(event);
    onEvent(event);
  };
  while (step < schedule.steps && !stopped()) {
    const batch = schedule.batch(step + 1);
    if (batch.epoch !== orderedEpoch) epochOrder(config.seed, batch.epoch, order.length, order);
    orderedEpoch = batch.epoch;
    stopwatch.start();
    loss = await runStep(session, config, step + 1, batch);
    stopwatch.stop();
    step++;
    examples += batch.count;
    if (step === 1 || every(config.logEvery, step) || step === schedule.steps) {
      const event = {
        kind: 'step',
        step,
        epoch: batch.epoch,
        loss,
        stepsPerSecond: stopwatch.lap(),
      } as const;
      const { stepsPerSecond, ...metrics } = event;
      await recorder.record({ ...metrics, steps_per_second: stepsPerSecond });
      onEvent(
        request.reportProbabilities
          ? { ...event, ...batchProbabilities(request, session, batch.count) }
          : event,
      );
    } else onEvent({ kind: 'progress', step, loss });
    if (every(config.saveEvery, step)) await recorder.save(session, step);
    if (every(config.evalEvery, step)) await evaluate();
  }
  if (step > 0) await recorder.save(session, step);
  if (!stopped()) await evaluate();
  const parameters = await session.read(layout.parameters);
  return {
    globalStep: step,
    trainLoss: loss,
    ...(evaluation === undefined
      ? {}
      : { evaluation: { accuracy: evaluation.accuracy, loss: evaluation.loss } }),
    stopped: step < schedule.steps,
    parameters,
    parametersSha256: parametersSha256(parameters),
    examplesPerSecond: examples / stopwatch.seconds(),
    ...(recorder.path === undefined ? {} : { run: recorder.path }),
  };
}

/** The probabilities that the step's forward pass gave to its batch, and the labels. */
function batchProbabilities({ model }: TrainRequest, session: Session, count: number) {
  const { classes } = model.network;
  const probabilities = session.floats(session.layout.train.probabilities, count * classes).slice();
  return { probabilities, classes };
}
