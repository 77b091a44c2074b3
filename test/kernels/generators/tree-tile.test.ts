/** The generated tiles that sum shards by the tree have the bits of their plain form, at every height, and write nothing else. */
import { describe, expect, test } from 'vitest';
import { treeTileName, treeTilesModule } from '../../../src/kernels/generators/tree-tile.ts';
import { kernelVariants } from '../../../src/kernels/variants.ts';
import { uniform } from '../../../testing/engine/values.ts';
import { leftOnStack } from '../../../testing/kernels/left-on-stack.ts';
import { countIn, emptyMemory, runAssembly } from '../../../testing/kernels/run-assembly.ts';
import { plainTreeSum } from '../../../testing/reduction/plain-tree-sum.ts';

/** In floats: from row to row of A, and of B. */
const [aStep, bStep] = [9, 16];

describe.for(kernelVariants)('the tiles of the $name kernels', ({ tileRows, tileVectors }) => {
  const text = treeTilesModule(tileRows, tileVectors);
  const heights = Array.from({ length: tileRows }, (_, index) => index + 1);
  const columns = tileVectors * 4;

  test.for(heights.flatMap((height) => [1, 2, 3, 4, 5, 7, 8, 11].map((shards) => [height, shards] as const)))(
    '%d rows: leave on the stack what sums %d shards by the tree',
    ([height, shards]) => {
      const counts = Array.from({ length: shards }, (_, shard) => (shard * 3 + 2) % 4);
      const starts = counts.map(
        (_, shard) => 2 + counts.slice(0, shard).reduce((sum, count) => sum + count, 0),
      );
      const { memory, put } = emptyMemory(6000);
      const rows = 2 + counts.reduce((sum, count) => sum + count, 0);
      const a = put(uniform(1, rows * aStep, -1, 1));
      const b = put(uniform(2, rows * bStep, -1, 1));
      const shardRows = put(starts.flatMap((start, shard) => [start, counts[shard]]));
      const floats = height * columns;
      const stackFloats = floats * (Math.floor(Math.log2(shards)) + 1);
      const stack = put(new Float64Array(stackFloats).fill(Number.NaN));
      const expected = memory.slice();

      const { treeTile } = runAssembly(text, memory, Math.fround);
      const end = treeTile(height, aStep * 4, a, b, shardRows, shards, stack);

      const sums = starts.map((start, shard) =>
        Float32Array.from({ length: floats }, (_, element) => {
          const [row, column] = [Math.floor(element / columns), element % columns];
          let sum = 0;
          for (let k = start; k < start + counts[shard]; k++) {
            const product = Math.fround(memory[a / 4 + k * aStep + row] * memory[b / 4 + k * bStep + column]);
            sum = Math.fround(product + sum);
          }
          return sum;
        }),
      );
      expect(leftOnStack(memory, stack / 4, end / 4, floats)).toEqual(plainTreeSum(sums));
      memory.fill(Number.NaN, stack / 4, stack / 4 + stackFloats);
      expect(memory).toEqual(expected);
    },
  );

  test.for(heights)('%d rows: load each value of A and B once a row', (height) => {
    const count = (expression: RegExp) => countIn(text, treeTileName(height), expression);
    expect(count(/multiplyAdd\(/)).toBe(height * tileVectors);
    expect(count(/v128\.load\(bk,/)).toBe(tileVectors);
    expect(count(/v128\.load32_splat\(/)).toBe(height);
  });
});
