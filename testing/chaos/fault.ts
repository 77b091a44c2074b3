/** What is done to a training, and the memory by which all its threads know of it. Tests and scripts/chaos only. */
import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads';
import type { Task } from '../../src/protocol/tasks.ts';

/** What a worker thread can be made to do. */
export const threadFaults = [
  'throw',
  'exit',
  'terminate',
  'heap exhaustion',
  'WebAssembly trap',
  'endless loop',
  'straggler',
  'failing start',
  'NaN once',
] as const;
export type ThreadFault = (typeof threadFaults)[number];

/** What comes to the whole process. */
export const processSignals = ['SIGKILL', 'SIGTERM', 'SIGINT'] as const;
export type ProcessSignal = (typeof processSignals)[number];

/** The second one comes in the middle of the writing, when the first one has long been heard. */
export const secondSignal = 'SIGINT twice';

/** What a disk answers: full, broken, no permission, read-only. */
export type DiskError = 'ENOSPC' | 'EIO' | 'EACCES' | 'EROFS';

/** Comes with a task. */
export interface Fault {
  readonly kind: ThreadFault | ProcessSignal;
  /** Where in a training, in words. */
  readonly point: string;
  /** The kind of task that it strikes. */
  readonly task: Task['kind'];
  /** The task's step, for gradient and update tasks. */
  readonly step?: number;
  /** It strikes the nth such task that is begun, from 1 ... */
  readonly nth: number;
  /** ... and so many of the following ones. Default 1. */
  readonly times?: number;
  /** Before the task's work, or when all is written but the reply. */
  readonly when: 'before' | 'after';
}

/** Comes with the writing of a file by the coordinator: of a full or broken disk, or to the whole process. */
export interface FileFault {
  readonly kind: DiskError | ProcessSignal | typeof secondSignal;
  readonly point: string;
  /** A part of the path. */
  readonly file: string;
  /** It strikes the nth writing of such a file, from 1. */
  readonly nth: number;
  /** So many times in a row. Default 1. */
  readonly times?: number;
}

export interface ChaosOptions {
  readonly faults: readonly Fault[];
  readonly files: readonly FileFault[];
  readonly shards: number;
  readonly batchSize: number;
  /** A file: a line for each update, with the step, how many examples it counted, and a hash of their rows in order. */
  readonly ledger: string;
}

/** Shared by every thread of the process. */
export interface Chaos extends ChaosOptions {
  /** [faults] matching tasks begun so far. */
  readonly seen: Int32Array;
  /** [faults] how often it struck. */
  readonly struck: Int32Array;
  /** [faults] when it struck last, in milliseconds since 1970. */
  readonly struckAt: Float64Array;
  /** [files] matching writings so far, and how often it struck. */
  readonly filesSeen: Int32Array;
  readonly filesStruck: Int32Array;
  /** [1] writings that did not get through: two of the above can strike the same one. */
  readonly broken: Int32Array;
  /** [shards, 2 + batchSize]: of the gradient in each slot the step, how many examples, and which rows. */
  readonly slots: Int32Array;
}

const key = 'gradpool-chaos';

/** Of a process under test that is started with its plan: JSON of ChaosOptions. */
export const planVariable = 'GRADPOOL_CHAOS_PLAN';

/** For the threads that are started from now on. */
export function prepareChaos(options: ChaosOptions): Chaos {
  const ints = (count: number) => new Int32Array(new SharedArrayBuffer(Math.max(4, count * 4)));
  const { faults, files, shards, batchSize } = options;
  const chaos: Chaos = {
    ...options,
    seen: ints(faults.length),
    struck: ints(faults.length),
    struckAt: new Float64Array(new SharedArrayBuffer(Math.max(8, faults.length * 8))),
    filesSeen: ints(files.length),
    filesStruck: ints(files.length),
    broken: ints(1),
    slots: ints(shards * (2 + batchSize)),
  };
  setEnvironmentData(key, chaos as never);
  return chaos;
}

export const chaosOfThisThread = (): Chaos | undefined =>
  getEnvironmentData(key) as unknown as Chaos | undefined;

/** Each occasion counts once, whoever has it: the counters are added to atomically, so no two are the nth. */
export function isStruck(
  seen: Int32Array,
  struck: Int32Array,
  index: number,
  { nth, times = 1 }: Pick<Fault, 'nth' | 'times'>,
): boolean {
  const occasion = Atomics.add(seen, index, 1) + 1;
  if (occasion < nth || occasion >= nth + times) return false;
  Atomics.add(struck, index, 1);
  return true;
}

export const now = (): number => performance.timeOrigin + performance.now();

/** FNV-1a over 32-bit words. */
export const hashOf = (rows: Iterable<number>): number => {
  let hash = 0x811c9dc5;
  for (const row of rows) hash = Math.imul(hash ^ row, 0x01000193);
  return hash | 0;
};

/** The worker thread to terminate: by its id, or any of those that run. */
export type Terminate = { readonly thread: number } | { readonly any: number };

/** By which the coordinator's thread is asked to terminate a worker from outside. */
export const terminateChannel = 'gradpool-chaos-terminate';
