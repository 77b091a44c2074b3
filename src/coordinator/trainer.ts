/** A training that is taken step by step: what the loop does, and whoever wants to decide between two steps. */
import { epochOrder } from '../data/order.ts';
import type { ScheduleSettings } from '../optimizer/schedules/settings.ts';
import { nothingAccumulated, type OptimizerState } from '../optimizer/settings.ts';
import type { Measurement, TrainerRequest, TrainerState } from '../protocol/requests.ts';
import type { BatchPlace, Feed, StreamPosition } from '../protocol/stream.ts';
import { type Batches, scheduledBatches } from './batches/batches.ts';
import { checkSchedule } from './batches/check-schedule.ts';
import { type Batch, scheduleOf } from './batches/schedule.ts';
import { contentsOf } from './batches/stream.ts';
import { type LearningRates, learningRates } from './course/learning-rate.ts';
import { type EvaluationProgress, evaluateUnless } from './evaluate.ts';
import { openSession, type Session, type SessionRequest } from './session.ts';
import { loadValues, stateArrays, stateBuffers } from './state.ts';
import { checkParameters, gradientOf, runStep, type StepMeans } from './step.ts';
import { openStreams, placeIn, roomsOf } from './streams.ts';
import { type Naming, partsOfTraining } from './training.ts';

export interface DoneStep {
  readonly step: number;
  /** With which it was made. */
  readonly learningRate: number;
  readonly batch: Batch;
  readonly means: StepMeans;
}

export interface Trainer {
  readonly session: Session;
  readonly naming: Naming;
  /** Of the learning rate. */
  readonly schedule: ScheduleSettings;
  readonly batches: Pick<Batches, 'steps' | 'stepsPerEpoch' | 'streamed'>;
  /** Steps of this training that are done, those left out included. */
  readonly done: number;
  readonly skippedSteps: readonly number[];
  /** Whether there is a batch for another step, as far as is known. */
  isLeft(): boolean;
  /** Where the next batch stands. */
  position(): Pick<Batch, 'epoch' | 'index'>;
  /** The batch of the next step. Undefined where a stream has no more for the epoch, or the training is stopped. */
  next(): Promise<Batch | undefined>;
  /**
   * Makes the next step.
   * @throws NotFiniteError where it cannot be made; `done` is then as before
   */
  step(batch: Batch): Promise<DoneStep>;
  /** Counts the next step as done, which could not be made. */
  skip(): void;
  /**
   * Tries the parameters on the batch that the last step took, whose loss was that of the parameters before.
   * @throws NotFiniteError when it is not finite
   */
  tryParameters(): Promise<void>;
  /**
   * Of the last step's batch at the parameters of now: [parameterCount] in natural order. Undefined without such a
   * batch, or where a loss is not finite.
   */
  gradient(): Promise<Float32Array | undefined>;
  /** Where the batches of a stream are written that its caller gives step by step. */
  readonly place: BatchPlace | undefined;
  /** What of so many examples is there. */
  given(count: number): Uint8Array[];
  /** Whether there is a test set. */
  readonly evaluates: boolean;
  /** @returns means over the whole test set; undefined when stopped */
  evaluate(stopped?: () => boolean, onDone?: EvaluationProgress): Promise<Measurement | undefined>;
  /** A copy, [parameterCount] in natural order. */
  parameters(): Promise<Float32Array>;
  /** Goes on with other ones. @param values [parameterCount] in natural order */
  takeParameters(values: Float32Array): Promise<void>;
  optimizerState(): Promise<OptimizerState>;
  state(): Promise<TrainerState>;
  /** Of the same what is to be saved, without copies. */
  toSave(): Omit<TrainerState, 'parameters' | 'optimizer'> & {
    readonly optimizerSteps: number;
    readonly parameters: () => Promise<Float32Array>;
    /** See `stateBuffers`. */
    readonly arrays: readonly (() => Promise<Float32Array>)[];
  };
  /** @param from where its batches stream, how far they had come */
  load(state: TrainerState, from?: StreamPosition): Promise<void>;
  close(): Promise<void>;
}

