/** The pool's own decisions, with threads that do what the test says. Real threads and faults: test/chaos. */
import { setTimeout } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { GradpoolError } from '../../src/errors.ts';
import type { WorkerEvent } from '../../src/pool/place.ts';
import { inWorkerThreads } from '../../src/pool/supervised.ts';
import { TaskError, type WorkerThread } from '../../src/pool/worker-thread.ts';
import type { Reply, Task, WorkerSetup } from '../../src/protocol/tasks.ts';

describe('a worker that dies', () => {
  test('has its task done by another one, and the replies stay in the order of the tasks', async () => {
    const { pool, threads } = poolOf(2, { start: (_, index) => (index < 2 ? 'ready' : 'never') });
    const replies = run(pool, tasks(3));
    await settled();
    threads[0].die('by a test');
    await settled();
    threads[1].answer(1);
    await settled();
    expect(threads[1].task).toEqual(tasks(3)[0]);
    threads[1].answer(0);
    await settled();
    threads[1].answer(2);
    expect((await replies)?.map(({ sums }) => sums[0].loss)).toEqual([0, 1, 2]);
  });

  test('keeps its task until its thread has ended: it could still write', async () => {
    const { pool, threads, events } = poolOf(2);
    const replies = run(pool, tasks(1));
    await settled();
    threads[0].throws('by a test');
    await settled();
    expect(events).toEqual([{ kind: 'worker', worker: 0, state: 'lost', reason: 'by a test' }]);
    expect([threads[0].toldToEnd, threads[1].task, threads.length]).toEqual([true, undefined, 2]);
    threads[0].answer(7);
    await settled();
    expect(threads[1].task, 'a reply that comes too late counts for nothing').toBeUndefined();
    threads[0].exit();
    await settled();
    expect(threads[1].task).toEqual(tasks(1)[0]);
    threads[1].answer(0);
    expect(await replies).toMatchObject([{ worker: 1, sums: [{ loss: 0 }] }]);
  });

  test('is started again, with the same number, also when it dies without a task', async () => {
    const { pool, threads, events } = poolOf(2);
    await settled();
    threads[1].die('idle');
    await settled();
    expect(threads.map(({ setup }) => setup.worker)).toEqual([0, 1, 1]);
    expect(events.map(({ worker, state }) => [worker, state])).toEqual([
      [1, 'lost'],
      [1, 'back'],
    ]);
    const replies = run(pool, tasks(2));
    await settled();
    threads[0].answer(0);
    threads[2].answer(1);
    expect(await replies).toMatchObject([{ worker: 0 }, { worker: 1 }]);
  });

  test('while starting is tried again, then left out, and the others do all the work', async () => {
    const { pool, threads, events } = poolOf(2, {
      maxRestarts: 2,
      start: ({ worker }) => (worker === 0 ? 'ready' : 'fails'),
    });
    await setTimeout(250);
    expect(events.map(({ worker, state }) => [worker, state])).toEqual([
      [1, 'lost'],
      [1, 'lost'],
      [1, 'lost'],
      [1, 'given up'],
    ]);
    const replies = run(pool, tasks(2), { notBy: [0, 0] });
    await settled();
    threads[0].answer(0);
    await settled();
    threads[0].answer(1);
    expect(await replies).toMatchObject([{ worker: 0 }, { worker: 0 }]);
  });

  test('again and again, like all others, ends the run with an error', async () => {
    const { pool } = poolOf(2, { maxRestarts: 1, start: () => 'fails' });
    await expect(run(pool, tasks(2))).rejects.toThrow(/got none: each was started again 1 times.*no start/);
    await expect(run(pool, tasks(1))).rejects.toThrow(/got none/);
  });
});

test('a task that fails with every worker ends the run, only when the other tasks under way are done.', async () => {
  const { pool, threads } = poolOf(2, { maxRestarts: 1 });
  const replies = run(pool, tasks(3));
  let ended = false;
  replies
    .catch(() => {})
    .finally(() => {
      ended = true;
    });
  await settled();
  threads[0].die('poison');
  await settled();
  threads[2].die('poison');
  await settled();
  expect(ended).toBe(false);
  threads[1].answer(1);
  await expect(replies).rejects.toThrow(/a task \(evaluate\), got 2 failures: poison/);
  expect(threads[1].task, 'the third was not begun').toEqual(tasks(3)[1]);
});

test("a task that throws the same in a second thread ends the run with that error, as the engine's.", async () => {
  const { pool, threads } = poolOf(2);
  const replies = run(pool, tasks(1));
  await settled();
  threads[0].throwsItself('no gradient for it');
  threads[0].exit();
  await settled();
  threads.find(({ task }, index) => index > 0 && task !== undefined)?.throwsItself('no gradient for it');
  for (const { exit } of threads.slice(1)) exit();
  await expect(replies).rejects.toMatchObject({
    message: expect.stringMatching(
      /^The engine wasm fails with this model \(evaluate\): no gradient for it; /,
    ),
    cause: { message: 'no gradient for it' },
  });
});

describe('a start that throws the same in a second thread', () => {
  test("ends the run at once with that error, as the engine's, and starts no further thread", async () => {
    const { pool, threads } = poolOf(3, { start: () => 'throws' });
    const began = performance.now();
    const expected = {
      message: expect.stringMatching(/^The engine wasm fails with this model \(start\): no such kernel; /),
      cause: { message: 'no such kernel' },
    };
    await expect(run(pool, tasks(2))).rejects.toMatchObject(expected);
    expect(performance.now() - began, 'no pause between two tries was waited for').toBeLessThan(100);
    await settled();
    const started = threads.length;
    await setTimeout(250);
    expect(threads.length).toBe(started);
    await expect(run(pool, tasks(1)), 'nor does anything later').rejects.toMatchObject(expected);
  });

  test("counts as the worker's once another one has started: that one does the work", async () => {
    const { pool, threads } = poolOf(3, {
      maxRestarts: 1,
      start: ({ worker }) => (worker === 0 ? 'ready' : 'throws'),
    });
    await setTimeout(50);
    const replies = run(pool, tasks(1));
    await settled();
    threads[0].answer(0);
    expect(await replies).toMatchObject([{ worker: 0 }]);
  });
});

