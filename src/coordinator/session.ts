import { availableParallelism } from 'node:os';
import type { TrainConfig } from '../config.ts';
import type { ExampleSet } from '../data/example-set.ts';
import { chooseEngine } from '../engine/choose-engine.ts';
import type { Arithmetic, EngineName, Loss } from '../engine/engine.ts';
import { inputError } from '../errors.ts';
import { type Network, type Shape, sizeOf } from '../model/network.ts';
import type { BufferIndex, MemoryLayout, MetricName, OptimizerSettings, TrainEvent } from '../protocol.ts';
import { refuseBeyondAddressSpace } from '../start-thread.ts';
import { planWork } from '../worker/plan.ts';
import { layOutMemory } from './memory-layout.ts';
import { createPool, type Patience, type Pool, type WorkerEvent } from './pool/pool.ts';
import type { Profile } from './profile.ts';

/** Examples of one evaluation task. Fixed, so that the sums do not depend on the workers. */
export const evaluationExamples = 50;

/** One shared memory, laid out and filled, and the workers on it. */
export interface Session {
  readonly layout: MemoryLayout;
  readonly engine: EngineName;
  readonly arithmetic: Arithmetic;
  /** The build of the kernels in use. */
  readonly variant: string;
  /** How layers are computed that could be in several ways. */
  readonly ways: Readonly<Record<string, string>>;
  readonly workers: number;
  /** Into how many tasks the shards of a step are put, and into how many the update; bits do not depend on them. */
  gradientTasks: number;
  updateTasks: number;
  readonly pool: Pool;
  /** Which of the two buffers holds the current parameters and state. */
  current: BufferIndex;
  /** Of the next step. */
  learningRate: number;
  floats(offset: number, count: number): Float32Array;
  uints(offset: number, count: number): Uint32Array;
  /** Parameters or a state array, from natural order into the current buffer. */
  load(buffers: readonly [number, number], values: Float32Array): Promise<void>;
  /** A copy of the current buffer in natural order. Neither may run beside an update: it uses the other buffer. */
  read(buffers: readonly [number, number]): Promise<Float32Array>;
  /** Tells whoever listens something that he should know, in one line. */
  notice(text: string): void;
  close(): Promise<void>;
}

export interface SessionRequest {
  readonly network: Network;
  /** The model's Keras-style configuration. */
  readonly topology: object;
  readonly train?: ExampleSet;
  readonly test?: ExampleSet;
  readonly settings: Pick<TrainConfig, 'workers' | 'batchSize' | 'shards' | 'engine' | 'simd' | 'seed'> &
    Patience;
  readonly loss: Loss;
  /** Default: none. */
  readonly metrics?: readonly MetricName[];
  readonly optimizer: OptimizerSettings;
  /** Is told what becomes of the workers, and what was mended. */
  readonly onEvent?: (event: WorkerEvent | Extract<TrainEvent, { kind: 'notice' }>) => void;
  /** Once it is aborted, no workers are started: nobody will have tasks for them. */
  readonly stop?: AbortSignal;
  /** Notes where the time goes. */
  readonly profile?: Pick<Profile, 'request' | 'observe'>;
}

export async function openSession(request: SessionRequest): Promise<Session> {
  const {
    network,
    topology,
    train,
    test,
    settings,
    loss,
    metrics = [],
    optimizer,
    profile,
    onEvent = () => {},
  } = request;
  const { plan, layout, engine, maxExamples, workers } = await planSession(request);
  const { batchSize, shards, seed } = settings;
  /** More tasks of a phase than cores would compute nothing sooner. */
  const atOnce = Math.min(workers, availableParallelism());
  const memory = allocate(layout.byteLength);
  const sizes = { maxExamples, batchSize, shards };
  const traced = profile === undefined ? {} : { traces: profile.request };
  const common = {
    memory,
    layout,
    network,
    topology,
    engine,
    kernels: plan.kernels,
    seed,
    loss,
    metrics,
    optimizer,
  };
  const setup = { ...common, ...sizes, ...traced };
  // One worker is this thread.
  if (workers > 1 && !request.stop?.aborted) refuseBeyondAddressSpace(workers);
  const pool = createPool({
    setup,
    workers: request.stop?.aborted ? 0 : workers,
    startsAlone: plan.startsAlone,
    patience: settings,
    onEvent,
  });
  const session: Session = {
    layout,
    engine,
    arithmetic: plan.arithmetic,
    variant: plan.variant,
    ways: plan.ways ?? {},
    workers,
    gradientTasks: countGradientTasks(settings, atOnce, maxExamples),
    updateTasks: atOnce,
    pool: profile?.observe(pool, workers) ?? pool,
    current: 0,
    learningRate: optimizer.learningRate,
    floats: (offset, count) => new Float32Array(memory.buffer, offset, count),
    uints: (offset, count) => new Uint32Array(memory.buffer, offset, count),
    async load(buffers, values) {
      const natural = staging(session);
      session.floats(natural, values.length).set(values);
      const isParameters = buffers === layout.parameters;
      await session.pool.run([{ kind: 'pack', natural, offset: buffers[session.current], isParameters }]);
    },
    async read(buffers) {
      const natural = staging(session);
      await session.pool.run([{ kind: 'unpack', natural, offset: buffers[session.current] }]);
      return session.floats(natural, network.parameterCount).slice();
    },
    notice: (text) => onEvent({ kind: 'notice', text }),
    close: () => session.pool.close(),
  };
  for (const [index, value] of plan.optimizerInitialState.entries())
    session.floats(layout.optimizerState[index][session.current], plan.parameterFloats).fill(value);
  if (train !== undefined) copyDataset(memory, layout.train, train);
  if (test !== undefined) {
    copyDataset(memory, layout.test, test);
    session.uints(layout.test.order, test.count).forEach((_, row, order) => {
      order[row] = row;
    });
  }
  return session;
}

