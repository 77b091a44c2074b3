import type { EngineName } from '../engine/engine.ts';
import { inputError } from '../errors.ts';
import { engineFailure } from './engine-failure.ts';
import type { Job } from './job.ts';
import { TaskError } from './worker-thread.ts';

/** The jobs that no seat has taken, and what becomes of one that was begun and not done. */
export interface JobQueue {
  add(jobs: readonly Job[]): void;
  /** The first one that the worker may do. @param isLast whether there is no other worker */
  take(worker: number, isLast: () => boolean): Job | undefined;
  /** At least one start has succeeded. */
  workerStarted(): void;
  /**
   * The job goes to the head of the queue; it is rejected instead, where the next worker would do no better.
   * @param job undefined when the worker was lost at its start, or had none
   */
  workerLost(job: Job | undefined, reason: Error): void;
  /** All jobs are rejected from now on, with the first error that comes here. */
  breakDown(error: Error): void;
  isBroken(): boolean;
}

/** @param maxRestarts how often a job is tried again */
export function createQueue(engine: EngineName, maxRestarts: number): JobQueue {
  const queue: Job[] = [];
  let broken: Error | undefined;
  /** What starts threw, by its message, as long as none has succeeded. */
  const startsThrown = new Set<string>();
  let hasStarted = false;
  const breakDown = (error: Error) => {
    broken ??= error;
    for (const job of queue.splice(0)) job.reject(error);
  };
  return {
    add(jobs) {
      queue.push(...jobs);
      if (broken !== undefined) breakDown(broken);
    },
    take(worker, isLast) {
      const index = queue.findIndex((job) => job.notBy !== worker || isLast());
      return index < 0 ? undefined : queue.splice(index, 1)[0];
    },
    workerStarted() {
      hasStarted = true;
    },
    workerLost(job, reason) {
      if (job === undefined) {
        if (!hasStarted && throwsAgain(startsThrown, reason))
          breakDown(engineFailure(engine, 'start', reason.cause));
        return;
      }
      job.tries++;
      if (broken !== undefined) job.reject(broken);
      else if (throwsAgain(job.thrown, reason))
        job.reject(engineFailure(engine, job.task.kind, reason.cause));
      else if (job.tries > maxRestarts) job.reject(taskFailed(job, reason));
      else queue.unshift(job);
    },
    breakDown,
    isBroken: () => broken !== undefined,
  };
}

/** Whether another thread threw the same before. One that died or hung threw nothing: another may do better. */
function throwsAgain(thrown: Set<string>, reason: Error): reason is TaskError {
  if (!(reason instanceof TaskError)) return false;
  const isKnown = thrown.has(reason.message);
  thrown.add(reason.message);
  return isKnown;
}

const taskFailed = ({ task, tries }: Job, reason: Error) =>
  inputError(
    `Expected a worker to do a task (${task.kind}), got ${tries} failures: ${reason.message}; see \`maxRestarts\` and \`stepTimeout\``,
    reason,
  );
