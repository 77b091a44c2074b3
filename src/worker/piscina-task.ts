/** What Piscina loads in each worker thread. The engine starts with the first task: a failed start is then that task's error. */
import { workerData } from 'piscina';
import type { Reply, Task, WorkerSetup } from '../protocol.ts';
import { createTaskRunner, type TaskRunner } from './task.ts';

let run: TaskRunner | undefined;

export default function runTask(task: Task): Reply {
  run ??= createTaskRunner(workerData as WorkerSetup);
  return run(task);
}
