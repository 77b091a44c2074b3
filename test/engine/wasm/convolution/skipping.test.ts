/** Products that skip zeros have the bits of those that do not. */
import { describe, expect, test } from 'vitest';
import { segmentFloats } from '../../../../src/engine/wasm/dense/skipping-matmul.ts';
import { isWorthSkipping } from '../../../../src/engine/wasm/dense/zeros.ts';
import { instantiateKernels, kernelStaticBytes } from '../../../../src/kernels/kernel-module.ts';
import type { Kernels } from '../../../../src/kernels/kernels.ts';
import { matmulShape } from '../../../../src/kernels/matmul-shape.ts';
import { type StructLayout, type StructValues, writeStruct } from '../../../../src/kernels/struct.ts';
import { matmulShapeLayout, weightGradientShapeLayout } from '../../../../src/kernels/structs.ts';
import { kernelVariants } from '../../../../src/kernels/variants.ts';
import { cutIntoShards } from '../../../../src/reduction/shards.ts';
import { compiled } from '../../../../testing/engine/compiled.ts';
import { uniform } from '../../../../testing/engine/values.ts';
import { plainTreeSum } from '../../../../testing/reduction/plain-tree-sum.ts';

const memory = new WebAssembly.Memory({ initial: 64, maximum: 64, shared: true });
const floats = new Float32Array(memory.buffer);
const ints = new Int32Array(memory.buffer);
let end = kernelStaticBytes;

/** The address of some values, with a guard behind them. */
function put(values: ArrayLike<number>, target: Float32Array | Int32Array = floats): number {
  const address = end;
  target.set(values, address / 4);
  ints.fill(guard, address / 4 + values.length, address / 4 + values.length + 64);
  end = Math.ceil((end + values.length * 4 + 256) / 64) * 64;
  return address;
}
function putStruct<Struct extends StructValues<Struct>>(layout: StructLayout<Struct>, values: Struct) {
  return writeStruct(memory.buffer, room(layout.bytes / 4), layout, values);
}
const guard = 0x7fc5a5a5;
const room = (count: number) => put(new Int32Array(count).fill(guard), ints);
const read = (address: number, count: number) => floats.slice(address / 4, address / 4 + count);
const bits = (values: Float32Array) => new Int32Array(values.buffer);

/** Values of which some are zero (of either sign), and some so small that their products underflow. */
function sparse(stream: number, count: number, density: number): Float32Array {
  const choice = uniform(stream + 500, count, 0, 1);
  return uniform(stream, count, -1, 1).map((value, i) => {
    if (choice[i] >= density) return value < 0 ? -0 : 0;
    return choice[i] < density / 4 ? value * 1e-30 : value;
  });
}

describe.for(kernelVariants)('the $name kernels', ({ name }) => {
  const kernels = compiled(name).then((module) => instantiateKernels(module, memory));

  test.for([0, 0.1, 0.5, 1])(
    'multiply the same matrices with and without zeros, %d of them not zero',
    async (density) => {
      for (const [rows, depth, columns] of sizes)
        expectSameProduct(await kernels, rows, depth, columns, density);
    },
  );

  test.for([1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 16])(
    'sum the weight gradients of %d shards the same, with and without zeros',
    async (shards) => {
      for (const [rows, units] of [
        [shards, 1],
        [shards - 1, 17],
        [3 * shards + 1, 64],
        // Some shards at a time, and one.
        [20 * shards, 33],
        [40 * shards, 17],
      ])
        for (const [panels, density] of [
          [1, 0.2],
          [4, 0.5],
          [6, 0.1],
          [5, 1],
        ])
          expectSameGradient(await kernels, {
            shards,
            rows,
            units,
            panels,
            density,
            isPlain: name === 'portable',
          });
    },
  );

  test('find values that are not finite, by row and by column', async () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      end = kernelStaticBytes;
      const a = put([0, 1, value, 0, 2, 3]);
      expect((await kernels).listByRow(a, 2, 3, 2, 64, room(12), room(4))).toBe(-1);
      expect((await kernels).listByColumn(a, 2, 3, 0, room(12), 16, room(3), 4)).toBe(-1);
    }
  });
});

describe('zeros', () => {
  test('are skipped where at most 65 % of the values are not zero, and all of them are finite', () => {
    expect(isWorthSkipping([20, 45], 100)).toBe(true);
    expect(isWorthSkipping([20, 46], 100)).toBe(false);
    expect(isWorthSkipping([20, -1], 100)).toBe(false);
  });
});

const sizes = [
  [1, 1, 1],
  [2, 7, 16],
  [3, 80, 17],
  [5, 33, 40],
  [2, 81, 112],
  [4, 200, 96],
] as const;

