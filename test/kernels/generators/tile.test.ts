/** The generated tiles have the bits of their plain form, at every height, and write C alone. */
import { describe, expect, test } from 'vitest';
import { type TileForm, tileName, tilesModule } from '../../../src/kernels/generators/tile.ts';
import { kernelVariants } from '../../../src/kernels/variants.ts';
import { uniform } from '../../../testing/engine/values.ts';
import { countIn, emptyMemory, runAssembly } from '../../../testing/kernels/run-assembly.ts';

const forms: readonly TileForm[] = ['alongK', 'acrossK'];
/** In floats: rows of B are 16 apart; what is larger than it must be leaves gaps that nobody may write. */
const [bStep, cRow, initRow] = [16, 20, 24];

describe.for(kernelVariants)('the tiles of the $name kernels', ({ tileRows, tileVectors, narrowRows }) => {
  const text = tilesModule(tileRows, tileVectors, narrowRows);
  const heightsTo = (most: number) => Array.from({ length: most }, (_, index) => index + 1);
  const tiles = (form: TileForm) => [
    ...heightsTo(tileRows).map((height) => ({ called: form, height, vectors: tileVectors })),
    ...heightsTo(narrowRows).map((height) => ({ called: `${form}Narrow`, height, vectors: 2 })),
  ];

  test.for(forms)('%s: have the bits of the plain form, and write C alone', (form) => {
    for (const { called, height, vectors } of tiles(form))
      for (const [segments, length] of [
        [1, 1],
        [1, 5],
        [3, 2],
        [2, 7],
      ])
        for (const initStep of [0, initRow])
          expectPlainForm({ text, form, called, height, columns: vectors * 4, segments, length, initStep });
  });

  test.for(forms)('%s: load each value of A and B once a step of k, and C only around the sum', (form) => {
    for (const { height, vectors } of tiles(form)) {
      const count = (expression: RegExp) => countIn(text, tileName(form, vectors, height), expression);
      expect(count(/multiplyAdd\(/)).toBe(height * vectors);
      expect(count(/v128\.load\(b,/)).toBe(vectors);
      expect(count(/v128\.load32_splat\(/)).toBe(height);
      expect(count(/v128\.load\(/)).toBe(vectors + height * vectors);
      expect(count(/v128\.store\(/)).toBe(height * vectors);
    }
  });

  test('say how large they are', () => {
    expect(text).toContain(`export const tileRows: i32 = ${tileRows};`);
    expect(text).toContain(`export const tileColumns: i32 = ${tileVectors * 4};`);
    expect(text).toContain(`export const narrowRows: i32 = ${narrowRows};`);
    expect(text).toContain('export const narrowColumns: i32 = 8;');
  });
});

interface TileCase {
  readonly text: string;
  readonly form: TileForm;
  /** The function that calls the tile. */
  readonly called: string;
  readonly height: number;
  readonly columns: number;
  readonly segments: number;
  readonly length: number;
  /** 0 where one line serves all rows. */
  readonly initStep: number;
}

function expectPlainForm(given: TileCase): void {
  const { text, form, called, height, columns, segments, length, initStep } = given;
  const { memory, put } = emptyMemory(4000);
  const [aRow, aStep] = form === 'alongK' ? [70, 1] : [1, 9];
  const aSegment = length * aStep + 3;
  const a = put(uniform(1, 600, -1, 1));
  const b = put(uniform(2, segments * length * bStep, -1, 1));
  const init = put(uniform(3, initRow * height, -1, 1));
  const c = put(new Float64Array(cRow * height).fill(Number.NaN));

  const expected = memory.slice();
  for (let row = 0; row < height; row++)
    for (let column = 0; column < columns; column++) {
      let sum = memory[init / 4 + row * initStep + column];
      for (let k = 0; k < segments * length; k++) {
        const inA = row * aRow + Math.floor(k / length) * aSegment + (k % length) * aStep;
        sum = Math.fround(Math.fround(memory[a / 4 + inA] * memory[b / 4 + k * bStep + column]) + sum);
      }
      expected[c / 4 + row * cRow + column] = sum;
    }

  const shape = { aRow: aRow * 4, aStep: aStep * 4, aSegment: aSegment * 4, cRow: cRow * 4 };
  const tile = runAssembly(text, memory, Math.fround)[called];
  tile(height, shape, a, b, init, initStep * 4, c, segments, length);
  expect(memory).toEqual(expected);
}
