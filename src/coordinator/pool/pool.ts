import type { Reply, Task, TrainEvent, WorkerSetup } from '../../protocol.ts';
import { inThisThread } from './in-this-thread.ts';
import { inWorkerThreads } from './supervised.ts';

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
  runUnless(stopped: () => boolean, tasks: readonly Task[]): Promise<Done[] | undefined>;
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
}

/** One worker is the same loop: its tasks run in this thread, through the same function. */
export function createPool(request: PoolRequest): Pool {
  const alone = () => inThisThread({ ...request.setup, worker: 0 });
  let place = request.workers === 1 ? alone() : inWorkerThreads(request);
  return {
    async run(tasks, options) {
      const done = await place.run(tasks, { ...options, stopped: () => false });
      if (done === undefined) throw new Error('Tasks were left out that nobody had stopped');
      return done;
    },
    runUnless: (stopped, tasks) => place.run(tasks, { stopped }),
    async retreat() {
      await place.close();
      place = alone();
    },
    close: () => place.close(),
  };
}

/** Where a pool's tasks are done. */
export interface Place {
  run(
    tasks: readonly Task[],
    options: RunOptions & { readonly stopped: () => boolean },
  ): Promise<Done[] | undefined>;
  close(): Promise<void>;
}
