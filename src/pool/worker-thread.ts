import { Piscina } from 'piscina';
import type { Outcome } from '../errors.ts';
import { fromErrorRecord, type GradpoolError } from '../errors.ts';
import type { Reply, Task, WorkerData, WorkerSetup } from '../protocol/tasks.ts';
import { addressSpace } from '../runtime/address-space.ts';
import { moduleUrl } from '../runtime/module-url.ts';
import { comesWithin, untilLoaded } from '../runtime/thread-loading.ts';
import { threadOptions } from '../runtime/thread-options.ts';

/** One thread and its life, from the start to the end: a Piscina of its own. */
export interface WorkerThread {
  /** Resolves when the engine stands, rejects when that fails. */
  readonly ready: Promise<unknown>;
  /** Resolves when the thread has ended, however: from then on it writes nowhere. */
  readonly ended: Promise<Error>;
  /** Rejects with a TaskError when the task throws, and perhaps never when the thread ends: look at `ended` too. */
  run(task: Task): Promise<Reply>;
  /** Ends the thread. @returns whether it has ended; false after a long wait */
  end(): Promise<boolean>;
}

/** What a task threw, or the start of an engine: the thread has come through it. */
export class TaskError extends Error {
  override readonly name = 'TaskError';
  override readonly cause: GradpoolError;

  constructor(cause: GradpoolError) {
    super(cause.message);
    this.cause = cause;
  }
}

/** A thread that loads code already, of which nobody knows yet what it will work on. */
export interface BootedThread {
  /** To be called once. */
  begin(setup: WorkerSetup): WorkerThread;
  /** Ends a thread that has not begun. @returns whether it has ended; false after a long wait */
  end(): Promise<boolean>;
}

/** JavaScript and WebAssembly can be ended anywhere, at once. Only native code cannot. */
const mostMillisecondsToEnd = 10_000;

/**
 * Piscina replaces a dead thread itself, but not always, without a pause, and while the old one may still write; so
 * it gets no least number of threads, and with the first call, which loads the code, makes the only one.
 *
 * A thread that loads is told that it is not wanted, and terminated when it has loaded.
 */
export function bootThread(): BootedThread {
  const unwanted = new Int32Array(new SharedArrayBuffer(4));
  const piscina = new Piscina({
    filename: moduleUrl('../worker/piscina-entry', import.meta.url, 'commonjs').href,
    ...threadOptions(),
    name: 'run',
    workerData: { unwanted } satisfies WorkerData,
    minThreads: 0,
    maxThreads: 1,
    concurrentTasksPerWorker: 1,
    idleTimeout: Number.POSITIVE_INFINITY,
    recordTiming: false,
  });
  const run = async (task: Task): Promise<Reply> => orThrow(await piscina.run(task));
  const boot = async (): Promise<void> => piscina.run(undefined, { name: 'boot' });
  const booted = boot();
  // Whoever begins with it is told.
  booted.catch(() => {});
  const [thread] = piscina.threads;
  if (thread === undefined) return { begin: () => notStarted(booted, run), end: async () => true };
  const ended = endOf(piscina, thread);
  const load = async (setup: WorkerSetup): Promise<void> => {
    await booted;
    orThrow(await piscina.run(setup, { name: 'load' }));
  };
  const end = async (loaded: Promise<unknown>): Promise<boolean> => {
    Atomics.store(unwanted, 0, 1);
    await untilLoaded(loaded, ended);
    void piscina.destroy();
    return comesWithin(mostMillisecondsToEnd, ended);
  };
  return {
    end: () => end(booted),
    begin(setup) {
      const loaded = load(setup);
      return {
        ready: loaded.then(() => {
          if (Atomics.load(unwanted, 0) !== 0) throw new Error('It was told to end before it had started');
          return run({ kind: 'start' });
        }),
        ended,
        run,
        end: () => end(loaded),
      };
    },
  };
}

export const startWorkerThread = (setup: WorkerSetup): WorkerThread => bootThread().begin(setup);

/** For so many workers; none for one, which is the caller's thread, or where room for threads has to be counted first. */
export const bootThreads = (workers: number): BootedThread[] =>
  workers === 1 || addressSpace() !== undefined ? [] : Array.from({ length: workers }, bootThread);

/**
 * Where Node.js or the system starts no thread, the first call fails, and nothing is there that could write. (Piscina is
 * left as it is: on its end it would reject a promise that it has given to nobody.)
 */
function notStarted(loaded: Promise<unknown>, run: WorkerThread['run']): WorkerThread {
  const ended = loaded.then(
    () => new Error('it was not started'),
    (error: Error) => error,
  );
  return { ready: loaded, ended, run, end: async () => true };
}

function endOf(piscina: Piscina, thread: Piscina['threads'][number]): Promise<Error> {
  let reason: Error | undefined;
  const note = (error: Error) => {
    reason ??= error;
  };
  thread.once('error', note);
  // Without a listener it would end the coordinator. It comes when a thread dies that has no task.
  piscina.on('error', note);
  return new Promise((resolve) => {
    thread.once('exit', (code) => resolve(reason ?? new Error(`it ended with code ${code}`)));
  });
}

function orThrow<T>(outcome: Outcome<T>): T {
  if ('error' in outcome) throw new TaskError(fromErrorRecord(outcome.error));
  return outcome.value;
}