function expectSameProduct(
  kernels: Kernels,
  rows: number,
  depth: number,
  columns: number,
  density: number,
): void {
  end = kernelStaticBytes;
  const wide = Math.ceil(columns / 16) * 16;
  const a = put(sparse(1, rows * depth, density));
  const b = put(sparse(2, depth * wide, 0.9));
  // Sums that begin with -0 keep it unless a zero is added.
  const init = put(new Float32Array(wide).fill(-0));
  const segments = { segments: Math.ceil(depth / 80), length: Math.min(80, depth), depth };
  const common = {
    bPanel: depth * 64,
    initPanel: 64,
    cRow: columns * 4,
    cPanel: 64,
    columns,
    edge: room(16),
    ...segments,
  };
  const along = { ...common, aRow: depth * 4, aSegment: 320 };
  const [whole, skipping] = [along, common].map((shape) => putStruct(matmulShapeLayout, matmulShape(shape)));
  const ofTransposed = { ...along, bPanel: wide * 64 };
  const [wholeOfTransposed, skippingOfTransposed] = [
    ofTransposed,
    { ...ofTransposed, aRow: 0, aSegment: 0 },
  ].map((shape) => putStruct(matmulShapeLayout, matmulShape(shape)));
  const transposed = put(transposedPanels(read(b, depth * wide), depth, wide));
  const [lists, bounds] = [room(rows * depth * 2), room(rows * (segments.segments + 1))];
  const scratchFloats = segmentFloats(depth);
  const scratch = room(scratchFloats);
  const [expected, ...actual] = Array.from({ length: 4 }, () => room(rows * columns));

  kernels.matmul(whole, a, b, init, expected, rows);
  const nonzeros = kernels.listByRow(a, rows, depth, segments.length, 64, lists, bounds);
  kernels.matmulSkipping(skipping, bounds, b, false, init, actual[0], rows, scratch);
  kernels.matmulSkipping(skippingOfTransposed, bounds, transposed, true, init, actual[1], rows, scratch);
  kernels.matmulTransposed(wholeOfTransposed, a, transposed, init, actual[2], rows, scratch);
  for (const c of [expected, ...actual]) kernels.positiveZeros(c, rows * columns);

  expect(nonzeros).toBe(read(a, rows * depth).filter((value) => value !== 0).length);
  for (const c of actual) expect(bits(read(c, rows * columns))).toEqual(bits(read(expected, rows * columns)));
  for (const [region, size] of [
    [lists, rows * depth * 2],
    [bounds, rows * (segments.segments + 1)],
    [scratch, scratchFloats],
    ...actual.map((c) => [c, rows * columns]),
  ])
    expect(ints.slice(region / 4 + size, region / 4 + size + 64)).toEqual(new Int32Array(64).fill(guard));
}

/** [columns / 16, depth, 16] as [depth / 16, columns, 16], zero beyond `depth`. */
function transposedPanels(panels: Float32Array, depth: number, columns: number): Float32Array {
  const result = new Float32Array(Math.ceil(depth / 16) * 16 * columns);
  for (let column = 0; column < columns; column++)
    for (let k = 0; k < depth; k++)
      result[(Math.floor(k / 16) * columns + column) * 16 + (k % 16)] =
        panels[(Math.floor(column / 16) * depth + k) * 16 + (column % 16)];
  return result;
}

interface GradientCase {
  readonly shards: number;
  readonly rows: number;
  readonly units: number;
  readonly panels: number;
  readonly density: number;
  /** Whether multiply and add round separately, as JavaScript does. */
  readonly isPlain: boolean;
}

function expectSameGradient(
  kernels: Kernels,
  { shards, rows, units, panels, density, isPlain }: GradientCase,
): void {
  end = kernelStaticBytes;
  const ranges = cutIntoShards(rows, shards);
  const wide = Math.ceil(units / 16) * 16;
  const [dValues, values] = [sparse(3, rows * units, density), uniform(4, rows * panels * 16, -1, 1)];
  const [dOutputs, inputs] = [put(dValues), put(values)];
  const product = putStruct(
    matmulShapeLayout,
    matmulShape({ aRow: 4, aStep: units * 4, bPanel: rows * 64, cRow: 64, columns: 0 }),
  );
  const shardRows = put(
    // An empty shard's place may be that of another step.
    ranges.flatMap(({ first, count }) => [count === 0 ? 0 : first, count]),
    ints,
  );
  const [zeros, stack] = [put(new Float32Array(16)), room(6 * panels * wide * 16)];
  const shape = putStruct(weightGradientShapeLayout, {
    ...{ product, shards, shardRows, inputPanel: rows * 64, listBytes: rows * 8 },
    ...{ zeros, stack, together: room(256 * (128 + 16)) },
  });
  // Counts of empty shards are those of an earlier step.
  const [lists, counts] = [room(rows * units * 2), put(new Int32Array(units * shards).fill(1), ints)];
  const [whole, skipped] = [room(panels * wide * 16), room(panels * wide * 16)];

  for (const [index, { first, count }] of ranges.entries())
    if (count > 0)
      kernels.listByColumn(
        dOutputs + first * units * 4,
        count,
        units,
        first * 64,
        lists + first * 8,
        rows * 8,
        counts + index * 4,
        shards * 4,
      );
  kernels.weightGradient(shape, dOutputs, inputs, panels, units, wide, whole);
  kernels.weightGradientSkipping(shape, lists, counts, inputs, panels, units, wide, skipped);

  const size = panels * wide * 16;
  expect(bits(read(skipped, size))).toEqual(bits(read(whole, size)));
  for (const region of [skipped, whole])
    expect(ints.slice(region / 4 + size, region / 4 + size + 64)).toEqual(new Int32Array(64).fill(guard));
  if (isPlain)
    expect(bits(read(whole, size))).toEqual(
      bits(plainGradient(ranges, dValues, values, { rows, units, panels, wide })),
    );
}

/** [panels, wide, 16]: each shard's sum, then the tree. */
function plainGradient(
  ranges: ReturnType<typeof cutIntoShards>,
  dOutputs: Float32Array,
  inputs: Float32Array,
  { rows, units, panels, wide }: Record<'rows' | 'units' | 'panels' | 'wide', number>,
): Float32Array {
  const sums = ranges.map(({ first, count }) => {
    const sum = new Float32Array(panels * wide * 16);
    for (let panel = 0; panel < panels; panel++)
      for (let unit = 0; unit < units; unit++)
        for (let column = 0; column < 16; column++)
          for (let row = first; row < first + count; row++)
            sum[(panel * wide + unit) * 16 + column] += Math.fround(
              inputs[(panel * rows + row) * 16 + column] * dOutputs[row * units + unit],
            );
    return sum;
  });
  return plainTreeSum(sums).map((value) => value + 0);
}
