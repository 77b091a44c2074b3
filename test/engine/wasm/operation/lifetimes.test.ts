import { expect, test } from 'vitest';
import { type Lasting, placeByLifetime } from '../../../../src/engine/wasm/operation/lifetimes.ts';
import { integers } from '../../../../testing/engine/values.ts';

const meet = (one: Lasting, other: Lasting) => one.first <= other.last && other.first <= one.last;

/** Of each that is there: no two that are needed at once lie over each other, nor beyond the end. */
function expectApart(all: readonly Lasting[]): number {
  const { offsets, bytes } = placeByLifetime(all);
  for (const [index, one] of all.entries()) {
    expect(offsets[index] + one.bytes).toBeLessThanOrEqual(bytes);
    for (const [place, other] of all.slice(0, index).entries())
      if (meet(one, other))
        expect(
          offsets[index] + one.bytes <= offsets[place] || offsets[place] + other.bytes <= offsets[index],
        ).toBe(true);
  }
  return bytes;
}

test.for([1, 2, 3, 4, 5, 6, 7, 8])('What is needed at the same time lies apart, draw %i.', (seed) => {
  const [firsts, lengths, sizes] = [10, 4, 9].map((most, part) => integers(seed * 3 + part, 40, most));
  const all = [...firsts].map((first, index) => ({
    ...{ first, last: first + lengths[index], bytes: 64 * (1 + sizes[index]) },
  }));
  const atOnce = Array.from({ length: 14 }, (_, time) =>
    all.reduce((sum, { first, last, bytes }) => sum + (first <= time && time <= last ? bytes : 0), 0),
  );
  const bytes = expectApart(all);
  expect(bytes).toBeGreaterThanOrEqual(Math.max(...atOnce));
  expect(bytes).toBeLessThan(1.5 * Math.max(...atOnce));
});

test('What is needed one after the other takes as much as the largest, and what is touched by two times meets both.', () => {
  const sizes = [3, 5, 2, 5].map((size) => 64 * size);
  expect(expectApart(sizes.map((bytes, time) => ({ first: time, last: time, bytes })))).toBe(5 * 64);
  expect(expectApart(sizes.map((bytes, time) => ({ first: time, last: time + 1, bytes })))).toBe(8 * 64);
  expect(placeByLifetime([])).toEqual({ offsets: [], bytes: 0 });
});
