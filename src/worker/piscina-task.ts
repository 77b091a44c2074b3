/** What a worker thread does. Errors go back as records: what a task throws can be told from the end of its thread. */
import { type Outcome, outcomeOf, toErrorRecord } from '../errors.ts';
import type { Drill, Reply, Task, WorkerSetup } from '../protocol/tasks.ts';
import { loadEngine } from './load.ts';
import { createTaskRunner, type TaskRunner } from './task.ts';

let runTask: TaskRunner | undefined;

export const load = (setup: WorkerSetup): Promise<Outcome<void>> => outcomeOf(loadEngine(setup));

/** The engine starts with the first task: a failed start is then that task's error. */
export function run(setup: WorkerSetup, task: Task): Outcome<Reply> {
  try {
    runTask ??= createTaskRunner(setup);
    const reply = runTask(task);
    if (setup.drill !== undefined && isDrilled(setup.drill, task)) process.exit(1);
    return { value: reply };
  } catch (error) {
    return { error: toErrorRecord(error) };
  }
}

/** Atomic: of the workers that are at it at once, one ends. */
const isDrilled = ({ step, happened }: Drill, task: Task): boolean =>
  task.kind === 'gradient' && task.step === step && Atomics.compareExchange(happened, 0, 0, 1) === 0;
