import { Piscina } from 'piscina';
import { moduleUrl } from '../../module-url.ts';
import type { Reply, Task, WorkerSetup } from '../../protocol.ts';

/** One thread and its life, from the start to the end: a Piscina of its own. */
export interface WorkerThread {
  /** Resolves when the engine stands, rejects when that fails. */
  readonly ready: Promise<unknown>;
  /** Resolves when the thread has ended, however: from then on it writes nowhere. */
  readonly ended: Promise<Error>;
  /** Rejects when the task throws, and perhaps never when the thread ends: look at `ended` too. */
  run(task: Task): Promise<Reply>;
  /** Ends the thread. It may go on for a moment: wait for `ended`. */
  end(): void;
}

/**
 * Piscina replaces a dead thread itself, but not always, without a pause, and while the old one may still write; so
 * it gets no least number of threads, and with the first task, the start, makes the only one.
 */
export function startWorkerThread(setup: WorkerSetup): WorkerThread {
  const piscina = new Piscina<Task, Reply>({
    filename: moduleUrl('../../worker/piscina-task', import.meta.url).href,
    workerData: setup,
    minThreads: 0,
    maxThreads: 1,
    concurrentTasksPerWorker: 1,
    idleTimeout: Number.POSITIVE_INFINITY,
    recordTiming: false,
  });
  const ready = piscina.run({ kind: 'start' });
  const [thread] = piscina.threads;
  let reason: Error | undefined;
  const note = (error: Error) => {
    reason ??= error;
  };
  thread.once('error', note);
  // Without a listener it would end the coordinator. It comes when a thread dies that has no task.
  piscina.on('error', note);
  return {
    ready,
    ended: new Promise((resolve) => {
      thread.once('exit', (code) => resolve(reason ?? new Error(`it ended with code ${code}`)));
    }),
    run: (task) => piscina.run(task),
    end: () => void piscina.destroy(),
  };
}
