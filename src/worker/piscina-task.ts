/** What a worker thread does. Errors go back as records: what a task throws can be told from the end of its thread. */
import { toErrorRecord } from '../errors.ts';
import type { Outcome, Reply, Task, WorkerSetup } from '../protocol.ts';
import { loadEngine } from './load.ts';
import { createTaskRunner, type TaskRunner } from './task.ts';

let runTask: TaskRunner | undefined;

export async function load(setup: WorkerSetup): Promise<Outcome<void>> {
  try {
    return { value: await loadEngine(setup) };
  } catch (error) {
    return { error: toErrorRecord(error) };
  }
}

/** The engine starts with the first task: a failed start is then that task's error. */
export function run(setup: WorkerSetup, task: Task): Outcome<Reply> {
  try {
    runTask ??= createTaskRunner(setup);
    return { value: runTask(task) };
  } catch (error) {
    return { error: toErrorRecord(error) };
  }
}
