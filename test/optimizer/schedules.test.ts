/** Learning rates against those of Keras and PyTorch, value by value: scripts/peers/schedules.py made the fixture. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { resolveSchedule, type ScheduleOptions, scheduleNames } from '../../src/config/schedule-options.ts';
import { cosinePi, power } from '../../src/optimizer/schedules/portable-math.ts';
import { scheduleRate } from '../../src/optimizer/schedules/schedules.ts';
import type { ScheduleSettings } from '../../src/optimizer/schedules/settings.ts';

interface Row {
  readonly source: string;
  readonly learningRate: number;
  readonly options: ScheduleOptions & { readonly schedule: ScheduleSettings['name'] };
  readonly rates: readonly number[];
}

const fixture = join(import.meta.dirname, '../../testing/optimizer/schedules.json');
const rows = JSON.parse(readFileSync(fixture, 'utf8')) as readonly Row[];

describe.each(rows)(
  '$options.schedule has the rates of $source',
  ({ source, learningRate, options, rates }) => {
    // Keras computes in float32.
    const tolerance = learningRate * (source.startsWith('keras') ? 1e-6 : 1e-12);
    const rate = scheduleRate(resolveSchedule(options.schedule, options) as ScheduleSettings, learningRate);

    test(`in ${rates.length} steps: ${JSON.stringify(options)}`, () => {
      let found = learningRate;
      const errors = rates.map((expected, step) => {
        found = rate(step) ?? found;
        return Math.abs(found - expected);
      });
      expect(rates.length).toBeGreaterThan(100);
      expect(Math.max(...errors)).toBeLessThan(tolerance);
    });
  },
);

test('every schedule is compared, but for the one that goes by a metric', () => {
  const compared = rows.map(({ options }) => options.schedule);
  expect(new Set([...compared, 'reduceOnPlateau'])).toEqual(new Set(scheduleNames));
});

test('the functions that engines may round otherwise are exact to 1e-13, and at the ends', () => {
  for (let index = 0; index <= 1000; index++) {
    const x = index / 1000;
    expect(Math.abs(cosinePi(x) - Math.cos(Math.PI * x))).toBeLessThan(1e-15);
    for (const base of [1e-9, 0.1, 0.5, 0.96, 1, 2, 3.7]) {
      const exact = base ** (7.3 * x);
      expect(Math.abs(power(base, 7.3 * x) - exact)).toBeLessThanOrEqual(1e-13 * exact);
    }
  }
  expect([0, 0.5, 1].map(cosinePi)).toEqual([1, 0, -1]);
  expect([power(0, 0.5), power(0, 0), power(0.1, 0), power(2, 10)]).toEqual([0, 1, 1, 1024]);
});
