import { writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { lockRun } from '../../../src/run/lock/run-lock.ts';
import { trainingNow } from '../../../src/run/read/training-now.ts';
import { temporaryDirectory } from '../../../testing/coordinator/runs.ts';

const since = '2026-11-27T10:00:00.000Z';

test('A training is at a run while it has the lock', async () => {
  const run = await temporaryDirectory();
  expect(await trainingNow(run)).toBeUndefined();
  const lock = await lockRun(run);
  expect(await trainingNow(run)).toMatchObject({ pid: process.pid, host: hostname() });
  lock.release();
  expect(await trainingNow(run)).toBeUndefined();
});

test.for([
  ['one that has ended', { pid: 2 ** 22 + 1, host: hostname(), since }, undefined],
  ['one of another host', { pid: 1, host: 'elsewhere', since }, { pid: 1, host: 'elsewhere', since }],
  ['nobody', 'torn', undefined],
])('The lock that a killed training left names %s', async ([, holder, found]) => {
  const run = await temporaryDirectory();
  await writeFile(join(run, 'gradpool.lock'), JSON.stringify(holder));
  expect(await trainingNow(run)).toEqual(found);
});