test('a worker that does not answer within the deadline is ended, and its task done by another one.', async () => {
  const { pool, threads, events } = poolOf(2, { stepTimeout: 0.2 });
  const replies = run(pool, tasks(1));
  await setTimeout(500);
  expect(threads[0].toldToEnd).toBe(true);
  expect(events[0].reason).toMatch(/nothing came back for 0\.2 s/);
  // Too late: its task is another one's from now on.
  threads[0].answer(7);
  await settled();
  threads[0].exit();
  await settled();
  threads[1].answer(0);
  expect(await replies).toMatchObject([{ worker: 1, sums: [{ loss: 0 }] }]);
});

test('a task goes to another worker than the one it shall not be done by, whoever is free.', async () => {
  const { pool, threads } = poolOf(2);
  const replies = run(pool, tasks(2), { notBy: [0, 0] });
  await settled();
  expect([threads[0].task, threads[1].task]).toEqual([undefined, tasks(2)[0]]);
  threads[1].answer(0);
  await settled();
  threads[1].answer(1);
  expect(await replies).toMatchObject([{ worker: 1 }, { worker: 1 }]);
});

test('once stopped, no further task is begun, and those under way are waited for.', async () => {
  const { pool, threads } = poolOf(2);
  let stopped = false;
  const replies = run(pool, tasks(4), { stopped: () => stopped });
  await settled();
  stopped = true;
  threads[0].answer(0);
  await settled();
  expect(threads[0].task).toEqual(tasks(4)[0]);
  threads[1].answer(1);
  expect(await replies).toBeUndefined();
});

interface ScriptedThread {
  readonly setup: WorkerSetup;
  /** The last one given. */
  task: Task | undefined;
  toldToEnd: boolean;
  answer(loss: number): void;
  throws(message: string): void;
  /** As what the task itself throws, not its thread. */
  throwsItself(message: string): void;
  exit(): void;
  /** Throws and exits. */
  die(message: string): void;
}

/** 'throws' as an engine does. */
type Start = 'ready' | 'fails' | 'throws' | 'never';

interface PoolOptions {
  readonly maxRestarts?: number;
  readonly stepTimeout?: number;
  readonly startsAlone?: boolean;
  /** @param index of the thread, from 0 */
  readonly start?: (setup: WorkerSetup, index: number) => Start;
}

function poolOf(
  workers: number,
  { maxRestarts = 10, stepTimeout = 60, startsAlone = false, start = () => 'ready' }: PoolOptions = {},
) {
  const threads: ScriptedThread[] = [];
  const events: WorkerEvent[] = [];
  const pool = inWorkerThreads(
    {
      setup: { engine: 'wasm' } as WorkerSetup,
      workers,
      startsAlone,
      patience: { maxRestarts, stepTimeout },
      onEvent: (event) => events.push(event),
    },
    (setup) => {
      const { scripted, thread } = scriptedThread(setup, start(setup, threads.length));
      threads.push(scripted);
      return thread;
    },
  );
  onTestFinished(async () => {
    const closed = pool.close();
    for (const { exit } of threads) exit();
    await closed;
  });
  return { pool, threads, events };
}

type ScriptedPool = ReturnType<typeof poolOf>['pool'];

const run = (
  pool: ScriptedPool,
  list: readonly Task[],
  options: { notBy?: number[]; stopped?: () => boolean } = {},
) => pool.run(list, { stopped: () => false, ...options });

function scriptedThread(setup: WorkerSetup, start: Start) {
  const end = Promise.withResolvers<Error>();
  let reply = Promise.withResolvers<Reply>();
  const scripted: ScriptedThread = {
    setup,
    task: undefined,
    toldToEnd: false,
    answer: (loss) => reply.resolve({ sums: [{ loss, correct: 0, metrics: [] }], finite: true }),
    throws: (message) => reply.reject(new Error(message)),
    throwsItself: (message) => reply.reject(new TaskError(new GradpoolError(message, { kind: 'internal' }))),
    exit: () => end.resolve(new Error('it ended with code 1')),
    die(message) {
      if (scripted.task !== undefined) reply.reject(new Error(message));
      end.resolve(new Error(message));
    },
  };
  const thread: WorkerThread = {
    ready: readiness[start](),
    ended: end.promise,
    run(task) {
      scripted.task = task;
      reply = Promise.withResolvers();
      return reply.promise;
    },
    async end() {
      scripted.toldToEnd = true;
      if (start === 'fails' || start === 'throws') scripted.exit();
      await end.promise;
      return true;
    },
  };
  return { scripted, thread };
}

const readiness: Record<Start, () => Promise<unknown>> = {
  ready: () => Promise.resolve(),
  fails: () => Promise.reject(new Error('no start')),
  throws: () => Promise.reject(new TaskError(new GradpoolError('no such kernel', { kind: 'internal' }))),
  never: () => new Promise(() => {}),
};

const tasks = (count: number): Task[] =>
  Array.from({ length: count }, (_, first) => ({ kind: 'evaluate', first, count: 1, current: 0 }));

/** Longer than everything that follows from what just happened, shorter than any pause or deadline. */
const settled = () => setTimeout(20);
