import { inputError } from '../../errors.ts';
import type { WorkerSetup } from '../../protocol.ts';
import { createDeadlines } from './deadlines.ts';
import { engineFailure } from './engine-failure.ts';
import { type Job, runJobs } from './job.ts';
import type { Place, PoolRequest } from './pool.ts';
import { openSeat, type Seat } from './seat.ts';
import { anyTime, oneByOne } from './start-turns.ts';
import { createWatch } from './watch.ts';
import { startWorkerThread, TaskError, type WorkerThread } from './worker-thread.ts';

/**
 * Tasks are taken, not dealt: a worker that is free takes the next one, so a slow worker loses to the others what it
 * has not begun, and a dead one all that it had.
 * @param startThread another one in tests
 */
export function inWorkerThreads(
  { setup, workers, startsAlone, patience, onEvent }: PoolRequest,
  startThread: (setup: WorkerSetup) => WorkerThread = startWorkerThread,
): Place {
  const { maxRestarts, stepTimeout } = patience;
  const queue: Job[] = [];
  const deadlines = createDeadlines(stepTimeout * 1000, workers);
  /** What starts threw, by its message, as long as none has succeeded. */
  const startsThrown = new Set<string>();
  let hasStarted = false;
  let broken: Error | undefined;

  const feed = (seat: Seat) => {
    while (seat.isFree() && !turns.isStarting()) {
      const job = takeFor(seat);
      if (job === undefined) return;
      if (job.isUnwanted()) job.resolve(undefined);
      else seat.give(job);
    }
  };
  const feedAll = () => {
    for (const seat of seats) feed(seat);
  };
  const takeFor = (seat: Seat): Job | undefined => {
    const index = queue.findIndex((job) => job.notBy !== seat.worker || isLast(seat));
    return index < 0 ? undefined : queue.splice(index, 1)[0];
  };
  const isLast = (seat: Seat) => seats.every((other) => other === seat || other.isGivenUp());
  const breakDown = (error: Error) => {
    broken ??= error;
    for (const job of queue.splice(0)) job.reject(error);
  };

  const seats: Seat[] = [];
  const turns = startsAlone ? oneByOne(() => seats.some((seat) => seat.isBusy())) : anyTime;
  const watch = createWatch(() => {
    for (const seat of seats) seat.check();
  });
  for (let worker = 0; worker < workers; worker++)
    seats.push(
      openSeat({
        worker,
        maxRestarts,
        deadlines,
        startThread: () => startThread({ ...setup, worker }),
        // A run that has ended needs no further thread.
        onMayStart: (start) => turns.ask(worker, () => (broken === undefined ? start() : turns.done(worker))),
        now: watch.now,
        onFree(seat) {
          hasStarted = true;
          turns.done(worker);
          if (startsAlone) feedAll();
          else feed(seat);
        },
        onLost(job, reason) {
          turns.done(worker);
          if (job === undefined) {
            if (!hasStarted && throwsAgain(startsThrown, reason))
              breakDown(engineFailure(setup.engine, 'start', reason.cause));
            return feedAll();
          }
          job.tries++;
          if (broken !== undefined) job.reject(broken);
          else if (throwsAgain(job.thrown, reason))
            job.reject(engineFailure(setup.engine, job.task.kind, reason.cause));
          else if (job.tries > maxRestarts) job.reject(taskFailed(job, reason));
          else queue.unshift(job);
          feedAll();
        },
        onGivenUp(reason) {
          if (seats.every((seat) => seat.isGivenUp())) breakDown(noneLeft(maxRestarts, reason));
          // One that was kept for others is free for anyone who is left.
          feedAll();
        },
        onStuck(job, reason) {
          turns.done(worker);
          const error = stuck(worker, reason);
          job?.reject(error);
          breakDown(error);
        },
        onEvent,
      }),
    );
  if (workers === 0) breakDown(new Error('No worker was started'));
  return {
    run: (tasks, options) =>
      runJobs(tasks, {
        ...options,
        enqueue(jobs) {
          queue.push(...jobs);
          if (broken !== undefined) breakDown(broken);
          feedAll();
        },
      }),
    async close() {
      watch.close();
      breakDown(new Error('The pool was closed'));
      await Promise.all(seats.map((seat) => seat.close()));
    },
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

const noneLeft = (maxRestarts: number, reason: Error) =>
  inputError(
    `Expected a worker that works, got none: each was started again ${maxRestarts} times in a row (\`maxRestarts\`) and failed, the last one with: ${reason.message}`,
    reason,
  );

const stuck = (worker: number, reason: Error) =>
  inputError(
    `Expected the thread of worker ${worker} to end when told so (${reason.message}), got none that does: it is in native code; end this process and resume`,
    reason,
  );
