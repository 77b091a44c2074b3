/** What is done to a training, and the memory by which all its threads know of it. Tests and scripts/chaos only. */
import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads';
import type { Task } from '../../src/protocol.ts';

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

export interface Fault {
  readonly kind: ThreadFault;
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

/** What the coordinator's disk does: the nth writing of such a file fails. */
export interface DiskFault {
  readonly code: 'ENOSPC' | 'EIO';
  /** A part of the path. */
  readonly file: string;
  readonly nth: number;
  /** So many times in a row. */
  readonly times: number;
}

export interface ChaosOptions {
  readonly faults: readonly Fault[];
  readonly disk?: DiskFault;
  readonly shards: number;
  readonly batchSize: number;
  readonly steps: number;
}

/** Shared by every thread of the process. */
export interface Chaos extends ChaosOptions {
  /** [faults] matching tasks begun so far. */
  readonly seen: Int32Array;
  /** [faults] how often it struck. */
  readonly struck: Int32Array;
  /** [faults] when it struck last, in milliseconds since 1970. */
  readonly struckAt: Float64Array;
  /** [shards, 2 + batchSize]: of the gradient in each slot the step, how many examples, and which rows. */
  readonly slots: Int32Array;
  /** [steps + 1, 2] of each step's update: how many examples, and a hash of their rows in order. */
  readonly ledger: Int32Array;
}

const key = 'gradpool-chaos';

/** For the threads that are started from now on. */
export function prepareChaos(options: ChaosOptions): Chaos {
  const ints = (count: number) => new Int32Array(new SharedArrayBuffer(Math.max(4, count * 4)));
  const { faults, shards, batchSize, steps } = options;
  const chaos: Chaos = {
    ...options,
    seen: ints(faults.length),
    struck: ints(faults.length),
    struckAt: new Float64Array(new SharedArrayBuffer(Math.max(8, faults.length * 8))),
    slots: ints(shards * (2 + batchSize)),
    ledger: ints((steps + 1) * 2),
  };
  setEnvironmentData(key, chaos as never);
  return chaos;
}

export const chaosOfThisThread = (): Chaos | undefined =>
  getEnvironmentData(key) as unknown as Chaos | undefined;

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
