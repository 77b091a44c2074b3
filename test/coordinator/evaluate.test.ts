/** How an evaluation is cut into tasks. */
import { expect, test } from 'vitest';
import { evaluateTasks } from '../../src/coordinator/evaluate.ts';
import { alone } from '../../src/exchange/exchange.ts';

const rows = { start: 0, count: 1750 };

/** The tasks of a session with room for 125 examples. */
function tasksOf(workers: number, ranks: number) {
  const exchange = { ...alone(new AbortController().signal), ranks };
  return evaluateTasks({ current: 0, isAverage: false, maxExamples: 125, workers, exchange }, rows);
}

test('Ranks with other numbers of workers make the same tasks, as they share them.', () => {
  expect(tasksOf(2, 3)).toEqual(tasksOf(4, 3));
});

test('Tasks of several parts have every example once.', () => {
  const tasks = tasksOf(2, 1);
  expect(tasks.map(({ first }) => first)).toEqual(Array.from({ length: 18 }, (_, task) => 100 * task));
  expect(tasks.flatMap(({ counts }) => counts)).toEqual(Array.from({ length: 35 }, () => 50));
});
