import { setTimeout } from 'node:timers/promises';
import type { Deadlines } from './deadlines.ts';
import type { Job } from './job.ts';
import type { WorkerEvent } from './pool.ts';
import type { WorkerThread } from './worker-thread.ts';

/** One worker's place in the pool: its thread, and the next one when that has died or hangs. */
export interface Seat {
  readonly worker: number;
  isFree(): boolean;
  /** It does a task, or its thread is given up and has not ended yet. */
  isBusy(): boolean;
  /** It will not get another thread. */
  isGivenUp(): boolean;
  /** Only when it is free. */
  give(job: Job): void;
  /** Gives the thread up when it has had too long. */
  check(): void;
  close(): Promise<void>;
}

export interface SeatContext {
  readonly worker: number;
  readonly maxRestarts: number;
  readonly deadlines: Deadlines;
  startThread(): WorkerThread;
  /** Calls `start` when this seat's thread may be started: at once, or later. */
  onMayStart(start: () => void): void;
  /** Milliseconds of the watch. */
  now(): number;
  onFree(seat: Seat): void;
  /** The thread has ended, with this job not done. Comes before the next thread is started. */
  onLost(job: Job | undefined, reason: Error): void;
  onGivenUp(reason: Error): void;
  /** The thread does not end. */
  onStuck(job: Job | undefined, reason: Error): void;
  onEvent(event: WorkerEvent): void;
}

type State = 'starting' | 'free' | 'busy' | 'down' | 'given up' | 'closed';

/** Before the second, third, ... try in a row; the first one comes at once. */
const pause = (failures: number): number => (failures <= 1 ? 0 : Math.min(100 * 2 ** (failures - 2), 5000));

/**
 * No late write: a worker that was given up may still write into its arena, its shards' slots and the other buffers
 * until its thread has ended. So its task is handed on, and its arena to the next thread, only after the thread's
 * 'exit'. (What it wrote until then is written again by whoever does the task; what a phase reads, no task writes.)
 */
export function openSeat(context: SeatContext): Seat {
  const { worker, deadlines } = context;
  let state: State = 'down';
  let thread: WorkerThread | undefined;
  let job: Job | undefined;
  let since = 0;
  let failures = 0;
  let isEnding = false;
  let restart = new AbortController();

  const enter = (next: State) => {
    state = next;
    since = context.now();
  };
  const start = () => {
    if (isClosed()) return;
    const started = context.startThread();
    const began = performance.now();
    thread = started;
    enter('starting');
    started.ended.then((reason) => lose(started, reason));
    started.ready.then(
      () => {
        if (thread !== started || state !== 'starting') return;
        deadlines.record('start', performance.now() - began);
        if (failures > 0) context.onEvent({ kind: 'worker', worker, state: 'back' });
        enter('free');
        context.onFree(seat);
      },
      (reason) => lose(started, reason),
    );
  };
  /** However it shows: the task throws, the thread ends, nothing comes back. Only the first sign counts. */
  const lose = async (lost: WorkerThread, reason: Error) => {
    if (thread !== lost || !['starting', 'free', 'busy'].includes(state)) return;
    enter('down');
    context.onEvent({ kind: 'worker', worker, state: 'lost', reason: reason.message });
    isEnding = true;
    const hasEnded = await lost.end();
    isEnding = false;
    const unfinished = job;
    job = undefined;
    if (isClosed()) return unfinished?.reject(reason);
    if (!hasEnded) return context.onStuck(unfinished, reason);
    context.onLost(unfinished, reason);
    await startAgain(reason);
  };
  const startAgain = async (reason: Error) => {
    failures++;
    if (failures > context.maxRestarts) {
      enter('given up');
      context.onEvent({ kind: 'worker', worker, state: 'given up', reason: reason.message });
      return context.onGivenUp(reason);
    }
    restart = new AbortController();
    await setTimeout(pause(failures), undefined, { signal: restart.signal }).catch(() => {});
    if (!isClosed()) context.onMayStart(start);
  };
  /** A function: the state changes while others are waited for. */
  const isClosed = () => state === 'closed';
  const seat: Seat = {
    worker,
    isFree: () => state === 'free',
    isBusy: () => state === 'busy' || isEnding,
    isGivenUp: () => state === 'given up',
    async give(next) {
      const mine = thread as WorkerThread;
      const began = performance.now();
      job = next;
      enter('busy');
      try {
        const reply = await mine.run(next.task);
        // A reply that comes after the worker was given up is too late: somebody else will do the task.
        if (job !== next || state !== 'busy') return;
        deadlines.record(next.task.kind, performance.now() - began);
        failures = 0;
        job = undefined;
        enter('free');
        next.resolve({ ...reply, worker });
        context.onFree(seat);
      } catch (error) {
        await lose(mine, error as Error);
      }
    },
    check() {
      const kind = state === 'starting' ? 'start' : state === 'busy' ? job?.task.kind : undefined;
      if (kind === undefined || thread === undefined) return;
      const deadline = deadlines.of(kind);
      if (context.now() - since > deadline)
        lose(thread, new Error(`nothing came back for ${(deadline / 1000).toFixed(1)} s`));
    },
    async close() {
      state = 'closed';
      restart.abort();
      job?.reject(new Error('The pool was closed'));
      await thread?.end();
    },
  };
  context.onMayStart(start);
  return seat;
}
