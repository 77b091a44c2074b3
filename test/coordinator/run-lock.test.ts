import { spawn } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { lockRun } from '../../src/coordinator/run-lock.ts';
import { temporaryDirectory } from './runs.ts';

const tokens = (own: string, ...others: string[]) => ({ own, others });

/** A lock as another process would have left it. */
const leave = (run: string, owner: object, number = 1) =>
  writeFile(
    join(run, `lock-${number}.json`),
    JSON.stringify({ host: hostname(), started: '', token: 'left', ...owner }),
  );

/** A process id that nobody has any more. */
async function deadPid(): Promise<number> {
  const child = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
  await new Promise((resolve) => child.once('close', resolve));
  return child.pid as number;
}

describe('A run directory', () => {
  test('has one training at a time, and then none', async () => {
    const run = await temporaryDirectory();
    const lock = await lockRun(run, tokens('a', 'b'));
    await expect(lockRun(run, tokens('b', 'a'))).rejects.toThrow(
      new RegExp(`^Expected .+ by no other training, got one by process ${process.pid}, which is running`),
    );
    expect(await readdir(run)).toEqual(['lock-1.json']);
    await lock.release();
    expect(await readdir(run)).toEqual([]);
    await (await lockRun(run, tokens('b', 'a'))).release();
  });

  test('is taken over from a process that has ended', async () => {
    const run = await temporaryDirectory();
    await leave(run, { pid: await deadPid() });
    const lock = await lockRun(run, tokens('a'));
    expect(await readdir(run)).toEqual(['lock-2.json']);
    await lock.release();
  });

  test('is taken over when the process id now belongs to another process', async () => {
    const run = await temporaryDirectory();
    await leave(run, { pid: process.pid, started: '1 of another boot' });
    await (await lockRun(run, tokens('a'))).release();
    expect(await readdir(run)).toEqual([]);
  });

  test('is taken over from a thread of this process that died', async () => {
    const run = await temporaryDirectory();
    await lockRun(run, tokens('died'));
    await (await lockRun(run, tokens('a'))).release();
    expect(await readdir(run)).toEqual([]);
  });

  test('stays with a process that runs, and with one of another machine', async () => {
    const run = await temporaryDirectory();
    const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)'], { stdio: 'ignore' });
    const stat = await readFile(`/proc/${child.pid}/stat`, 'utf8');
    const boot = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
    await leave(run, {
      pid: child.pid,
      started: `${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]} ${boot}`,
    });
    await expect(lockRun(run, tokens('a'))).rejects.toThrow(
      `got one by process ${child.pid}, which is running`,
    );
    child.kill();
    await leave(run, { pid: 1, host: 'elsewhere' });
    await expect(lockRun(run, tokens('a'))).rejects.toThrow(
      /on elsewhere; if that one has ended, remove .+lock-1/,
    );
  });

  test('that was left by a dead process goes to one of many who want it at the same time', async () => {
    const run = await temporaryDirectory();
    await leave(run, { pid: await deadPid() });
    const names = Array.from({ length: 8 }, (_, index) => `${index}`);
    const all = await Promise.allSettled(names.map((own) => lockRun(run, tokens(own, ...names))));
    expect(all.filter(({ status }) => status === 'fulfilled').length).toBeLessThanOrEqual(1);
    for (const one of all)
      if (one.status === 'rejected') expect(one.reason.message).toMatch(/no other training/);
  });

  test('whose lock is torn is free', async () => {
    const run = await temporaryDirectory();
    await writeFile(join(run, 'lock-1.json'), '{"pid":');
    await (await lockRun(run, tokens('a'))).release();
    expect(await readdir(run)).toEqual([]);
  });
});
