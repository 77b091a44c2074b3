/** The generated tiles of the complex products have the bits of their plain form, at every height, and write C alone. */
import { describe, expect, test } from 'vitest';
import { complexTilesModule } from '../../../src/kernels/generators/complex-tile.ts';
import { kernelVariants } from '../../../src/kernels/variants.ts';
import { uniform } from '../../../testing/engine/values.ts';
import { countIn, emptyMemory, runAssembly } from '../../../testing/kernels/run-assembly.ts';

describe.for(kernelVariants)('the complex tiles of the $name kernels', ({ tileRows, tileVectors }) => {
  const most = Math.floor(tileRows / 2);
  const text = complexTilesModule(most, tileVectors);
  const heights = Array.from({ length: most }, (_, index) => index + 1);

  test('have the bits of the plain form, and write C alone', () => {
    for (const height of heights)
      for (const length of [1, 2, 7]) expectPlainForm(text, height, tileVectors * 4, length);
  });

  test('are the product with the conjugate of B', () => {
    const { c, a, b } = product(text, 1, tileVectors * 4, 1);
    expect(c.re(0, 0)).toBeCloseTo(a.re(0, 0) * b.re(0, 0) + a.im(0, 0) * b.im(0, 0), 6);
    expect(c.im(0, 0)).toBeCloseTo(a.im(0, 0) * b.re(0, 0) - a.re(0, 0) * b.im(0, 0), 6);
  });

  test('load each part of B once a step of k, and each part of A once with each', () => {
    for (const height of heights) {
      const count = (expression: RegExp) => countIn(text, `complexTile${height}`, expression);
      expect(count(/multiply(Add|Subtract)\(/)).toBe(4 * height * tileVectors);
      expect(count(/v128\.load\(b(Imaginary)?,/)).toBe(2 * tileVectors);
      expect(count(/v128\.load32_splat\(/)).toBe(4 * height);
      expect(count(/v128\.store\(/)).toBe(2 * height * tileVectors);
    }
  });
});

/** In floats. What is larger than it must be leaves gaps that nobody may write. */
const strides = { aRow: 50, aStep: 3, aImaginary: 300, bStep: 18, bImaginary: 200, cRow: 20, cImaginary: 90 };

function expectPlainForm(text: string, height: number, columns: number, length: number): void {
  const { memory, before, a, b, c } = product(text, height, columns, length);
  for (let row = 0; row < height; row++)
    for (let column = 0; column < columns; column++) {
      let [re, im] = [0, 0];
      for (let k = 0; k < length; k++) {
        re = multiplyAdd(a.re(row, k), b.re(k, column), re);
        im = multiplyAdd(a.im(row, k), b.re(k, column), im);
      }
      for (let k = 0; k < length; k++) {
        re = multiplyAdd(a.im(row, k), b.im(k, column), re);
        im = multiplyAdd(a.re(row, k), -b.im(k, column), im);
      }
      before[c.start + row * strides.cRow + column] = re;
      before[c.start + strides.cImaginary + row * strides.cRow + column] = im;
    }
  expect(memory).toEqual(before);
}

/** Runs a tile; `before` is the memory as it was. */
function product(text: string, height: number, columns: number, length: number) {
  const { memory, put } = emptyMemory(2000);
  const a = put(uniform(1, 600, -1, 1));
  const b = put(uniform(2, 400, -1, 1));
  const c = put(new Float64Array(180).fill(Number.NaN));
  const zeros = put(new Float64Array(columns));
  const before = memory.slice();
  const bytes = Object.fromEntries(Object.entries(strides).map(([name, floats]) => [name, floats * 4]));
  runAssembly(text, memory, Math.fround).complexTile(height, { ...bytes, length, zeros }, a, b, c);
  const { aRow, aStep, aImaginary, bStep, bImaginary, cRow, cImaginary } = strides;
  return {
    memory,
    before,
    a: matrix(memory, a / 4, aRow, aStep, aImaginary),
    b: matrix(memory, b / 4, bStep, 1, bImaginary),
    c: matrix(memory, c / 4, cRow, 1, cImaginary),
  };
}

const matrix = (memory: Float64Array, start: number, row: number, column: number, imaginary: number) => ({
  start,
  re: (i: number, j: number) => memory[start + i * row + j * column],
  im: (i: number, j: number) => memory[start + imaginary + i * row + j * column],
});

const multiplyAdd = (a: number, b: number, c: number): number => Math.fround(Math.fround(a * b) + c);
