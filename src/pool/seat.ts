import { setTimeout } from 'node:timers/promises';
import type { Deadlines } from './deadlines.ts';
import type { Job } from './job.ts';
import type { WorkerEvent } from './place.ts';
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
  const seat = new WorkerSeat(context);
  context.onMayStart(() => seat.start());
  return seat;
}

/** What happens to it comes in any order, so it is a machine of states; while others are waited for, they change. */
class WorkerSeat implements Seat {
  readonly worker: number;
  readonly #context: SeatContext;
  #state: State = 'down';
  #thread: WorkerThread | undefined;
  #job: Job | undefined;
  /** When the state was entered, by the watch. */
  #since = 0;
  #failures = 0;
  #isEnding = false;
  #restart = new AbortController();

  constructor(context: SeatContext) {
    this.worker = context.worker;
    this.#context = context;
  }

  isFree(): boolean {
    return this.#state === 'free';
  }

  isBusy(): boolean {
    return this.#state === 'busy' || this.#isEnding;
  }

  isGivenUp(): boolean {
    return this.#state === 'given up';
  }

  start(): void {
    if (this.#isClosed()) return;
    const { deadlines, onEvent, onFree } = this.#context;
    const started = this.#context.startThread();
    const began = performance.now();
    this.#thread = started;
    this.#enter('starting');
    started.ended.then((reason) => this.#lose(started, reason));
    started.ready.then(
      () => {
        if (this.#thread !== started || this.#state !== 'starting') return;
        deadlines.record('start', performance.now() - began);
        if (this.#failures > 0) onEvent({ kind: 'worker', worker: this.worker, state: 'back' });
        this.#enter('free');
        onFree(this);
      },
      (reason) => this.#lose(started, reason),
    );
  }

  async give(next: Job): Promise<void> {
    const mine = this.#thread as WorkerThread;
    const began = performance.now();
    this.#job = next;
    this.#enter('busy');
    try {
      const reply = await mine.run(next.task);
      // A reply that comes after the worker was given up is too late: somebody else will do the task.
      if (this.#job !== next || this.#state !== 'busy') return;
      this.#context.deadlines.record(next.task.kind, performance.now() - began);
      this.#failures = 0;
      this.#job = undefined;
      this.#enter('free');
      next.resolve({ ...reply, worker: this.worker });
      this.#context.onFree(this);
    } catch (error) {
      await this.#lose(mine, error as Error);
    }
  }

  check(): void {
    const kind =
      this.#state === 'starting' ? 'start' : this.#state === 'busy' ? this.#job?.task.kind : undefined;
    if (kind === undefined || this.#thread === undefined) return;
    const deadline = this.#context.deadlines.of(kind);
    if (this.#context.now() - this.#since > deadline)
      this.#lose(this.#thread, new Error(`nothing came back for ${(deadline / 1000).toFixed(1)} s`));
  }

  async close(): Promise<void> {
    this.#state = 'closed';
    this.#restart.abort();
    this.#job?.reject(new Error('The pool was closed'));
    await this.#thread?.end();
  }

  /** However it shows: the task throws, the thread ends, nothing comes back. Only the first sign counts. */
  async #lose(lost: WorkerThread, reason: Error): Promise<void> {
    if (this.#thread !== lost || !['starting', 'free', 'busy'].includes(this.#state)) return;
    this.#enter('down');
    this.#tell('lost', reason);
    this.#isEnding = true;
    const hasEnded = await lost.end();
    this.#isEnding = false;
    const unfinished = this.#job;
    this.#job = undefined;
    if (this.#isClosed()) return unfinished?.reject(reason);
    if (!hasEnded) return this.#context.onStuck(unfinished, reason);
    this.#context.onLost(unfinished, reason);
    await this.#startAgain(reason);
  }

  async #startAgain(reason: Error): Promise<void> {
    this.#failures++;
    if (this.#failures > this.#context.maxRestarts) {
      this.#enter('given up');
      this.#tell('given up', reason);
      return this.#context.onGivenUp(reason);
    }
    this.#restart = new AbortController();
    const { signal } = this.#restart;
    await setTimeout(pause(this.#failures), undefined, { signal }).catch(() => {});
    if (!this.#isClosed()) this.#context.onMayStart(() => this.start());
  }

  #enter(next: State): void {
    this.#state = next;
    this.#since = this.#context.now();
  }

  #tell(state: 'lost' | 'given up', { message: reason }: Error): void {
    this.#context.onEvent({ kind: 'worker', worker: this.worker, state, reason });
  }

  /** A function: the state changes while others are waited for. */
  #isClosed(): boolean {
    return this.#state === 'closed';
  }
}
