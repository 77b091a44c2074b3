import { describe, expect, it } from 'vitest';
import { epochOrder } from '../../src/data/order.ts';
import { Purpose, philox } from '../../src/random.ts';

function orderOf(seed: number, epoch: number, count: number): number[] {
  const out = new Uint32Array(count);
  epochOrder(seed, epoch, count, out);
  return [...out];
}

/** The same shuffle computed in another way: from a list of what is left, with words straight from Philox. */
function shuffled(seed: number, epoch: number, count: number): number[] {
  const left = Array.from({ length: count }, (_, example) => example);
  const order: number[] = [];
  for (let drawn = 0; left.length > 0; drawn++) {
    const words = new Uint32Array(4);
    philox(drawn >> 2, 0, epoch, Purpose.order << 24, seed, 0, words);
    const chosen = words[drawn % 4] % left.length;
    order.unshift(left[chosen]);
    left[chosen] = left[left.length - 1];
    left.pop();
  }
  return order;
}

describe('The order of an epoch', () => {
  it('is a permutation', () => {
    for (const count of [1, 2, 3, 10, 1930, 60_000]) {
      const sorted = orderOf(1, 0, count).sort((a, b) => a - b);
      expect(sorted.every((example, index) => example === index)).toBe(true);
    }
  });

  it('is the same for the same seed and epoch, and another for each other', () => {
    const orders = [
      [1, 0],
      [1, 1],
      [2, 0],
      [2 ** 40, 0],
    ].map(([seed, epoch]) => orderOf(seed, epoch, 100).join());
    expect(new Set(orders).size).toBe(4);
    expect(orderOf(1, 1, 100).join()).toBe(orders[1]);
  });

  it('never changes: seed 1, ten examples', () => {
    expect(orderOf(1, 0, 10)).toEqual([2, 9, 6, 8, 1, 3, 5, 0, 4, 7]);
    expect(orderOf(1, 0, 10)).toEqual(shuffled(1, 0, 10));
  });

  it('is what an independent computation gives', () => {
    for (const epoch of [0, 1, 7]) expect(orderOf(123, epoch, 500)).toEqual(shuffled(123, epoch, 500));
  });

  it('makes each of the 24 permutations of four examples equally likely', () => {
    const seen = new Map<string, number>();
    for (let epoch = 0; epoch < 24_000; epoch++) {
      const order = orderOf(5, epoch, 4).join();
      seen.set(order, (seen.get(order) ?? 0) + 1);
    }
    const chiSquared = [...seen.values()].reduce((sum, times) => sum + (times - 1000) ** 2 / 1000, 0);
    expect(seen.size).toBe(24);
    // 23 degrees of freedom: 49.7 is passed with probability 0.001. Seeds are fixed, so this never flickers.
    expect(chiSquared).toBeLessThan(49.7);
  });

  it('takes less than 200 ms for 60,000 examples, an epoch of MNIST', () => {
    const out = new Uint32Array(60_000);
    const times = Array.from({ length: 8 }, (_, epoch) => {
      const start = performance.now();
      epochOrder(1, epoch, 60_000, out);
      return performance.now() - start;
    });
    expect(Math.min(...times)).toBeLessThan(200);
  });
});
