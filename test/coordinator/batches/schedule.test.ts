import { describe, expect, test } from 'vitest';
import { resolveConfig } from '../../../src/config/config.ts';
import { scheduleOf } from '../../../src/coordinator/batches/schedule.ts';

describe('the schedule', () => {
  test('takes every example of an epoch once, the last batch being what is left', () => {
    const schedule = scheduleOf(1930, resolveConfig({ batchSize: 100, epochs: 3 }));
    expect(schedule).toMatchObject({ steps: 60, stepsPerEpoch: 20 });
    for (let step = 1, epoch = 0; epoch < 3; epoch++)
      for (let start = 0; start < 1930; start += 100, step++)
        expect(schedule.batch(step), `step ${step}`).toEqual({
          epoch,
          index: start / 100,
          start,
          count: start === 1900 ? 30 : 100,
        });
  });

  test('has no smaller batch where the batch size divides the examples', () => {
    const schedule = scheduleOf(60_000, resolveConfig({ epochs: 2 }));
    expect(schedule).toMatchObject({ steps: 1200, stepsPerEpoch: 600 });
    expect(schedule.batch(600)).toEqual({ epoch: 0, index: 599, start: 59_900, count: 100 });
    expect(schedule.batch(601)).toEqual({ epoch: 1, index: 0, start: 0, count: 100 });
  });

  test('ends after `steps` where they are given, in the middle of an epoch or beyond the epochs', () => {
    expect(scheduleOf(1930, resolveConfig({ steps: 37 })).steps).toBe(37);
    const schedule = scheduleOf(10, resolveConfig({ batchSize: 10, steps: 5, epochs: 1 }));
    expect(schedule).toMatchObject({ steps: 5, stepsPerEpoch: 1 });
    expect(schedule.batch(5)).toEqual({ epoch: 4, index: 0, start: 0, count: 10 });
  });

  test('is exact where steps no longer fit into 32 bits of examples', () => {
    const schedule = scheduleOf(60_000, resolveConfig({ steps: 2 ** 32 - 1 }));
    expect(schedule.batch(2 ** 32 - 1)).toEqual({ epoch: 7_158_278, index: 494, start: 49_400, count: 100 });
  });
});
