/** How a step is cut into gradient tasks: whole shards, as few tasks as cores where examples and memory allow it. */
import { expect, test } from 'vitest';
import { countGradientTasks, examplesOfATask } from '../../../src/coordinator/planning/gradient-tasks.ts';

const arena = (bytes: number) => () => Promise.resolve(bytes);
const small = arena(2 ** 20);

test.each([
  { what: 'half of a batch of 128', batchSize: 128, shards: 8, atOnce: 2, least: 50, examples: 64, tasks: 2 },
  { what: 'two of 256', batchSize: 256, shards: 8, atOnce: 2, least: 50, examples: 64, tasks: 4 },
  { what: 'all of 64', batchSize: 64, shards: 8, atOnce: 1, least: 50, examples: 64, tasks: 1 },
  { what: 'half of 127, uneven', batchSize: 127, shards: 8, atOnce: 2, least: 50, examples: 64, tasks: 2 },
  {
    what: 'no more where tasks stay as many',
    batchSize: 100,
    shards: 8,
    atOnce: 2,
    least: 50,
    examples: 50,
    tasks: 2,
  },
  { what: 'a large shard', batchSize: 1000, shards: 8, atOnce: 2, least: 125, examples: 125, tasks: 8 },
])('$what', async ({ batchSize, shards, atOnce, least, examples, tasks }) => {
  const cut = { batchSize, shards };
  expect(await examplesOfATask(cut, { atOnce, least }, small)).toBe(examples);
  expect(countGradientTasks(cut, atOnce, examples)).toBe(tasks);
});

test('examples that take much memory are as few as before', async () => {
  const cut = { batchSize: 128, shards: 8 };
  const of = { atOnce: 2, least: 50 };
  expect(await examplesOfATask(cut, of, arena(12 * 2 ** 20))).toBe(64);
  expect(await examplesOfATask(cut, of, arena(13 * 2 ** 20))).toBe(50);
});
