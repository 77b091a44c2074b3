import { Piscina } from 'piscina';
import type { Outcome } from '../errors.ts';
import { fromErrorRecord, type GradpoolError } from '../errors.ts';
import type { Reply, Task, WorkerData, WorkerSetup } from '../protocol/tasks.ts';
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

/** JavaScript and WebAssembly can be ended anywhere, at once. Only native code cannot. */
const mostMillisecondsToEnd = 10_000;

/**
 * Piscina replaces a dead thread itself, but not always, without a pause, and while the old one may still write; so
 * it gets no least number of threads, and with the first call, which loads the code, makes the only one.
 *
 * A thread that loads is told that it is not wanted, and terminated when it has loaded.
 */
export function startWorkerThread(setup: WorkerSetup): WorkerThread {
  const unwanted = new Int32Array(new SharedArrayBuffer(4));
  const piscina = new Piscina({
    filename: moduleUrl('../worker/piscina-entry', import.meta.url, 'commonjs').href,
    ...threadOptions(),
    name: 'run',
    workerData: { setup, unwanted } satisfies WorkerData,
    minThreads: 0,
    maxThreads: 1,
    concurrentTasksPerWorker: 1,
    idleTimeout: Number.POSITIVE_INFINITY,
    recordTiming: false,
  });
  const run = async (task: Task): Promise<Reply> => orThrow(await piscina.run(task));
  const load = async (): Promise<void> => orThrow(await piscina.run(undefined, { name: 'load' }));
  const loaded = load();
  const [thread] = piscina.threads;
  if (thread === undefined) return notStarted(loaded, run);
  const ended = endOf(piscina, thread);
  return {
    ready: loaded.then(() => {
      if (Atomics.load(unwanted, 0) !== 0) throw new Error('It was told to end before it had started');
      return run({ kind: 'start' });
    }),
    ended,
    run,
    async end() {
      Atomics.store(unwanted, 0, 1);
      await untilLoaded(loaded, ended);
      void piscina.destroy();
      return comesWithin(mostMillisecondsToEnd, ended);
    },
  };
}

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
