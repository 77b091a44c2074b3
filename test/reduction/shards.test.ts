import { describe, expect, test } from 'vitest';
import { cutIntoShards } from '../../src/reduction/shards.ts';

/** Batch sizes and shards: whole, uneven, fewer examples than shards, none. */
const cases = [
  [100, 8],
  [30, 8],
  [3, 8],
  [1, 8],
  [0, 4],
  [8, 8],
  [97, 1],
  [1000, 7],
  [2 ** 24, 4096],
] as const;

describe('shards', () => {
  test.for(cases)('of %d examples in %d parts take every position once, in order', ([examples, shards]) => {
    const cut = cutIntoShards(examples, shards);
    expect(cut.length).toBe(shards);
    let next = 0;
    for (const { first, count } of cut) {
      expect(first).toBe(next);
      next += count;
    }
    expect(next).toBe(examples);
  });

  test.for(cases)('of %d examples in %d parts differ by one example at most', ([examples, shards]) => {
    const counts = cutIntoShards(examples, shards).map(({ count }) => count);
    expect(Math.min(...counts)).toBe(Math.floor(examples / shards));
    expect(Math.max(...counts)).toBe(Math.ceil(examples / shards));
  });

  test('keep their borders: they are part of the bits', () => {
    expect(cutIntoShards(10, 4).map(({ first }) => first)).toEqual([0, 2, 5, 7]);
    expect(cutIntoShards(30, 8).map(({ count }) => count)).toEqual([3, 4, 4, 4, 3, 4, 4, 4]);
  });
});
