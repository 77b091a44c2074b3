import { dataDoubts } from '../data/survey/doubts.ts';
import { endedInNeed, messageOf } from '../errors.ts';
import { openExchange } from '../exchange/begin/open.ts';
import { type Exchange, toTheEnd } from '../exchange/exchange.ts';
import { checkSame } from '../exchange/same.ts';
import { leftOutByTfjs, masksLeftOut } from '../model/left-out.ts';
import type { FitPart } from '../protocol/fit.ts';
import type { Measurement, TrainEvent, Trained, TrainRequest } from '../protocol/requests.ts';
import type { Feed } from '../protocol/stream.ts';
import { parametersSha256 } from '../run/hashes.ts';
import { logSessions, type SessionLog } from '../run/sessions/session-log.ts';
import { counted } from '../shown.ts';
import { checkAlike, doubtsOfRanks } from './alike.ts';
import { examplesOfEpoch } from './batches/schedule.ts';
import { createCourse, monitorOf } from './course/course.ts';
import { confusionOf } from './evaluate.ts';
import { labelDoubts, outputDoubts } from './examples/check-output.ts';
import { isLabelled } from './examples/targets.ts';
import { runLoop } from './loop.ts';
import { NotFiniteError } from './not-finite.ts';
import { type Ask, type Callbacks, callbacks, type Observer, reporter, summarist } from './observers.ts';
import { openRecorder, type Recorder, type SavePoint } from './recorder.ts';
import { factsOf, type SessionRequest } from './session.ts';
import { openProfile, type Profile } from './timing/profile.ts';
import { createStopwatch } from './timing/stopwatch.ts';
import { beginning, openTrainer, type Trainer } from './trainer.ts';
import { lossOfTraining } from './training.ts';

export interface TrainContext {
  readonly onEvent: (event: TrainEvent) => void;
  /** Aborted when the training shall end after the step under way, or before its first one. */
  readonly stop: AbortSignal;
  /** Where the request has a `fit`. */
  readonly ask?: Ask | undefined;
  /** Where the request has a `stream`. */
  readonly feed?: Feed | undefined;
  /** Threads that have been started for its workers. */
  readonly booted?: SessionRequest['booted'];
}

/** The whole training: open, loop over the steps, evaluate, save, close. */
export async function train(request: TrainRequest, given: TrainContext): Promise<Trained> {
  const exchange = await openExchange(request.config, given.stop);
  const { sessions, onEvent } = logSessions<TrainEvent>(given.onEvent);
  return toTheEnd(exchange, async () => {
    const profile = await openProfile(request.profile, exchange.rank);
    return trainWith({ exchange, profile, sessions }, request, { ...given, onEvent });
  });
}

interface Company {
  readonly exchange: Exchange;
  readonly profile: Profile | undefined;
  readonly sessions: SessionLog;
}

async function trainWith(
  { exchange, profile, sessions }: Company,
  request: TrainRequest,
  context: TrainContext,
): Promise<Trained> {
  const { onEvent, feed, booted } = context;
  const { stop } = exchange;
  const trainer = await openTrainer(request, {
    ...{ onEvent, stop, exchange, booted, isKept: request.run !== undefined },
    ...(feed === undefined ? {} : { feed }),
    ...(profile === undefined ? {} : { profile }),
    ...(request.drill === undefined ? {} : { drill: request.drill }),
  });
  let recorder: Recorder | undefined;
  let how: 'done' | 'stopped' | 'failed' = 'failed';
  try {
    await checkAlike(request, trainer.session);
    monitorOf(request);
    recorder = await openRecorder(request, trainer, onEvent);
    if (recorder.path !== undefined) sessions.open(recorder.path, request);
    const from = recorder.resumed?.state ?? beginning(request);
    const streamed = recorder.resumed?.stream;
    const isLoaded = await unlessStopped(exchange, () => trainer.load(from, streamed));
    reportStart(request, trainer, recorder, context);
    const result = isLoaded ? await run(request, trainer, recorder, context) : notBegun(request, recorder);
    // What was trained is not thrown away for it: that the file can be written was tried before the first step.
    await profile?.write().catch((error: unknown) => trainer.session.notice(messageOf(error)));
    how = result.stopped ? 'stopped' : 'done';
    return result;
  } finally {
    await sessions.close(how);
    await recorder?.close();
    await trainer.close();
  }
}

