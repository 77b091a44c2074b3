import { describe, expect, test } from 'vitest';
import { isSubtree, sharesOf } from '../../src/reduction/ranks.ts';
import { treeSum } from '../../src/reduction/tree.ts';
import { uniform } from '../../testing/engine/values.ts';

const shards = [1, 2, 3, 4, 5, 6, 7, 8, 12, 13, 16, 31, 33, 64];

describe('the shards of the ranks', () => {
  test.for(shards)('are all of %d, each once and in order, with any number of ranks', (count) => {
    for (let ranks = 1; ranks <= count; ranks++) {
      const shares = sharesOf(count, ranks);
      const numbers = shares.flatMap(({ first, count }) =>
        Array.from({ length: count }, (_, at) => first + at),
      );
      expect(numbers).toEqual(Array.from({ length: count }, (_, at) => at));
    }
  });

  test.for(shards)('make the same sum of %d with any power of two of ranks', (count) => {
    const values = [...uniform(count, count, -1, 1)];
    const whole = treeSum([...values]);
    for (let ranks = 1; ranks <= count; ranks *= 2) {
      const own = sharesOf(count, ranks).map(({ first, count: some }) =>
        // A rank without shards adds what changes no sum.
        some === 0 ? -0 : treeSum(values.slice(first, first + some)),
      );
      expect(treeSum(own), `${ranks} ranks`).toBe(whole);
    }
  });

  test('are as many for all of them where ranks and shards are powers of two, and nearly so otherwise', () => {
    expect(sharesOf(8, 4).map(({ count }) => count)).toEqual([2, 2, 2, 2]);
    expect(sharesOf(8, 3).map(({ count }) => count)).toEqual([2, 3, 3]);
    expect(sharesOf(12, 4).map(({ count }) => count)).toEqual([4, 4, 4, 0]);
    expect([1, 2, 3, 4, 6, 8].map(isSubtree)).toEqual([true, true, false, true, false, true]);
  });
});
