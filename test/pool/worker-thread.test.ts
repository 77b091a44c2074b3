/** Real threads: what of them only shows with Piscina. Faults in them: test/chaos. */
import { createRequire } from 'node:module';
import { expect, onTestFinished, test } from 'vitest';
import { startWorkerThread } from '../../src/pool/worker-thread.ts';
import type { WorkerSetup } from '../../src/protocol/tasks.ts';

test('a thread that the system does not make has ended, and says why.', async () => {
  refuseThreads('no more threads');
  const thread = startWorkerThread({} as WorkerSetup);
  await expect(thread.ready).rejects.toThrow('no more threads');
  await expect(thread.ended).resolves.toMatchObject({ message: 'no more threads' });
  expect(await thread.end()).toBe(true);
});

/** As where a limit of the system's is reached: the constructor throws. */
function refuseThreads(message: string): void {
  const threads = createRequire(import.meta.url)('node:worker_threads');
  const { Worker } = threads;
  threads.Worker = class {
    constructor() {
      throw new Error(message);
    }
  };
  onTestFinished(() => {
    threads.Worker = Worker;
  });
}
