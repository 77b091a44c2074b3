import { setImmediate } from 'node:timers/promises';
import type { WorkerSetup } from '../../protocol.ts';
import { createTaskRunner } from '../../worker/task.ts';
import type { Done, Place } from './pool.ts';

/** A task that fails here ends the run: there is nobody else to do it. */
export function inThisThread(setup: WorkerSetup): Place {
  const runTask = createTaskRunner(setup);
  return {
    async run(tasks, { stopped }) {
      const done: Done[] = [];
      for (const task of tasks) {
        if (stopped()) return undefined;
        done.push({ ...runTask(task), worker: setup.worker });
        // Messages (stop) are read between tasks.
        await setImmediate();
      }
      return done;
    },
    async close() {},
  };
}
