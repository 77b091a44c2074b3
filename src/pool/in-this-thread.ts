import { setImmediate } from 'node:timers/promises';
import { fromErrorRecord, toErrorRecord } from '../errors.ts';
import type { Reply, Task, WorkerSetup } from '../protocol/tasks.ts';
import { loadEngine } from '../worker/load.ts';
import { createTaskRunner, type TaskRunner } from '../worker/task.ts';
import { engineFailure } from './engine-failure.ts';
import type { Done, Place } from './place.ts';

/** A task that fails here ends the run: there is nobody else to do it. */
export function inThisThread(setup: WorkerSetup): Place {
  let runTask: TaskRunner | undefined;
  const start = async (): Promise<TaskRunner> => {
    await loadEngine(setup);
    return createTaskRunner(setup);
  };
  const run = async (task: Task): Promise<Reply> => {
    try {
      runTask ??= await start();
      return runTask(task);
    } catch (error) {
      throw engineFailure(setup.engine, task.kind, fromErrorRecord(toErrorRecord(error)));
    }
  };
  return {
    async run(tasks, { stopped, onDone }) {
      const done: Done[] = [];
      for (const task of tasks) {
        if (stopped()) return undefined;
        done.push({ ...(await run(task)), worker: setup.worker });
        onDone?.();
        // Messages (stop) are read between tasks.
        await setImmediate();
      }
      return done;
    },
    async close() {},
  };
}
