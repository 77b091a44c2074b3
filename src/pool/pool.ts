import { inThisThread } from './in-this-thread.ts';
import type { Pool, PoolRequest } from './place.ts';
import { inWorkerThreads } from './supervised.ts';

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
    runUnless: (stopped, tasks, onDone) => place.run(tasks, { stopped, onDone }),
    async retreat() {
      await place.close();
      place = alone();
    },
    close: () => place.close(),
  };
}
