import { inputError } from '../errors.ts';
import type { WorkerSetup } from '../protocol/tasks.ts';
import { createDeadlines } from './deadlines.ts';
import { runJobs } from './job.ts';
import type { Place, PoolRequest } from './place.ts';
import { createQueue } from './queue.ts';
import { openSeat, type Seat, type SeatContext } from './seat.ts';
import { anyTime, oneByOne } from './start-turns.ts';
import { createWatch } from './watch.ts';
import { startWorkerThread, type WorkerThread } from './worker-thread.ts';

/**
 * Tasks are taken, not dealt: a worker that is free takes the next one, so a slow worker loses to the others what it
 * has not begun, and a dead one all that it had.
 * @param startThread another one in tests
 */
export function inWorkerThreads(
  { setup, workers, startsAlone, patience, onEvent, booted }: PoolRequest,
  startThread: (setup: WorkerSetup) => WorkerThread = firstOf(booted),
): Place {
  const { maxRestarts, stepTimeout } = patience;
  const queue = createQueue(setup.engine, maxRestarts);
  const deadlines = createDeadlines(stepTimeout * 1000, workers);

  const feed = (seat: Seat) => {
    while (seat.isFree() && !turns.isStarting()) {
      const job = queue.take(seat.worker, () => isLast(seat));
      if (job === undefined) return;
      if (job.isUnwanted()) job.resolve(undefined);
      else seat.give(job);
    }
  };
  const feedAll = () => {
    for (const seat of seats) feed(seat);
  };
  const isLast = (seat: Seat) => seats.every((other) => other === seat || other.isGivenUp());

  const seats: Seat[] = [];
  const turns = startsAlone ? oneByOne(() => seats.some((seat) => seat.isBusy())) : anyTime;
  const watch = createWatch(() => {
    for (const seat of seats) seat.check();
  });
  for (let worker = 0; worker < workers; worker++) seats.push(openSeat(contextOf(worker)));
  if (workers === 0) queue.breakDown(new Error('No worker was started'));
  return {
    run: (tasks, options) =>
      runJobs(tasks, {
        ...options,
        enqueue(jobs) {
          queue.add(jobs);
          feedAll();
        },
      }),
    async close() {
      watch.close();
      queue.breakDown(new Error('The pool was closed'));
      await Promise.all(seats.map((seat) => seat.close()));
    },
  };

  function contextOf(worker: number): SeatContext {
    return {
      worker,
      maxRestarts,
      deadlines,
      startThread: () => startThread({ ...setup, worker }),
      // A run that has ended needs no further thread.
      onMayStart: (start) => turns.ask(worker, () => (queue.isBroken() ? turns.done(worker) : start())),
      now: watch.now,
      onFree(seat) {
        queue.workerStarted();
        turns.done(worker);
        if (startsAlone) feedAll();
        else feed(seat);
      },
      onLost(job, reason) {
        turns.done(worker);
        queue.workerLost(job, reason);
        feedAll();
      },
      onGivenUp(reason) {
        if (seats.every((seat) => seat.isGivenUp())) queue.breakDown(noneLeft(maxRestarts, reason));
        // One that was kept for others is free for anyone who is left.
        feedAll();
      },
      onStuck(job, reason) {
        turns.done(worker);
        const error = stuck(worker, reason);
        job?.reject(error);
        queue.breakDown(error);
      },
      onEvent,
    };
  }
}

/** The threads that are there first, then new ones. */
const firstOf =
  (booted: PoolRequest['booted'] = []): typeof startWorkerThread =>
  (setup) =>
    booted.shift()?.begin(setup) ?? startWorkerThread(setup);

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
