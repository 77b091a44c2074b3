import type { TrainEvent } from '../protocol/requests.ts';
import type { Reply, Task, WorkerSetup } from '../protocol/tasks.ts';
import type { BootedThread } from './worker-thread.ts';

/** A task's reply, and which worker did it, from 0. */
export type Done = Reply & { readonly worker: number };

export interface RunOptions {
  /** For each task a worker that shall not do it, as long as there is another one. */
  readonly notBy?: readonly number[];
}

/** Does the tasks of one phase, in any order and place. What cannot be done ends in an error, never in waiting. */
export interface Pool {
  /**
   * Replies in the order of the tasks. Settles only when no task of this call is under way any more, so that none of
   * them can write into the next phase.
   */
  run(tasks: readonly Task[], options?: RunOptions): Promise<Done[]>;
  /** As `run`, but once `stopped` says so no further task is begun; undefined when some were left out. */
  runUnless(
    stopped: () => boolean,
    tasks: readonly Task[],
    /** Is told of each task that is done, in whatever order. */
    onDone?: () => void,
  ): Promise<Done[] | undefined>;
  /** Ends all workers; from then on the tasks are done in this thread. For a last checkpoint when no worker is left. */
  retreat(): Promise<void>;
  /** Returns when every thread has ended. */
  close(): Promise<void>;
}

/** How much trouble is put up with. */
export interface Patience {
  /** How often in a row, without a task done between, a worker is started again, and a task is tried again. */
  readonly maxRestarts: number;
  /** Seconds that a task may take at most. */
  readonly stepTimeout: number;
}

export type WorkerEvent = Extract<TrainEvent, { kind: 'worker' }>;

export interface PoolRequest {
  /** What every worker gets, each with its own number. */
  readonly setup: Omit<WorkerSetup, 'worker'>;
  /** 0: none is started, and no task can be done. */
  readonly workers: number;
  /** Whether a worker may only start while no other one starts or works. */
  readonly startsAlone: boolean;
  readonly patience: Patience;
  readonly onEvent: (event: WorkerEvent) => void;
  /** Threads that have been started for its workers; those that it takes are taken out. */
  readonly booted?: BootedThread[] | undefined;
}

/** Where a pool's tasks are done. */
export interface Place {
  run(
    tasks: readonly Task[],
    options: RunOptions & { readonly stopped: () => boolean; readonly onDone?: (() => void) | undefined },
  ): Promise<Done[] | undefined>;
  close(): Promise<void>;
}
