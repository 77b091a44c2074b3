import { describe, expect, test } from 'vitest';
import { alone, type Exchange, type SharedFloats } from '../../src/exchange/exchange.ts';
import { checkOrder, knownSum, knownValue } from '../../src/exchange/order.ts';

const floats = 1000;
const f = Math.fround;

/** Rank 0 of some, whose sums are added in an order. */
function fixture(ranks: number, add: (values: number[]) => number) {
  const values: SharedFloats = { memory: new SharedArrayBuffer(floats * 4), offset: 0, floats };
  const exchange: Exchange = {
    ...alone(new AbortController().signal),
    ranks,
    async sum(_, { memory, offset, floats }) {
      const array = new Float32Array(memory, offset, floats);
      for (let at = 0; at < floats; at++)
        array[at] = add(
          Array.from({ length: ranks }, (_, rank) => (rank === 0 ? array[at] : knownValue(rank, at))),
        );
    },
  };
  return { exchange, values, array: new Float32Array(values.memory) };
}

const tree = (values: number[]): number =>
  values.length === 1
    ? values[0]
    : f(tree(values.slice(0, values.length / 2)) + tree(values.slice(values.length / 2)));
const oneByOne = (values: number[]): number => values.reduce((sum, value) => f(sum + value));
const farOnes = (values: number[]): number =>
  values.length === 1
    ? values[0]
    : farOnes(
        values.slice(0, values.length / 2).map((value, at) => f(value + values[values.length / 2 + at])),
      );

describe('the trial of the order of sums', () => {
  test.for([2, 4, 8])('takes the tree over %d ranks, and leaves zeros', async (ranks) => {
    const { exchange, values, array } = fixture(ranks, tree);
    await checkOrder(exchange, values);
    expect(array).toEqual(new Float32Array(floats));
  });

  test.for([
    ['one by one', oneByOne],
    ['from the last one', (values: number[]) => oneByOne(values.toReversed())],
    ['those far apart first', farOnes],
  ] as const)('refuses a sum that adds %s', async ([, add]) => {
    const { exchange, values } = fixture(4, add);
    await expect(checkOrder(exchange, values)).rejects.toThrow(
      /neighbouring ranks first, got other bits in \d{2,} of 1000 known sums.*OMPI_MCA_coll/,
    );
  });

  test('tells most other orders by each of the sums', () => {
    const others = Array.from({ length: floats }, (_, at) => at).filter(
      (at) => oneByOne([0, 1, 2, 3].map((rank) => knownValue(rank, at))) !== knownSum(4, at),
    );
    expect(others.length).toBeGreaterThan(floats / 10);
  });
});
