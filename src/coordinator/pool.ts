import { setImmediate } from 'node:timers/promises';
import { Piscina } from 'piscina';
import { moduleUrl } from '../module-url.ts';
import type { Reply, Task, WorkerSetup } from '../protocol.ts';
import { createTaskRunner } from '../worker/task.ts';

/** Does the tasks of one phase, in any order and place. */
export interface Pool {
  /** Replies in the order of the tasks. */
  run(tasks: readonly Task[]): Promise<Reply[]>;
  close(): Promise<void>;
}

/** One worker is the same loop: its tasks run in this thread, through the same function. */
export function createPool(setup: WorkerSetup, workers: number): Pool {
  return workers === 1 ? inThisThread(setup) : inWorkerThreads(setup, workers);
}

function inThisThread(setup: WorkerSetup): Pool {
  const runTask = createTaskRunner(setup);
  return {
    async run(tasks) {
      const replies: Reply[] = [];
      for (const task of tasks) {
        replies.push(runTask(task));
        // Messages (stop) are read between tasks.
        await setImmediate();
      }
      return replies;
    },
    async close() {},
  };
}

function inWorkerThreads(setup: WorkerSetup, workers: number): Pool {
  const piscina = new Piscina<Task, Reply>({
    filename: moduleUrl('../worker/piscina-task', import.meta.url).href,
    workerData: setup,
    minThreads: workers,
    maxThreads: workers,
    concurrentTasksPerWorker: 1,
    idleTimeout: Number.POSITIVE_INFINITY,
  });
  return {
    run: (tasks) => Promise.all(tasks.map((task) => piscina.run(task))),
    close: () => piscina.destroy(),
  };
}