/** What decides a session's sizes. */
export type PlanRequest = Pick<SessionRequest, 'network' | 'train' | 'test' | 'loss' | 'optimizer'> & {
  readonly settings: Omit<SessionRequest['settings'], 'seed' | keyof Patience>;
};

/**
 * Every size of a session, from those of its model and data: nothing is allocated yet.
 * @throws GradpoolError where they do not fit together or into memory, or a layer is not supported
 */
export async function planSession({ network, train, test, settings, loss, optimizer }: PlanRequest) {
  if (train !== undefined) checkFits(network, train, 'the training set');
  if (test !== undefined) checkFits(network, test, train === undefined ? 'the data set' : 'the test set');
  const { batchSize, shards, simd } = settings;
  const { engine } = chooseEngine(settings.engine, network);
  const maxExamples = Math.max(Math.ceil(batchSize / shards), evaluationExamples);
  // More workers than tasks of a phase would only wait.
  const tasks = train === undefined ? Math.ceil((test?.count ?? 0) / evaluationExamples) : shards;
  // Whatever is to be done, somebody has to do it: a pool of none would wait for ever.
  const workers = Math.max(1, Math.min(settings.workers, tasks));
  const plan = await planWork({ engine, simd, network, maxExamples, batchSize, shards, loss, optimizer });
  const layout = layOutMemory({
    ...plan,
    classes: network.classes,
    shards: train === undefined ? 0 : shards,
    workers,
    batchSize,
    train,
    test,
    availableBytes: process.availableMemory() - workers * threadBytes,
  });
  return { plan, layout, engine, maxExamples, workers };
}

/** Where values stand in natural order on their way in or out: in the buffer that the next update writes as a whole. */
const staging = ({ layout, current }: Session): number => layout.parameters[current === 0 ? 1 : 0];

/**
 * As many gradient tasks as can run at once, or a multiple where the examples of a call do not allow it: each task
 * reads all weights, and more tasks than cores would only read them again. (Bits do not depend on it.)
 */
function countGradientTasks(
  { shards, batchSize }: SessionRequest['settings'],
  atOnce: number,
  maxExamples: number,
): number {
  const shardsOfACall = Math.max(1, Math.floor((maxExamples * shards) / batchSize));
  return Math.min(shards, Math.ceil(shards / shardsOfACall / atOnce) * atOnce);
}

/** @param what the set is, for messages */
function checkFits(network: Network, data: ExampleSet, what: string): void {
  if (!isSameShape(data.shape, network.input))
    throw inputError(
      `Expected examples of the model's input shape [${network.input.join(', ')}], got ${what} of shape [${data.shape.join(', ')}]`,
    );
  const { targetType, width } = data;
  if (targetType === 'class' ? width > network.classes : width !== network.classes)
    throw inputError(
      targetType === 'class'
        ? `Expected a model with an output for each of the ${width} classes of ${what}, got one with ${network.classes}`
        : `Expected targets of as many values as the model's output has, ${network.classes}, got ${width} in ${what}`,
    );
}

/** Values lie row-major, so an example may be given flat, or to a model that takes it flat. */
const isSameShape = (given: Shape, wanted: Shape): boolean =>
  given.join() === wanted.join() ||
  ((given.length === 1 || wanted.length === 1) && sizeOf(given) === sizeOf(wanted));

/** What a worker's thread takes besides: a JavaScript heap and compiled kernels. */
const threadBytes = 16 * 2 ** 20;

/** The system gives a page when it is first written to: that shall be now, not in the middle of the training. */
function allocate(byteLength: number): WebAssembly.Memory {
  const pages = byteLength / 65536;
  try {
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
    const bytes = new Uint8Array(memory.buffer);
    for (let page = 0; page < byteLength; page += systemPageBytes) bytes[page] = 0;
    return memory;
  } catch (cause) {
    const megabytes = Math.ceil(byteLength / 2 ** 20);
    throw inputError(
      `Could not allocate the ${megabytes} MiB of shared memory that this training needs; use smaller \`shards\`, \`batchSize\` or \`workers\``,
      cause,
    );
  }
}

const systemPageBytes = 4096;

function copyDataset(memory: WebAssembly.Memory, at: MemoryLayout['train'], data: ExampleSet): void {
  const copy = ({ buffer, byteOffset, byteLength }: Uint8Array | Float32Array | Uint32Array, to: number) =>
    new Uint8Array(memory.buffer, to, byteLength).set(new Uint8Array(buffer, byteOffset, byteLength));
  copy(data.inputs, at.inputs);
  copy(data.targets, at.targets);
  if (data.weights !== undefined && at.weights !== undefined) copy(data.weights, at.weights);
}
