import { expect, test } from 'vitest';
import { rangeConfig } from '../../../src/cli/measure/lr-find-command.ts';
import { leastSteps, recordRange, steepest } from '../../../src/cli/measure/range-test.ts';
import { scheduleRate } from '../../../src/optimizer/schedules/schedules.ts';

/** Rates of powers of ten behind one another. */
function recorded(losses: readonly number[]) {
  const recorder = recordRange();
  const over = losses.map((loss, index) => recorder.add(index + 1, 10 ** index, loss));
  return { ...recorder.taken(), over };
}

test('losses are smoothed as an exponential mean without its bias.', () => {
  const { points } = recorded([2, 1, 4]);
  const weights = [0.02 * 0.98 ** 2, 0.02 * 0.98, 0.02];
  const mean = (2 * weights[0] + weights[1] + 4 * weights[2]) / (weights[0] + weights[1] + weights[2]);
  expect(points.map(({ step, learningRate, loss }) => [step, learningRate, loss])).toEqual([
    [1, 1, 2],
    [2, 10, 1],
    [3, 100, 4],
  ]);
  expect(points[0].smoothed).toBe(2);
  expect(points[2].smoothed).toBeCloseTo(mean, 12);
});

test.each([
  // The mean of 1, 1 and 11 is above 4; what comes behind counts no more.
  { losses: [1, 1, 11, 0], divergedAt: 3, left: 3 },
  { losses: [1, 1, 8, 8], divergedAt: 4, left: 4 },
  { losses: [1, 1, 8, 1], divergedAt: undefined, left: 4 },
  { losses: [1, Number.NaN, 1], divergedAt: 2, left: 1 },
])('of the losses $losses the test ends at $divergedAt.', ({ losses, divergedAt, left }) => {
  const test = recorded(losses);
  expect(test.divergedAt).toBe(divergedAt);
  expect(test.points).toHaveLength(left);
  expect(test.over).toEqual(losses.map((_, index) => divergedAt !== undefined && index + 1 >= divergedAt));
});

const falling = (slopes: readonly number[]) =>
  slopes.map((_, index) => ({
    ...{ step: index + 1, learningRate: 10 ** index, loss: 0 },
    smoothed: 100 + slopes.slice(0, index + 1).reduce((sum, slope) => sum + slope, 0),
  }));

test('the suggestion is where the smoothed loss falls most, the first ten steps and the last one left out.', () => {
  const slopes = [-90, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1, -3, -3, -1, 2, -80];
  expect(steepest(falling(slopes))).toMatchObject({ step: 13, learningRate: 1e12 });
  expect(steepest(falling(slopes.map(Math.abs)))).toBeUndefined();
  expect(steepest(falling(slopes.slice(0, leastSteps - 2)))).toBeUndefined();
});

test('the rates of the steps grow exponentially from start to end, and nothing else is done on the way.', () => {
  const config = rangeConfig({ start: 1e-4, end: 1, steps: 21, optimizer: 'adam', batchSize: 8 });
  const rate = scheduleRate(config.schedule, config.optimizer.learningRate);
  const rates = Array.from({ length: 21 }, (_, step) => rate(step) ?? Number.NaN);
  for (const [step, value] of rates.entries()) expect(value / 10 ** (-4 + step / 5)).toBeCloseTo(1, 10);
  expect(config).toMatchObject({ optimizer: { name: 'adam' }, steps: 21, logEvery: 1, evalEvery: 0 });
});

test.each([
  [{ start: 1, end: 0.1 }, /^Expected `end` to be above `start`, 1, got 0\.1$/],
  [{ start: 1, end: 1 }, /^Expected `end` to be above `start`, 1, got 1$/],
  [{ start: 0 }, /`start` to be greater than 0, got `0`/],
  [{ end: Number.NaN }, /`end`/],
  [{ steps: 12 }, /`steps` to be an integer from 13 to 100000, got `12`/],
  [{ steps: 1e6 }, /`steps`/],
])('a range test of %j is refused.', (options, message) => {
  expect(() => rangeConfig(options)).toThrow(message);
});
