import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { describe, expect, onTestFinished, test } from 'vitest';
import { lockPath, lockRun } from '../../../src/run/lock/run-lock.ts';
import { temporaryDirectory } from '../../../testing/coordinator/runs.ts';

const locker = join(import.meta.dirname, '..', '..', 'fixtures', 'run-locker.ts');
const contenderFile = join(import.meta.dirname, '..', '..', 'fixtures', 'run-contender.ts');
const inNamespace = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc'];
const namespaceError = spawnSync(inNamespace[0], [...inNamespace.slice(1), 'true'], { encoding: 'utf8' });

/** What locks, beside this thread. */
interface Locker {
  /** "locked", or why not. */
  readonly said: string;
  kill(): Promise<unknown>;
}

type Where = 'another process' | 'another PID namespace' | 'another thread of this process';

async function startLocker(where: Where, run: string): Promise<Locker> {
  if (where === 'another thread of this process') {
    const thread = new Worker(locker, { workerData: run });
    const [said] = await once(thread, 'message');
    return { said, kill: () => thread.terminate() };
  }
  const [program, ...args] = [
    ...(where === 'another process' ? [] : inNamespace),
    ...[process.execPath, locker, run],
  ];
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [said] = await Promise.race([once(child.stdout, 'data'), once(child, 'close')]);
  return {
    said: `${said}`.trim(),
    async kill() {
      child.kill('SIGKILL');
      await once(child, 'close');
    },
  };
}

const refused = (run: string) =>
  new RegExp(
    `^Expected ${run} to be used by no other training, got one that is running \\(process \\d+ on \\S+, since \\S+Z\\); wait for it or choose another \`(run|--run)\`$`,
  );

describe.for<Where>(['another thread of this process', 'another process', 'another PID namespace'])(
  'A run directory and %s',
  (where) => {
    const isPossible = where !== 'another PID namespace' || namespaceError.status === 0;
    const why = `no PID namespace can be made here: ${namespaceError.error?.message ?? namespaceError.stderr}`;

    test('that has it keep this one out, until it is killed', async ({ skip }) => {
      if (!isPossible) skip(why);
      const run = await temporaryDirectory();
      const holder = await startLocker(where, run);
      expect(holder.said).toBe('locked');
      await expect(lockRun(run)).rejects.toThrow(refused(run));
      await holder.kill();
      (await lockRun(run)).release();
      expect(await readdir(run)).toEqual([]);
    });

    test('that comes later are kept out, also after this process has copied or read the directory', async ({
      skip,
    }) => {
      if (!isPossible) skip(why);
      const run = await temporaryDirectory();
      const lock = await lockRun(run);
      await cp(run, join(await temporaryDirectory(), 'copy'), { recursive: true });
      const late = await startLocker(where, run);
      expect(late.said).toMatch(refused(run));
      await late.kill();
      await expect(lockRun(run)).rejects.toThrow(refused(run));
      lock.release();
    });
  },
);

describe('A run directory', () => {
  test('has one training at a time, and then none', async () => {
    const run = await temporaryDirectory();
    const lock = await lockRun(run);
    await expect(lockRun(run)).rejects.toThrow(refused(run));
    expect(await readdir(run)).toEqual(['gradpool.lock']);
    lock.release();
    expect(await readdir(run)).toEqual([]);
  });

  test('goes to exactly one of many who want it at the same time, over and over', async () => {
    const run = await temporaryDirectory();
    for (let round = 0; round < 50; round++) {
      // What is left of one that was killed, every other time.
      if (round % 2 === 0) await writeFile(lockPath(run), '{"pid":1');
      const all = await Promise.allSettled(Array.from({ length: 8 }, () => lockRun(run)));
      const taken = all.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
      expect(taken.length).toBe(1);
      taken[0].release();
    }
    expect(await readdir(run)).toEqual([]);
  });

  test('never has two trainings, though threads come and go all the time', async () => {
    const run = join(await temporaryDirectory(), 'run');
    await mkdir(run);
    const contender = () => new Worker(contenderFile, { workerData: { run, times: 400 } });
    const met = await Promise.all(Array.from({ length: 3 }, () => once(contender(), 'message')));
    expect(met).toEqual([[0], [0], [0]]);
    expect(await readdir(run)).toEqual([]);
  });

  test('that was moved away keeps its lock, and does not take that of its successor', async () => {
    const run = join(await temporaryDirectory(), 'run');
    const moved = `${run}-moved`;
    await mkdir(run);
    const first = await lockRun(run);
    await rename(run, moved);
    await mkdir(run);
    const second = await lockRun(run);
    await expect(lockRun(moved)).rejects.toThrow(/no other training/);
    first.release();
    await expect(lockRun(run)).rejects.toThrow(/no other training/);
    second.release();
    expect(await readdir(run)).toEqual([]);
  });

  test.for<[string, (path: string) => Promise<unknown>, string]>([
    ['pipe', async (path) => execFileSync('mkfifo', [path]), 'a pipe'],
    ['directory', (path) => mkdir(path), 'a directory'],
    ['link', (path) => symlink('elsewhere', path), 'a link'],
    ['device', async (path) => execFileSync('ln', ['-s', '/dev/full', path]), 'a link'],
  ])('with a %s in the place of the lock is refused, and that stays', async ([, make, kind]) => {
    const run = await temporaryDirectory();
    await make(lockPath(run));
    await expect(lockRun(run)).rejects.toThrow(`Expected ${lockPath(run)} to be a file, got ${kind}`);
    expect(await readdir(run)).toEqual(['gradpool.lock']);
  });

  test('that is gone is refused in one line', async () => {
    const run = join(await temporaryDirectory(), 'gone');
    await expect(lockRun(run)).rejects.toThrow(
      /^Could not lock the run directory .+: ENOENT: .+; choose another `run`$/,
    );
  });
});

describe("An older version's lock", () => {
  const leave = (run: string, owner: object) =>
    writeFile(join(run, 'lock-1.json'), JSON.stringify({ host: hostname(), ...owner }));

  test.for<[string, object]>([
    ['of a process that runs', { pid: process.ppid }],
    ['of another host', { pid: 2 ** 30, host: 'elsewhere' }],
  ])('%s is respected', async ([, owner]) => {
    const run = await temporaryDirectory();
    await leave(run, owner);
    await expect(lockRun(run)).rejects.toThrow(
      /^Expected .+ by no other training, got .+lock-1\.json of an older gradpool's process \d+; .+ remove the file$/,
    );
    expect(await readdir(run)).toEqual(['lock-1.json']);
    await rm(join(run, 'lock-1.json'));
    (await lockRun(run)).release();
  });

  test.for<[string, object]>([
    ['of a process that has ended', { pid: 2 ** 30 }],
    ["of this process's id, from before a restart", { pid: process.pid }],
    ['that is torn', { pid: 'x' }],
  ])('%s is removed', async ([, owner]) => {
    const run = await temporaryDirectory();
    await leave(run, owner);
    (await lockRun(run)).release();
    expect(await readdir(run)).toEqual([]);
  });
});