/**
 * Waits for the work, which waits for the workers, unless it is stopped before. (Several ranks are stopped where they
 * hear of one another, and not between.)
 * @returns whether it was done
 */
async function unlessStopped({ stop }: Exchange, work: () => Promise<void>): Promise<boolean> {
  if (stop.aborted) return false;
  const stopped = new Promise<false>((resolve) =>
    stop.addEventListener('abort', () => resolve(false), { once: true }),
  );
  return Promise.race([work().then(() => true), stopped]);
}

/** Of a training that was stopped before a worker had anything to do. */
function notBegun(request: TrainRequest, { resumed, path }: Recorder): Trained {
  const { step, skippedSteps, parameters, optimizer } = resumed?.state ?? beginning(request);
  return {
    ...{ globalStep: step, trainLoss: Number.NaN, skippedSteps, stopped: true, parameters },
    parametersSha256: parametersSha256(parameters),
    examplesPerSecond: Number.NaN,
    ...(path === undefined ? {} : { run: path }),
    ...(request.fit === undefined ? {} : { state: optimizer }),
  };
}

function reportStart(
  request: TrainRequest,
  { session, batches }: Trainer,
  { resumed, path }: Recorder,
  { onEvent }: TrainContext,
): void {
  const { model, config, train, test, fit, stream } = request;
  if (session.workers < config.workers)
    onEvent({
      kind: 'notice',
      text: `${session.workers} of ${config.workers} workers have work: a batch is cut into ${counted(config.shards, 'shard')} (\`shards\`)`,
    });
  for (const text of doubtsOfRanks(session, config)) onEvent({ kind: 'notice', text });
  if (isLabelled(train) && (test === undefined || isLabelled(test))) {
    // Of a stream nothing is there yet.
    const doubts = stream === undefined ? dataDoubts(train, test) : [];
    for (const text of [...doubts, ...labelDoubts(config.loss)]) onEvent({ kind: 'notice', text });
  }
  for (const text of outputDoubts(model.network, lossOfTraining({ config, fit })))
    onEvent({ kind: 'notice', text });
  for (const text of masksLeftOut(model.network)) onEvent({ kind: 'notice', text });
  if (fit !== undefined) for (const text of leftOutByTfjs(model.network)) onEvent({ kind: 'notice', text });
  onEvent({
    kind: 'start',
    fromStep: resumed?.state.step ?? 0,
    ...{ steps: batches.steps, stepsPerEpoch: batches.stepsPerEpoch },
    examples: stream === undefined || stream.set ? examplesOfEpoch(request) : Number.POSITIVE_INFINITY,
    ...{ workers: session.workers, engine: session.engine, ...factsOf(session) },
    ...(path === undefined ? {} : { run: path }),
  });
}

async function run(
  request: TrainRequest,
  trainer: Trainer,
  recorder: Recorder,
  { onEvent, ask }: TrainContext,
): Promise<Trained> {
  const { config, fit, reportProbabilities } = request;
  const { resumed } = recorder;
  const { exchange } = trainer.session;
  const stopwatch = createStopwatch();
  const asked = askedCallbacks(request, trainer, ask);
  if (resumed !== undefined) await asked?.resume();
  const course = createCourse(request, trainer, resumed);
  const observers: Observer[] = [
    reporter({ config, trainer, recorder, stopwatch, reportProbabilities, onEvent }),
    summarist({ request, trainer, recorder }),
    ...(asked === undefined ? [] : [asked.observe]),
  ];
  const { measurement, ...ended } = await runLoop({
    ...{ config, trainer, recorder, stopwatch, course, stop: exchange.stop },
    stopped: () => (asked === undefined ? exchange.stop.aborted : askedToStop(exchange, trainer, asked)),
    validatesEpochs: fit !== undefined,
    async emit(event) {
      for (const observe of observers) await observe(event);
    },
    evaluating: (step, done, examples) => onEvent({ kind: 'evaluating', step, done, examples }),
    inNeed: (error, epoch) =>
      savedInNeed(error, trainer, recorder, {
        epoch,
        monitored: course.monitored(),
        isLast: true,
        untried: true,
      }),
  });
  const values = await trainedValues(request, trainer);
  const best = course.best();
  const { average } = trainer.session.layout;
  noticeLeft(trainer, ended.stopped);
  return {
    globalStep: trainer.done,
    ...(best === undefined ? {} : { best }),
    ...ended,
    ...evaluationOf(request, trainer, measurement),
    skippedSteps: trainer.skippedSteps,
    ...values,
    ...(average === undefined ? {} : { ema: await trainer.session.read(average) }),
    examplesPerSecond: stopwatch.examplesPerSecond(),
    ...normalizationIn(trainer),
    ...(recorder.path === undefined ? {} : { run: recorder.path }),
    ...(fit === undefined ? {} : { state: await trainer.optimizerState() }),
  };
}

