import type { Preparation } from '../augmentation/settings.ts';
import type { TrainConfig } from '../config/config.ts';
import type { EngineName } from '../engine/engine.ts';
import { alone, type Exchange, type SharedFloats } from '../exchange/exchange.ts';
import { bytesPerSecond } from '../exchange/link-speed.ts';
import type { Arithmetic } from '../kernels/arithmetic.ts';
import type { ModelLoss } from '../loss/loss.ts';
import { createMeasure, type OutputMetric } from '../metric/metrics.ts';
import { outputEnds } from '../model/ends.ts';
import type { Network } from '../model/network.ts';
import { type Accumulated, nothingAccumulated, type OptimizerSettings } from '../optimizer/settings.ts';
import {
  hasTrustRatio,
  plainUpdates,
  takesNorms,
  type UpdateSettings,
} from '../optimizer/update-settings.ts';
import type { Patience, Pool, PoolRequest, WorkerEvent } from '../pool/place.ts';
import { createPool } from '../pool/pool.ts';
import type { TrainEvent } from '../protocol/requests.ts';
import { type BufferIndex, type MemoryLayout, otherBuffer } from '../protocol/tasks.ts';
import type { Share } from '../reduction/ranks.ts';
import { refuseBeyondAddressSpace } from '../runtime/start-thread.ts';
import type { WorkPlan } from '../worker/plan.ts';
import { allocate, fillMemory, inputsApart, type Sets } from './planning/fill-memory.ts';
import { countGradientTasks } from './planning/gradient-tasks.ts';
import { planSession } from './planning/plan-session.ts';
import type { Profile } from './timing/profile.ts';

/** One shared memory, laid out and filled, and the workers on it. */
export interface Session {
  readonly exchange: Exchange;
  /** This rank's shards among those of a batch. */
  readonly share: Share;
  readonly layout: MemoryLayout;
  readonly memory: ArrayBufferLike;
  readonly engine: EngineName;
  readonly arithmetic: Arithmetic;
  /** The build of the kernels in use. */
  readonly variant: string;
  readonly kernels: WebAssembly.Module;
  /** How layers are computed that could be in several ways. */
  readonly ways: Readonly<Record<string, string>>;
  /** See EnginePlan. */
  readonly largestGroup: WorkPlan['largestGroup'];
  /** What ranks have to send one another after the gradient phase; absent where they add up deferred gradients. */
  readonly batchRegions?: WorkPlan['batchRegions'];
  readonly workers: number;
  /** The most examples of a task. */
  readonly maxExamples: number;
  /** Into how many tasks the shards of a step are put, and into how many the update; bits do not depend on them. */
  gradientTasks: number;
  updateTasks: number;
  readonly pool: Pool;
  /** Which of the two buffers holds the current parameters and state. */
  current: BufferIndex;
  readonly update: UpdateSettings;
  /** Whether the sums of a batch's gradients are made as a whole before anything is made of them. */
  readonly isSummed: boolean;
  /** Whether each weight's step has a trust ratio. */
  readonly hasTrust: boolean;
  /** What was accumulated since the last update, and in which of the two buffers its sums are. */
  accumulated: Accumulated & { readonly buffer: BufferIndex };
  /** Whether an update was made in this training, from which on the average of the parameters is one. */
  isAveraged: boolean;
  /** The places among the network's parameters of those that train. */
  readonly trainedWeights: readonly number[];
  /** Whether evaluations are made with the moving average of the parameters in their place. */
  readonly isAverage: boolean;
  /** Of the next step. */
  learningRate: number;
  readonly metrics: readonly OutputMetric[];
  /** What is made of examples before the engine gets them. */
  readonly preparation: Preparation | undefined;
  /** Values of a prediction. */
  readonly outputs: number;
  readonly parameterCount: number;
  /** The metrics' sums over some examples of the test set, whose predictions an evaluation has written. */
  measureTest(first: number, count: number): number[][];
  floats(offset: number, count: number): Float32Array;
  uints(offset: number, count: number): Uint32Array;
  /** Parameters or a state array, from natural order into the current buffer. */
  load(buffers: readonly [number, number], values: Float32Array): Promise<void>;
  /** The current buffer in natural order, in the memory: it stands until the next of these, or step, is begun. */
  view(buffers: readonly [number, number]): Promise<Float32Array>;
  /** A copy of that. None of these may run beside an update: they use the other buffer. */
  read(buffers: readonly [number, number]): Promise<Float32Array>;
  /** Tells whoever listens something that he should know, in one line. */
  notice(text: string, isWarning?: boolean): void;
  close(): Promise<void>;
}

export interface SessionRequest extends Sets {
  readonly network: Network;
  /** The model's Keras-style configuration. */
  readonly topology: object;
  /** Examples of a task, at most, where a shard has no more. Default: those of an evaluation. */
  readonly taskExamples?: number;
  readonly settings: Pick<TrainConfig, 'workers' | 'batchSize' | 'shards' | 'engine' | 'simd' | 'seed'> &
    Partial<Pick<TrainConfig, 'tensorboard' | 'update'>> &
    Patience;
  readonly loss: ModelLoss;
  /** Default: none. */
  readonly metrics?: readonly OutputMetric[];
  readonly optimizer: OptimizerSettings;
  readonly preparation?: Preparation | undefined;
  /** Is told what becomes of the workers, and what was mended. */
  readonly onEvent?: (event: WorkerEvent | Extract<TrainEvent, { kind: 'notice' }>) => void;
  /** Once it is aborted, no workers are started: nobody will have tasks for them. */
  readonly stop?: AbortSignal;
  /** A step in which a worker ends as by a fault. */
  readonly drill?: number;
  /** Notes where the time goes; of the phases alone without `request`. */
  readonly profile?: Pick<Profile, 'observe'> & Partial<Pick<Profile, 'request'>>;
  /** Threads that have been started for its workers. */
  readonly booted?: PoolRequest['booted'];
  /** With whom it is trained together. Default: nobody. */
  readonly exchange?: Exchange;
}