type Hooks = Pick<SessionRequest, 'onEvent' | 'stop' | 'profile' | 'exchange' | 'drill' | 'booted'> & {
  /** Gives the batches of a request with a `stream`; without it, its caller writes them and says which. */
  readonly feed?: Feed;
  /** Whether it is kept where it can be gone on with. */
  readonly isKept?: boolean;
};

/**
 * Opens a training. It has no values yet: load what it begins with (`beginning`), or what was saved.
 * @throws GradpoolError where model, data and options do not fit together or into memory
 */
export async function openTrainer(request: TrainerRequest, hooks: Hooks = {}): Promise<Trainer> {
  const { config } = request;
  checkSchedule(request);
  const rates = learningRates(request);
  const { session, naming, setOrder, streams, place, given, validated } = await openParts(request, hooks);
  let last: Batch | undefined;
  const batchesFrom = (state: TrainerState, from?: StreamPosition) =>
    streams?.batches({ ...state, from }) ??
    scheduledBatches(scheduleOf(request.train.count, config, state.firstEpoch));
  const begun = beginning(request);
  let batches = batchesFrom(begun);
  const progress = progressFrom(begun, session, rates);
  const withLast = async <T>(work: WorkOnBatch<T>) =>
    last && progress.skipped.at(-1) !== progress.done
      ? work(session, config, progress.masks(progress.done), last)
      : undefined;
  const parameters = () => session.read(session.layout.parameters);
  const optimizerState = async () => ({
    ...{ steps: progress.updates(), arrays: await stateArrays(session) },
  });
  return {
    ...{ session, naming, schedule: rates.settings },
    get batches() {
      return batches;
    },
    get done() {
      return progress.done;
    },
    get skippedSteps() {
      return progress.skipped;
    },
    isLeft: () => batches.isLeft(progress.done),
    position: () => batches.position(progress.done),
    next: () => batches.next(progress.done),
    async step(batch) {
      const { learningRate } = session;
      const { done, masks, updates } = progress;
      setOrder(batch.epoch);
      const means = await runStep(session, config, masks(done + 1), batch, updates() + 1);
      last = batch;
      progress.goOn();
      return { step: done + 1, learningRate, batch, means };
    },
    skip: progress.skip,
    tryParameters: () => withLast(checkParameters),
    gradient: () => withLast(gradientOf),
    ...{ place, given },
    evaluates: request.test !== undefined,
    evaluate: (stopped = () => false, onDone = undefined) =>
      evaluateAll(session, naming, (of) => validated(of, stopped, onDone)),
    parameters,
    takeParameters: (values) => session.load(session.layout.parameters, values),
    optimizerState,
    state: async () => ({
      ...progress.position(),
      ...{ parameters: await parameters(), optimizer: await optimizerState() },
    }),
    toSave: () => ({
      ...{ ...progress.position(), optimizerSteps: progress.updates() },
      parameters: () => session.view(session.layout.parameters),
      arrays: stateBuffers(session.layout).map((buffers) => () => session.view(buffers)),
    }),
    async load(state, from) {
      last = undefined;
      batches = batchesFrom(state, from);
      progress.goTo(state);
      await loadValues(session, state);
    },
    close: () => session.close(),
  };
}

/** How far a training has come, and with which learning rate it goes on. */
function progressFrom(begun: TrainerState, session: Session, rates: LearningRates) {
  const { accumulateSteps } = session.update;
  let { step: done, skippedSteps: skipped, firstEpoch } = begun;
  /** Of the optimizer's steps, those of this training. */
  const own = () => Math.floor((done - skipped.length) / accumulateSteps);
  /** Steps that the optimizer had made before this training's first one. */
  let before = begun.optimizer.steps;
  const goOn = () => {
    done++;
    session.learningRate = rates.after(done) ?? session.learningRate;
  };
  return {
    get done() {
      return done;
    },
    get skipped() {
      return skipped;
    },
    /** Of the optimizer, in all. */
    updates: () => before + own(),
    /** The coordinate of a step's dropout masks: they go on where those of before ended. */
    masks: (step: number) => before * accumulateSteps + step,
    goOn,
    skip() {
      goOn();
      skipped = [...skipped, done];
    },
    goTo(state: TrainerState) {
      ({ step: done, skippedSteps: skipped, firstEpoch } = state);
      before = state.optimizer.steps - own();
      session.learningRate = state.learningRate;
      session.accumulated = { ...session.accumulated, ...(state.accumulated ?? nothingAccumulated) };
      session.isAveraged = own() > 0;
    },
    position: () => ({
      ...{ step: done, skippedSteps: skipped, learningRate: session.learningRate, firstEpoch },
      ...accumulatedIn(session),
    }),
  };
}

