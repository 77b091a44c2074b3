import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { expectRefusal, modelModule, sandbox, smallModel, writeImages } from '../../testing/cli/sandbox.ts';
import { ended } from '../../testing/programs.ts';

const box = sandbox();
const typed = ['verify', '--data', 'data', '--model', 'small.mjs', '--batch-size', '8', '--steps', '6'];

beforeAll(() => {
  writeImages(box, 'data');
  box.write('small.mjs', modelModule(smallModel));
});

test('verify trains with each number of workers and with one that ends, to the same bits.', async () => {
  const { stdout, stderr, exitCode } = await box.run(...typed, '--workers', '1,2,3');
  expect([exitCode, stderr]).toEqual([0, '']);
  const [title, , ...rows] = stdout.trimEnd().split('\n');
  expect(title).toBe('6 steps of small.mjs on data, seed 1');
  expect(rows.pop()).toBe('the same bits');
  const cells = rows.map((row) => row.split(/ {2,}/));
  expect(cells.map(([workers, killed]) => [workers, killed])).toEqual([
    ['1', '-'],
    ['2', '-'],
    ['3', '-'],
    ['3', 'ended in a step, and replaced'],
  ]);
  expect(new Set(cells.map(([, , hash]) => hash)).size).toBe(1);
  expect(cells[0][2]).toMatch(/^[\da-f]{64}$/);
  const other = await box.run(...typed, '--workers', '1,2', '--seed', '2', '--json');
  const { same, trainings } = JSON.parse(other.stdout);
  expect(same).toBe(true);
  expect(trainings).toHaveLength(3);
  expect(trainings[0].parametersSha256).not.toBe(cells[0][2]);
}, 240_000);

test('verify says where one of them has other bits, and fails.', async () => {
  const importing = join(import.meta.dirname, '../../testing/cli/unlike-bits.ts');
  const { stdout, exitCode } = await ended(box.start([...typed, '--workers', '1,3,2'], { importing }));
  expect(exitCode).toBe(1);
  const rows = stdout.trimEnd().split('\n').slice(2);
  expect(rows.pop()).toBe('NOT the same bits');
  const [one, three, two, killed] = rows.map((row) => row.split(/ {2,}/)[2]);
  expect(three).toBe(one);
  expect(killed).toBe(one);
  expect(two).toMatch(/^[\da-f]{64}$/);
  expect(two).not.toBe(one);
  const json = await ended(box.start([...typed, '--workers', '1,2', '--json'], { importing }));
  expect([json.exitCode, JSON.parse(json.stdout).same]).toEqual([1, false]);
}, 240_000);

test.each([
  [['--workers', '2'], /`--workers` to be a list of at least 2 numbers, got 2/],
  [['--workers', '1,x'], /`--workers` to be an integer/],
])('verify with %j is refused.', async (more, message) => {
  expectRefusal(await box.run(...typed, ...more), 2, message);
});
