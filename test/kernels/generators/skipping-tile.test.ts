/** The generated tiles that walk lists have the bits of their plain form, in every width, and write nothing else. */
import { describe, expect, test } from 'vitest';
import { skippingPanels, skippingTilesModule } from '../../../src/kernels/generators/skipping-tile.ts';
import { uniform } from '../../../testing/engine/values.ts';
import { leftOnStack } from '../../../testing/kernels/left-on-stack.ts';
import { emptyMemory, runAssembly } from '../../../testing/kernels/run-assembly.ts';
import { plainTreeSum } from '../../../testing/reduction/plain-tree-sum.ts';

const text = skippingTilesModule();
const widths = Array.from({ length: skippingPanels }, (_, index) => index + 1);
const panel = 16;
/** In floats; [panels, 10 rows, 16 columns] of B, the panels of B and C with gaps behind them. */
const [bRows, bPanel, cPanel] = [10, 170, 20];

interface Entry {
  readonly row: number;
  readonly value: number;
}

describe.for(widths)('%d panels', (panels) => {
  test('of rows: sum each list onto C, and leave rows of empty lists alone', () => {
    const { memory, put } = emptyMemory(4000);
    const b = put(uniform(1, panels * bPanel, -1, 1));
    const lists = [3, 0, 1, 10].map((length, index) => someEntries(10 + index, length));
    const cStep = panels * cPanel + 8;
    const c = put(uniform(2, lists.length * cStep, -1, 1));
    const bounds = put(lists.flatMap((list) => boundsOf(put(list.flatMap(inMemory)), list)));

    const expected = memory.slice();
    lists.forEach((list, row) => {
      for (let column = 0; column < panels * panel; column++) {
        const [inPanel, inRow] = [Math.floor(column / panel), column % panel];
        const at = c / 4 + row * cStep + inPanel * cPanel + inRow;
        expected[at] = plainSum(memory, list, b / 4 + inPanel * bPanel + inRow, memory[at]);
      }
    });
    const { skippingRows } = runAssembly(text, memory, Math.fround);
    skippingRows(panels, lists.length, bounds, 8, b, bPanel * 4, c, cStep * 4, cPanel * 4);
    expect(memory).toEqual(expected);
  });

  test.for([1, 2, 3, 4, 5, 7, 8, 11])('of the tree: leave on the stack what sums %d rows by it', (rows) => {
    const { memory, put } = emptyMemory(6000);
    const b = put(uniform(1, panels * bPanel, -1, 1));
    const lists = Array.from({ length: rows }, (_, row) => someEntries(10 + row, (row * 3) % 5));
    const starts = lists.map((_, row) => lists.slice(0, row).flat().length);
    const addresses = {
      list: put(lists.flat().flatMap(inMemory)),
      starts: put(starts.flatMap((start, row) => [start, lists[row].length])),
      // Where there are no rows to sum, the count is one of an earlier step.
      counts: put(lists.map(({ length }) => (length === 0 ? 99 : length))),
    };
    const zeros = put(new Float64Array(panel));
    const width = panels * panel;
    const stackFloats = width * (Math.floor(Math.log2(rows)) + 1);
    const stack = put(new Float64Array(stackFloats).fill(Number.NaN));
    const expected = memory.slice();

    const { list, starts: first, counts } = addresses;
    const { skippingTree } = runAssembly(text, memory, Math.fround);
    const end = skippingTree(panels, list, first, counts, rows, b, bPanel * 4, zeros, stack);

    const sums = lists.map((entries) =>
      Float32Array.from({ length: width }, (_, column) =>
        plainSum(memory, entries, b / 4 + Math.floor(column / panel) * bPanel + (column % panel), 0),
      ),
    );
    expect(leftOnStack(memory, stack / 4, end / 4, width)).toEqual(plainTreeSum(sums));
    memory.fill(Number.NaN, stack / 4, stack / 4 + stackFloats);
    expect(memory).toEqual(expected);
  });
});

/** Ascending rows of B, each with a value. */
function someEntries(stream: number, length: number): Entry[] {
  const step = Math.max(1, Math.floor(bRows / Math.max(1, length)));
  return Array.from(uniform(stream, length, -1, 1), (value, index) => ({ row: index * step, value }));
}

const inMemory = ({ row, value }: Entry): number[] => [row * panel * 4, value];

const boundsOf = (address: number, list: readonly Entry[]): number[] => [address, address + list.length * 8];

function plainSum(memory: Float64Array, list: readonly Entry[], column: number, start: number): number {
  let sum = start;
  for (const { row, value } of list)
    sum = Math.fround(Math.fround(value * memory[column + row * panel]) + sum);
  return sum;
}
