/**
 * What Piscina loads in each worker thread. CommonJS on purpose: Piscina `require`s it, and a thread that is terminated
 * while it `require`s an ES module takes the whole process with it (an assertion of Node's own). `import()` does not.
 */

import type { Outcome } from '../errors.ts';
import type { Reply, Task, WorkerData, WorkerSetup } from '../protocol/tasks.ts';

const { workerData } = require('node:worker_threads') as typeof import('node:worker_threads');

const { unwanted } = workerData as WorkerData;
let tasks: typeof import('./piscina-task.ts');
let setup: WorkerSetup;

/** Nobody waits for a message with it: the coordinator stores it once and then only waits for this thread. */
const isWanted = () => Atomics.load(unwanted, 0) === 0;

/** The code that all tasks need, unless the thread is not wanted any more: then it shall come to its end soon. */
exports.boot = async (): Promise<void> => {
  if (isWanted()) tasks = await import('./piscina-task.ts');
};

/** What these tasks need besides: the same holds. */
exports.load = async (given: WorkerSetup): Promise<Outcome<void>> => {
  setup = given;
  return isWanted() ? tasks.load(setup) : { value: undefined };
};

exports.run = (task: Task): Outcome<Reply> => tasks.run(setup, task);