const accumulatedIn = ({ accumulated: { batches, examples } }: Session): Pick<TrainerState, 'accumulated'> =>
  batches === 0 ? {} : { accumulated: { batches, examples } };

/** Also of the average of the parameters, where there is one; first of it: what predictions are left is of the parameters. */
async function evaluateAll(
  session: Session,
  { measurement }: Naming,
  evaluate: (of: Session) => Promise<StepMeans | undefined>,
): Promise<Measurement | undefined> {
  const ema = session.layout.average && (await evaluate(await averageOf(session)));
  if (session.layout.average !== undefined && ema === undefined) return undefined;
  const means = await evaluate(session);
  return means && { ...measurement(means), ...(ema === undefined ? {} : { ema: measurement(ema) }) };
}

/** The same session, whose evaluations are made with the average of the parameters as it is now. */
async function averageOf(session: Session): Promise<Session> {
  const { pool, layout, current } = session;
  if (layout.average === undefined) throw new Error('The memory has no average');
  await pool.run([{ kind: 'derive', offset: layout.average[current], part: 0, parts: 1 }]);
  return { ...session, isAverage: true };
}

type WorkOnBatch<T> = (
  session: Session,
  config: TrainerRequest['config'],
  step: number,
  batch: Batch,
) => Promise<T>;

/** The next step of a training whose data set is in memory. */
export async function nextStep(trainer: Pick<Trainer, 'next' | 'step'>): Promise<DoneStep> {
  const batch = await trainer.next();
  if (batch === undefined) throw new Error('A data set in memory has no further batch');
  return trainer.step(batch);
}

async function openParts(request: TrainerRequest, hooks: Hooks) {
  const { model, config, fit, stream } = request;
  const { network, topology } = model;
  const { parts, naming } = partsOfTraining({ ...request, network });
  const { optimizer } = config;
  const rooms = roomsOf(stream);
  const session = await openSession({
    ...{ network, topology, ...parts, rooms, settings: config, optimizer, ...hooks },
  });
  const place = stream && placeIn(session, parts, config.batchSize);
  const streams = openStreams({ ...request, ...hooks, parts, session });
  return {
    ...{ session, naming, place },
    given: (count: number) => (place && parts.train ? contentsOf(place, parts.train, count) : []),
    setOrder: orderByEpoch(session, config.seed, stream === undefined && (fit?.shuffle ?? true)),
    streams,
    validated: (of: Session, stopped: () => boolean, onDone?: EvaluationProgress) =>
      streams?.validate?.(of, stopped, onDone) ??
      evaluateUnless(stopped, of, fit?.validationBatchSize, onDone),
  };
}

/** What a training begins with that nothing was saved of. */
export const beginning = (request: TrainerRequest): TrainerState => {
  const { model, config, fit } = request;
  return {
    ...{ step: 0, skippedSteps: [], parameters: model.parameters },
    optimizer: fit?.state ?? { steps: 0, arrays: [] },
    learningRate: learningRates(request).after(0) ?? config.optimizer.learningRate,
    firstEpoch: fit?.initialEpoch ?? 0,
  };
};

/** Writes an epoch's order when the epoch changes: between steps, when no worker reads it. */
function orderByEpoch({ layout, uints }: Session, seed: number, shuffle: boolean): (epoch: number) => void {
  const order = uints(layout.train.order, layout.train.count);
  let written = -1;
  return (epoch) => {
    if (epoch === written) return;
    if (shuffle) epochOrder(seed, epoch, order.length, order);
    else for (let example = 0; example < order.length; example++) order[example] = example;
    written = epoch;
  };
}
