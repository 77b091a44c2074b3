import { describe, expect, test } from 'vitest';
import { createDecimation } from '../../src/pages/decimation.ts';

const heightAt = (x: number) => Math.sin(x / 50) + (x % 977 === 0 ? 5 : 0);

describe('A long series', () => {
  test('stays as it is while it is short', () => {
    const series = createDecimation(10);
    for (let x = 1; x <= 5; x++) series.add(x, x * x);
    expect(series.points()).toEqual({ x: [1, 2, 3, 4, 5], y: [1, 4, 9, 16, 25], count: 5 });
  });

  test.for([2, 3, 16, 100])('keeps its extremes, their places and its order in %i ranges', (buckets) => {
    const series = createDecimation(buckets);
    const all = Array.from({ length: 10_000 }, (_, at) => at + 1);
    for (const x of all) series.add(x, heightAt(x));
    const { x, y, count } = series.points();
    expect(count).toBe(10_000);
    expect(x.length).toBeLessThanOrEqual(2 * buckets);
    expect(x.length).toBeGreaterThan(buckets / 2);
    expect(x).toEqual(x.toSorted((a, b) => a - b));
    expect(y).toEqual(x.map(heightAt));
    expect(Math.max(...y.map(Number))).toBe(Math.max(...all.map(heightAt)));
    expect(Math.min(...y.map(Number))).toBe(Math.min(...all.map(heightAt)));
  });

  test('has a gap where a value is not finite, also among others', () => {
    const series = createDecimation(4);
    for (let x = 1; x <= 64; x++) series.add(x, x === 33 ? Number.NaN : x);
    const { x, y } = series.points();
    expect(y.filter((value) => value === null)).toHaveLength(1);
    expect(x[y.indexOf(null)]).toBe(33);
  });

  test('of steps far apart keeps each', () => {
    const series = createDecimation(4);
    for (const x of [1, 1001, 2001]) series.add(x, x);
    expect(series.points().x).toEqual([1, 1001, 2001]);
  });
});
