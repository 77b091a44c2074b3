import { proxy, wrap } from 'comlink';
import type { TrainConfig } from '../config/config.ts';
import type { EngineChoice, EngineName } from '../engine/engine.ts';
import type { Outcome } from '../errors.ts';
import { codeOf, fromErrorRecord, GradpoolError, inputError } from '../errors.ts';
import { joinRanks } from '../exchange/begin/join.ts';
import type { ModelSpec } from '../model/model-spec.ts';
import type { FitAnswer, FitEvent, FitPart } from '../protocol/fit.ts';
import type { GanApi, GanEvent, GanRequest, GanResult } from '../protocol/gan.ts';
import { nodeEndpoint } from '../protocol/ports.ts';
import type {
  CoordinatorApi,
  EvaluateRequest,
  Evaluation,
  OpenedTrainer,
  Prediction,
  TrainEvent,
  Trained,
  TrainerRequest,
  TrainRequest,
} from '../protocol/requests.ts';
import type { Feed, FeedRequest } from '../protocol/stream.ts';
import { startThread } from '../runtime/start-thread.ts';
import { prepareTensorflowEnvironment } from '../runtime/tensorflow-environment.ts';
import { untilLoaded } from '../runtime/thread-loading.ts';
import { chooseEngine } from '../worker/engines/choose-engine.ts';
import { type GanObserver, type Observer, observed } from './observers.ts';

export interface TrainHooks {
  readonly onEvent?: (event: TrainEvent) => void;
  readonly observers?: readonly Observer[];
  /** Answers what a request with a `fit` asks: the training waits. */
  readonly ask?: (event: FitEvent) => Promise<FitAnswer>;
  /** Gives the batches of a request with a `stream`; what it throws is what the call throws. */
  readonly feed?: Feed;
  /** Aborting ends the training after the step under way. */
  readonly signal?: AbortSignal;
  /** One that has been started for it. */
  readonly coordinator?: Coordinator | undefined;
}

export const trainInThread = (
  request: TrainRequest,
  { onEvent, observers, ...hooks }: TrainHooks,
): Promise<Trained> =>
  observed(
    { onEvent, observers },
    ({ parameters: _, state: _state, ...result }: Trained) => result,
    (tell) => trainTelling(request, tell === undefined ? hooks : { ...hooks, onEvent: tell }),
  );

async function trainTelling(
  request: TrainRequest,
  { onEvent, ask, feed, signal, coordinator }: Omit<TrainHooks, 'observers'>,
): Promise<Trained> {
  if (request.config.exchange === 'mpi') await joinRanks();
  const fed = feed && rememberFailure(feed);
  return withCoordinator(
    await coordinatorFor(engineOf(request), coordinator),
    (api, hear) => api.train(request, onEvent && hear(onEvent), ask && hear(ask), fed && hear(fed.feed)),
    signal,
  ).catch((error: unknown) => {
    throw fed?.failure() ?? error;
  });
}

/** An error comes back from the training as a copy: its caller gets the very one that was thrown. */
function rememberFailure(feed: Feed) {
  let failure: unknown;
  return {
    async feed(request: FeedRequest): Promise<number> {
      try {
        return await feed(request);
      } catch (error) {
        failure ??= error;
        throw error;
      }
    },
    failure: () => failure,
  };
}

/** The one that has been started, unless its threads would lack what tensorflow's need. */
async function coordinatorFor(engine: EngineName, started: Coordinator | undefined): Promise<Coordinator> {
  if (started !== undefined && engine !== 'tensorflow') return started;
  await started?.close();
  return openCoordinator(engine);
}

/** @param onDone is told how many examples are done, and of how many */
export const evaluateInThread = (
  request: EvaluateRequest,
  onDone?: (done: number, examples: number) => void,
): Promise<Evaluation> =>
  withCoordinator(openCoordinator(engineOf({ ...request, config: request })), (api) =>
    api.evaluate(request, onDone && proxy(onDone)),
  );

export const predictInThread = (request: EvaluateRequest): Promise<Prediction> =>
  withCoordinator(openCoordinator(engineOf({ ...request, config: request })), (api) => api.predict(request));

/**
 * A coordinator for a training whose model and data are still to be read: its thread, and those of its workers, load their
 * code meanwhile. For `trainInThread`; without that it has to be closed.
 */
export function coordinatorAhead({ workers, shards }: Pick<TrainConfig, 'workers' | 'shards'>): Coordinator {
  const coordinator = openCoordinator('wasm');
  // What comes of it shows with the call that follows.
  const tell = (what: (api: RemoteCoordinator) => Promise<void>) =>
    coordinator.call(async (api) => ({ value: await what(api) })).catch(() => {});
  void tell((api) => api.boot(Math.min(workers, shards)));
  return {
    ...coordinator,
    async close() {
      // No thread is terminated while it loads.
      await tell((api) => api.unboot());
      await coordinator.close();
    },
  };
}

/** The coordinator as Comlink hands it over: every call returns a promise. */
type RemoteCoordinator = Omit<CoordinatorApi, 'stop' | 'boot'> & {
  stop(): Promise<void>;
  boot(workers: number): Promise<void>;
};

interface EngineRequest {
  readonly config: { readonly engine: EngineChoice };
  readonly model: ModelSpec;
  readonly fit?: Pick<FitPart, 'loss' | 'metrics'>;
}