export async function openSession(request: SessionRequest): Promise<Session> {
  const { network, topology, settings, loss, metrics = [], optimizer } = request;
  const { preparation, profile, onEvent = () => {} } = request;
  const { exchange = alone(new AbortController().signal) } = request;
  const { plan, layout, engine, maxExamples, workers, ...planned } = await planSession({
    ...{ ...request, exchange, linkSpeed: () => bytesPerSecond(exchange) },
  });
  const { share, ownPart, atOnce, batchMemory, batchRegions } = planned;
  const updating = updatingOf(request, exchange);
  const memory = allocate(layout.byteLength);
  const setup = {
    ...{
      memory,
      layout,
      inputs: inputsApart(request),
      network,
      topology,
      engine,
      kernels: plan.kernels,
      update: updating.update,
    },
    ...{ seed: settings.seed, loss, metrics, optimizer, maxExamples },
    ...{ ...batchMemory, ...onlyAsked(request) },
  };
  // One worker is this thread.
  if (workers > 1 && !request.stop?.aborted) refuseBeyondAddressSpace(workers);
  const pool = createPool({
    setup,
    workers: request.stop?.aborted ? 0 : workers,
    startsAlone: plan.startsAlone,
    patience: settings,
    onEvent,
    booted: request.booted,
  });
  const session: Session = {
    ...{ exchange, share, layout, memory: memory.buffer, engine },
    ...{ arithmetic: plan.arithmetic, variant: plan.variant, kernels: plan.kernels, ways: plan.ways ?? {} },
    ...{ largestGroup: plan.largestGroup, batchRegions, workers, maxExamples },
    gradientTasks: countGradientTasks(ownPart, atOnce, maxExamples),
    updateTasks: atOnce,
    pool: profile?.observe(pool, workers) ?? pool,
    current: 0,
    ...updating,
    learningRate: optimizer.learningRate,
    ...{ metrics, preparation, outputs: network.classes, parameterCount: network.parameterCount },
    measureTest: measuring(layout, createMeasure(metrics, outputEnds(network), memory.buffer)),
    floats: (offset, count) => new Float32Array(memory.buffer, offset, count),
    uints: (offset, count) => new Uint32Array(memory.buffer, offset, count),
    async load(buffers, values) {
      const natural = staging(session);
      session.floats(natural, values.length).set(values);
      const isParameters = buffers === layout.parameters;
      await session.pool.run([{ kind: 'pack', natural, offset: currentOf(session, buffers), isParameters }]);
    },
    async view(buffers) {
      const natural = staging(session);
      await session.pool.run([{ kind: 'unpack', natural, offset: currentOf(session, buffers) }]);
      return session.floats(natural, network.parameterCount);
    },
    read: async (buffers) => (await session.view(buffers)).slice(),
    notice: (text, isWarning = false) =>
      onEvent({ kind: 'notice', text, ...(isWarning ? { isWarning } : {}) }),
    close: () => session.pool.close(),
  };
  fillMemory({ memory, layout, plan, isIdle: share.count === 0, sets: request });
  return session;
}

/** See Session. */
function measuring(
  { test }: MemoryLayout,
  measure: ReturnType<typeof createMeasure>,
): Session['measureTest'] {
  const { order: indicesOffset, targets: targetsOffset, predictions: predictionsOffset } = test;
  return (first, count) =>
    measure({ ...test, indicesOffset, targetsOffset, predictionsOffset }, first, count);
}

/** Sums of gradients that have one buffer for themselves change places with it alone. */
const currentOf = ({ layout, accumulated, current }: Session, buffers: readonly [number, number]): number =>
  buffers[buffers === layout.accumulated ? accumulated.buffer : current];

/** With what it computes. */
export const factsOf = ({ arithmetic, variant: kernels, ways, layout }: Session) => ({
  ...{ arithmetic, kernels, ways, sharedMemoryBytes: layout.byteLength },
});

/** Where the sums of gradients lie that ranks add up. Undefined where nobody asks for them. */
export function sumsOf({ memory, layout, batchRegions }: Session): SharedFloats | undefined {
  const { sums: offset, slotFloats, constants } = layout;
  const floats = batchRegions === undefined ? Math.max(slotFloats, constants.first) : slotFloats;
  return offset === undefined ? undefined : { memory, offset, floats };
}

/** What of a session its updates are made by. */
const updatingOf = (
  { network, optimizer, settings: { update = plainUpdates } }: SessionRequest,
  { ranks }: Exchange,
) => ({
  ...{ update, isAveraged: false, isAverage: false },
  accumulated: { ...nothingAccumulated, buffer: 0 as const },
  isSummed: ranks > 1 || takesNorms(update, optimizer),
  hasTrust: hasTrustRatio(optimizer),
  trainedWeights: network.parameters.flatMap(({ untrained }, index) => (untrained ? [] : [index])),
});

/** What workers get where it was asked for. */
const onlyAsked = (request: SessionRequest) => ({
  ...(request.preparation === undefined ? {} : { preparation: request.preparation }),
  ...(request.profile?.request === undefined ? {} : { traces: request.profile.request }),
  ...drillOf(request),
});

const drillOf = ({ drill }: Pick<SessionRequest, 'drill'>) =>
  drill === undefined ? {} : { drill: { step: drill, happened: new Int32Array(new SharedArrayBuffer(4)) } };

/** Where values stand in natural order on their way in or out: in the buffer that the next update writes as a whole. */
const staging = ({ layout, current }: Session): number => layout.parameters[otherBuffer(current)];
