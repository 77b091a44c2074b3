/** The matrix products on every small shape: right, the same bits from every tile, nothing outside of their buffers. */
import { describe, expect, test } from 'vitest';
import { instantiateKernels, kernelStaticBytes } from '../../src/kernels/kernel-module.ts';
import type { Kernels } from '../../src/kernels/kernels.ts';
import { edgeFloats, type MatmulRequest, matmulShape } from '../../src/kernels/matmul-shape.ts';
import { writeStruct } from '../../src/kernels/struct.ts';
import { matmulShapeLayout } from '../../src/kernels/structs.ts';
import { kernelVariants } from '../../src/kernels/variants.ts';
import { compiled } from '../../testing/engine/compiled.ts';
import { uniform } from '../../testing/engine/values.ts';

const most = 40;
const panel = 16;
const guardFloats = 64;

const memory = new WebAssembly.Memory({ initial: 8, maximum: 8, shared: true });
const floats = new Float32Array(memory.buffer);
const ints = new Int32Array(memory.buffer);
/** As a float it is not a number: a value read from a guard is seen in the product. */
const guard = 0x7fc5a5a5;
ints.fill(guard, kernelStaticBytes / 4);

let end = kernelStaticBytes;
/** An address with guards before and behind. */
function room(count: number): number {
  const address = end + guardFloats * 4;
  end = Math.ceil((address + count * 4) / 64) * 64;
  return address;
}

const a = uniform(1, most * most, -1, 1);
const b = uniform(2, most * most, -1, 1);
const bias = uniform(3, most, -1, 1);

const shapeAddress = room(matmulShapeLayout.bytes / 4);
const write = (request: MatmulRequest) =>
  writeStruct(memory.buffer, shapeAddress, matmulShapeLayout, matmulShape(request));
const aAlong = room(most * most);
const aAcross = room(most * most);
const bPanels = room(most * 48);
const init = room(48);
const edge = room(edgeFloats);
const c = room(most * 48);

/** [k, row, column]: the sum over the first k + 1 products, in float64. */
const expectedSums = (() => {
  const sums = new Float64Array(most ** 3);
  for (let row = 0; row < most; row++)
    for (let column = 0; column < most; column++) {
      let sum = bias[column];
      for (let k = 0; k < most; k++) {
        sum += a[row * most + k] * b[k * most + column];
        sums[(k * most + row) * most + column] = sum;
      }
    }
  return sums;
})();

describe('the matrix product of rows x depth x columns, each from 1 to 40', () => {
  test.for(kernelVariants)(
    '$name: is right, and the same for every number of rows and columns',
    async ({ name }) => {
      const kernels = instantiateKernels(await compiled(name), memory);
      for (let depth = 1; depth <= most; depth++) {
        const bits = wholeProduct(kernels, depth);
        for (let i = 0; i < most * most; i++)
          expect(Math.abs(floats[c / 4 + i] - expectedSums[(depth - 1) * most * most + i])).toBeLessThan(
            4e-6,
          );
        for (let columns = 1; columns <= most; columns++) {
          putB(depth, columns);
          for (let rows = 1; rows <= most; rows++) {
            multiply(kernels, rows, depth, columns);
            expect(differences(rows, columns, bits), `${rows} x ${depth} x ${columns}`).toBe(0);
          }
        }
      }
    },
  );

  test('has the same bits from the wide and the relaxed kernels', async () => {
    const wide = instantiateKernels(await compiled('wide'), memory);
    const relaxed = instantiateKernels(await compiled('relaxed'), memory);
    for (let depth = 1; depth <= most; depth++)
      expect(wholeProduct(wide, depth), `depth ${depth}`).toEqual(wholeProduct(relaxed, depth));
  });

  test.for(kernelVariants)(
    '$name: has the same bits with A transposed, where columns fill panels',
    async ({ name }) => {
      const kernels = instantiateKernels(await compiled(name), memory);
      for (const columns of [16, 32])
        for (let depth = 1; depth <= most; depth++) {
          putB(depth, columns);
          for (let rows = 1; rows <= most; rows++) {
            multiply(kernels, rows, depth, columns);
            const along = ints.slice(c / 4, c / 4 + rows * columns);
            multiplyAcross(kernels, rows, depth, columns);
            expect(ints.slice(c / 4, c / 4 + rows * columns), `${rows} x ${depth} x ${columns}`).toEqual(
              along,
            );
            expect(guardsHold(rows * columns)).toBe(true);
          }
        }
    },
  );
});

/** The bits of all rows and columns, which stand in C then. */
function wholeProduct(kernels: Kernels, depth: number): Int32Array {
  putB(depth, most);
  multiply(kernels, most, depth, most);
  return ints.slice(c / 4, c / 4 + most * most);
}

/** B's first `depth` rows and `columns` columns in panels, the last one filled with zeros, and guards behind. */
function putB(depth: number, columns: number): void {
  const panels = Math.ceil(columns / panel);
  ints.fill(guard, bPanels / 4, bPanels / 4 + most * 48);
  ints.fill(guard, init / 4, init / 4 + 48);
  for (let column = 0; column < panels * panel; column++) {
    floats[init / 4 + column] = column < columns ? bias[column] : 0;
    for (let k = 0; k < depth; k++)
      floats[bPanels / 4 + (Math.floor(column / panel) * depth + k) * panel + (column % panel)] =
        column < columns ? b[k * most + column] : 0;
  }
}

function multiply(kernels: Kernels, rows: number, depth: number, columns: number): void {
  putA(aAlong, rows, depth, (row, k) => row * depth + k);
  const strides = { aRow: depth * 4, ...stridesOf(depth, columns) };
  const shape = write({ ...strides, length: depth, edge });
  kernels.matmul(shape, aAlong, bPanels, init, c, rows);
}

function multiplyAcross(kernels: Kernels, rows: number, depth: number, columns: number): void {
  putA(aAcross, rows, depth, (row, k) => k * rows + row);
  const strides = { aRow: 4, aStep: rows * 4, ...stridesOf(depth, columns) };
  const shape = write({ ...strides, length: depth });
  kernels.matmulAcross(shape, aAcross, bPanels, init, c, rows);
}

const stridesOf = (depth: number, columns: number) => ({
  ...{ bPanel: depth * panel * 4, initPanel: panel * 4, cRow: columns * 4, cPanel: panel * 4, columns },
});

/** A's first rows and k's without a gap, a guard behind them; and nothing in C. */
function putA(address: number, rows: number, depth: number, at: (row: number, k: number) => number): void {
  for (let row = 0; row < rows; row++)
    for (let k = 0; k < depth; k++) floats[address / 4 + at(row, k)] = a[row * most + k];
  ints.fill(guard, address / 4 + rows * depth, address / 4 + rows * depth + guardFloats);
  ints.fill(guard, c / 4, c / 4 + most * 48);
}

/** How many values of C have other bits than in [row, column] of `expected`; and what was written outside of C. */
function differences(rows: number, columns: number, expected: Int32Array): number {
  let count = guardsHold(rows * columns) ? 0 : 1;
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      if (ints[c / 4 + row * columns + column] !== expected[row * most + column]) count++;
  return count;
}

function guardsHold(values: number): boolean {
  const isGuard = (from: number) => {
    for (let i = from; i < from + guardFloats; i++) if (ints[i] !== guard) return false;
    return true;
  };
  return isGuard(c / 4 - guardFloats) && isGuard(c / 4 + values);
}