const engineOf = ({ config, model, fit }: EngineRequest): EngineName =>
  chooseEngine(config.engine, model.network, fit).engine;

/** Makes a listener one that Comlink can call, as long as the coordinator is open: no event comes after its end. */
type Hear = <Event, Answer>(listener: (event: Event) => Answer) => (event: Event) => Answer | Promise<never>;

type Call<T, Api = RemoteCoordinator> = (api: Api, hear: Hear) => Promise<Outcome<T>>;

/**
 * One call of a coordinator, which ends with it.
 * @param signal aborting ends a training after the step under way
 */
async function withCoordinator<T, Api extends { stop(): Promise<void> }>(
  coordinator: Coordinator<Api>,
  call: Call<T, Api>,
  signal?: AbortSignal,
): Promise<T> {
  let stop = () => {};
  try {
    return await coordinator.call((api, hear) => {
      stop = () => void api.stop();
      if (signal?.aborted) stop();
      signal?.addEventListener('abort', stop, { once: true });
      return call(api, hear);
    });
  } finally {
    signal?.removeEventListener('abort', stop);
    await coordinator.close();
  }
}

export interface Coordinator<Api = RemoteCoordinator> {
  /** If its thread ends before it has answered, the call fails. */
  call<T>(call: Call<T, Api>): Promise<T>;
  close(): Promise<void>;
}

/**
 * @param engine what it is to compute with
 * @param entry the module of its thread
 */
function openCoordinator<Api = RemoteCoordinator>(
  engine: EngineName,
  entry = '../coordinator/thread/thread',
): Coordinator<Api> {
  if (engine === 'tensorflow') prepareTensorflowEnvironment();
  const thread = startThread(entry, import.meta.url);
  const loaded = new Promise((resolve) => thread.once('message', resolve));
  const died = new Promise<GradpoolError>((resolve) => {
    thread.once('messageerror', (cause: Error) => resolve(notUnderstood(cause)));
    thread.once('error', (cause: Error) => resolve(threadError(cause)));
    thread.once('exit', (code) => resolve(threadError(new Error(`it exited with code ${code}`))));
  });
  let isOver = false;
  const hear: Hear = (listener) =>
    proxy((event) => (isOver ? new Promise<never>(() => {}) : listener(event)));
  const api = wrap(nodeEndpoint(thread)) as unknown as Api;
  return {
    async call(call) {
      const outcome = await Promise.race([
        // It rejects only where a message cannot be sent: what fails over there comes back as a record.
        call(api, hear).catch((cause) => {
          throw notUnderstood(cause);
        }),
        died,
      ]);
      if (outcome instanceof GradpoolError) throw outcome;
      if ('error' in outcome) throw fromErrorRecord(outcome.error);
      return outcome.value;
    },
    async close() {
      isOver = true;
      await untilLoaded(loaded, died);
      await thread.terminate();
    },
  };
}

/** A GAN's training, in a coordinator of its own. */
export function trainGanInThread(
  request: GanRequest,
  { onEvent, observers, signal }: GanHooks,
): Promise<GanResult> {
  return observed(
    { onEvent, observers },
    ({ generator: _, discriminator: _other, ...result }: GanResult) => result,
    async (tell = onEvent) => {
      if (request.config.exchange === 'mpi') await joinRanks();
      const { engine } = chooseEngine(request.config.engine, request.combined.network);
      const coordinator = openCoordinator<RemoteGan>(engine, '../gan/thread');
      return withCoordinator(coordinator, (api, hear) => api.trainGan(request, hear(tell)), signal);
    },
  );
}

export interface GanHooks {
  readonly onEvent: (event: GanEvent) => void;
  readonly observers?: readonly GanObserver[];
  /** Aborting ends the training after the step under way. */
  readonly signal?: AbortSignal;
}

type RemoteGan = Omit<GanApi, 'stop'> & { stop(): Promise<void> };

/** A coordinator with a training that is taken step by step; close it. */
export async function openTrainerInThread(
  request: TrainerRequest,
  onEvent: (event: TrainEvent) => void,
): Promise<{ readonly coordinator: Coordinator; readonly opened: OpenedTrainer }> {
  if (request.config.exchange === 'mpi') await joinRanks();
  const coordinator = openCoordinator(engineOf(request));
  try {
    const opened = await coordinator.call((api, hear) => api.open(request, hear(onEvent)));
    return { coordinator, opened };
  } catch (error) {
    await coordinator.close();
    throw error;
  }
}

const notUnderstood = (cause: Error): GradpoolError =>
  new GradpoolError(`A message to or from the coordinator's thread cannot be copied: ${cause.message}`, {
    kind: 'internal',
    cause,
  });

const threadError = (cause: Error): GradpoolError =>
  codeOf(cause) === 'ERR_WORKER_OUT_OF_MEMORY' ? memoryError(cause) : endedEarly(cause);

/** Node.js says so of the heap whichever limit was met. */
const memoryError = (cause: Error): GradpoolError =>
  inputError(
    `Node.js ended the coordinator's thread for want of memory; raise its limits (ulimit -v, max-old-space-size), or use smaller data or a smaller model`,
    cause,
  );

const endedEarly = (cause: Error): GradpoolError =>
  new GradpoolError(
    `The coordinator's thread ended before its work was done: ${cause.message}; resume the run with \`resume\``,
    { kind: 'internal', cause },
  );
