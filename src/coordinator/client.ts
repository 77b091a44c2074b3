import { proxy, wrap } from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { chooseEngine } from '../engine/choose-engine.ts';
import type { EngineChoice, EngineName } from '../engine/engine.ts';
import { codeOf, fromErrorRecord, GradpoolError, inputError } from '../errors.ts';
import type {
  CoordinatorApi,
  EvaluateRequest,
  Evaluation,
  FitAnswer,
  FitEvent,
  FitRequest,
  FitResult,
  ModelSpec,
  Outcome,
  Prediction,
  TrainEvent,
  TrainRequest,
  TrainResult,
} from '../protocol.ts';
import { startThread } from '../start-thread.ts';
import { prepareTensorflowEnvironment } from '../tensorflow-environment.ts';
import { untilLoaded } from './pool/thread-loading.ts';

export interface TrainHooks {
  readonly onEvent?: (event: TrainEvent) => void;
  /** Aborting ends the training after the step under way. */
  readonly signal?: AbortSignal;
}

export async function trainInThread(
  request: TrainRequest,
  { onEvent = () => {}, signal }: TrainHooks,
): Promise<TrainResult> {
  let stop = () => {};
  try {
    return await withCoordinator(engineOf(request), (api, hear) => {
      stop = () => void api.stop();
      if (signal?.aborted) stop();
      signal?.addEventListener('abort', stop, { once: true });
      return api.train(request, hear(onEvent));
    });
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

export const fitInThread = (
  request: FitRequest,
  onEvent: (event: FitEvent) => Promise<FitAnswer>,
): Promise<FitResult> => withCoordinator(engineOf(request), (api, hear) => api.fit(request, hear(onEvent)));

export const evaluateInThread = (request: EvaluateRequest): Promise<Evaluation> =>
  withCoordinator(engineOf({ ...request, config: request }), (api) => api.evaluate(request));

export const predictInThread = (request: EvaluateRequest): Promise<Prediction> =>
  withCoordinator(engineOf({ ...request, config: request }), (api) => api.predict(request));

/** The coordinator as Comlink hands it over: every call returns a promise. */
interface RemoteCoordinator {
  train(...args: Parameters<CoordinatorApi['train']>): Promise<Outcome<TrainResult>>;
  fit(...args: Parameters<CoordinatorApi['fit']>): Promise<Outcome<FitResult>>;
  evaluate(request: EvaluateRequest): Promise<Outcome<Evaluation>>;
  predict(request: EvaluateRequest): Promise<Outcome<Prediction>>;
  stop(): Promise<void>;
}

const engineOf = ({ config, model }: { config: { engine: EngineChoice }; model: ModelSpec }): EngineName =>
  chooseEngine(config.engine, model.network).engine;

/** Makes a listener one that Comlink can call, as long as the call is under way: no event comes after its end. */
type Hear = <Event, Answer>(listener: (event: Event) => Answer) => (event: Event) => Answer | Promise<never>;

/** A coordinator for one call. If its thread ends before it has answered, the call fails. */
async function withCoordinator<T>(
  engine: EngineName,
  call: (api: RemoteCoordinator, hear: Hear) => Promise<Outcome<T>>,
): Promise<T> {
  if (engine === 'tensorflow') prepareTensorflowEnvironment();
  const thread = startThread('./thread', import.meta.url);
  const loaded = new Promise((resolve) => thread.once('message', resolve));
  const died = new Promise<GradpoolError>((resolve) => {
    thread.once('messageerror', (cause: Error) => resolve(notUnderstood(cause)));
    thread.once('error', (cause: Error) => resolve(threadError(cause)));
    thread.once('exit', (code) => resolve(threadError(new Error(`it exited with code ${code}`))));
  });
  let isOver = false;
  const hear: Hear = (listener) =>
    proxy((event) => (isOver ? new Promise<never>(() => {}) : listener(event)));
  try {
    const api = wrap(nodeEndpoint(thread)) as unknown as RemoteCoordinator;
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
  } finally {
    isOver = true;
    await untilLoaded(loaded, died);
    await thread.terminate();
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