/** The parameters, where they are wanted, and their hash. */
async function trainedValues(
  { wantsParameters = true }: TrainRequest,
  trainer: Trainer,
): Promise<Pick<Trained, 'parameters' | 'parametersSha256'>> {
  const values = await (wantsParameters ? trainer.parameters() : trainer.toSave().parameters());
  return {
    parameters: wantsParameters ? values : new Float32Array(),
    parametersSha256: parametersSha256(values),
  };
}

function normalizationIn({ session }: Trainer): Pick<Trained, 'normalization'> {
  const { normalization } = session.preparation ?? {};
  return normalization === undefined ? {} : { normalization };
}

/** Gradients that no update came of, since a stream ended or steps were left out. */
function noticeLeft({ session }: Trainer, isStopped: boolean): void {
  const { batches } = session.accumulated;
  if (batches === 0 || isStopped) return;
  const { accumulateSteps } = session.update;
  session.notice(
    `the last ${counted(batches, 'batch')} made no update, which takes ${accumulateSteps} (\`accumulateSteps\`)`,
    true,
  );
}

/** What the callbacks have answered, each rank's own, has to be the same on all of them. */
async function askedToStop(exchange: Exchange, trainer: Trainer, asked: Callbacks): Promise<boolean> {
  if (exchange.ranks === 1) return exchange.stop.aborted || asked.stopped();
  const { learningRate } = trainer.session;
  const answers = await exchange.gather(`the callbacks after step ${trainer.done}`, {
    stopped: asked.stopped(),
    learningRate,
  });
  checkSame(
    "the callbacks' learning rate",
    answers.map((answer) => `${answer.learningRate}`),
  );
  return exchange.stop.aborted || answers.some(({ stopped }) => stopped);
}

/** Of labelled examples: others have no accuracy. */
function evaluationOf(
  { config, test, confusion = false }: TrainRequest,
  { session }: Trainer,
  measurement: Measurement | undefined,
): Pick<Trained, 'evaluation'> {
  if (measurement?.accuracy === undefined) return {};
  const evaluation = { ...measurement, accuracy: measurement.accuracy };
  if (!confusion || test === undefined || !isLabelled(test)) return { evaluation };
  return { evaluation: { ...evaluation, confusion: confusionOf(session, test, config.loss) } };
}

function askedCallbacks(
  { fit, config }: TrainRequest,
  trainer: Trainer,
  ask: Ask | undefined,
): Callbacks | undefined {
  if (fit === undefined || ask === undefined) return undefined;
  const { waitForBatches, epochParameters }: FitPart = fit;
  const { learningRate } = config.optimizer;
  return callbacks({ trainer, learningRate, waitForBatches, epochParameters, ask });
}

/**
 * A step that no worker can do any more: what was trained up to it is whole, since a step writes into the other
 * buffers only, and is saved in this thread. Not after steps that are not finite, whose parameters may have diverged.
 * @returns the error to end with
 */
async function savedInNeed(
  error: unknown,
  trainer: Trainer,
  recorder: Recorder,
  point: SavePoint,
): Promise<unknown> {
  if (error instanceof NotFiniteError || recorder.path === undefined) return error;
  if (trainer.done === 0) return error;
  return endedInNeed(error, trainer.done, async () => {
    await trainer.session.pool.retreat();
    await recorder.save(trainer, point);
  });
}
