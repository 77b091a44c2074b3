import { expect, test } from 'vitest';
import { createDeadlines } from '../../src/pool/deadlines.ts';

test('the deadline of a kind of task is the longest one allowed until one was done.', () => {
  const deadlines = createDeadlines(60_000, 2, 2);
  deadlines.record('update', 500);
  expect(deadlines.of('gradient')).toBe(60_000);
});

test('the deadline is 20 times the median of the last 31 tasks of its kind.', () => {
  const deadlines = createDeadlines(600_000, 2, 2);
  for (let task = 0; task < 31; task++) deadlines.record('gradient', 5000);
  deadlines.record('update', 1);
  expect(deadlines.of('gradient')).toBe(100_000);
  for (let task = 0; task < 16; task++) deadlines.record('gradient', 300 + task);
  expect(deadlines.of('gradient')).toBe(315 * 20);
});

test('the deadline is at least 2 seconds, and longer where many workers share a core.', () => {
  const ofOne = (workers: number, cores: number) => {
    const deadlines = createDeadlines(600_000, workers, cores);
    deadlines.record('gradient', 10);
    return deadlines.of('gradient');
  };
  expect([ofOne(2, 2), ofOne(8, 2), ofOne(32, 2)]).toEqual([2000, 2000, 8000]);
});

test('the deadline is never longer than what was allowed.', () => {
  const deadlines = createDeadlines(1000, 2, 2);
  deadlines.record('gradient', 10);
  expect(deadlines.of('gradient')).toBe(1000);
});
