import type { Task } from '../protocol/tasks.ts';
import type { Done } from './place.ts';

/** A task that somebody waits for. */
export interface Job {
  readonly task: Task;
  /** The worker that shall not do it, as long as there is another one. */
  readonly notBy: number | undefined;
  /** Whether nobody needs it any more. Asked before it is begun. */
  readonly isUnwanted: () => boolean;
  /** How often it was begun and not done. */
  tries: number;
  /** What it threw when it was tried, by its message. */
  readonly thrown: Set<string>;
  /** With undefined when it was left out. */
  resolve(done: Done | undefined): void;
  reject(error: Error): void;
}

export interface RunJobsOptions {
  readonly notBy?: readonly number[];
  readonly stopped: () => boolean;
  readonly onDone?: (() => void) | undefined;
  readonly enqueue: (jobs: readonly Job[]) => void;
}

/**
 * Makes a job of each task and waits for all of them, whatever becomes of each.
 * @returns undefined when some were left out
 * @throws the first error; the tasks that were not begun then are left out
 */
export async function runJobs(
  tasks: readonly Task[],
  { notBy, stopped, onDone, enqueue }: RunJobsOptions,
): Promise<Done[] | undefined> {
  let failure: Error | undefined;
  const isUnwanted = () => failure !== undefined || stopped();
  const jobs: Job[] = [];
  const ends = tasks.map(
    (task, index) =>
      new Promise<Done | undefined>((settle) => {
        const resolve = (done: Done | undefined) => {
          if (done !== undefined) onDone?.();
          settle(done);
        };
        const reject = (error: Error) => {
          failure ??= error;
          settle(undefined);
        };
        jobs.push({ task, notBy: notBy?.[index], isUnwanted, tries: 0, thrown: new Set(), resolve, reject });
      }),
  );
  enqueue(jobs);
  const all = await Promise.all(ends);
  if (failure !== undefined) throw failure;
  const done = all.filter((one) => one !== undefined);
  return done.length === all.length ? done : undefined;
}
