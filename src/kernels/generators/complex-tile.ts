/**
 * Writes the inner tiles of the complex matrix products as AssemblyScript text, unrolled like those of tile.ts. A tile
 * is some complex rows of C, whose real and imaginary parts are accumulators of their own. Their plain form, for one
 * element of C = A conj(B), with two sums one after the other on the same accumulators, as that needs fewer registers
 * than one with both parts of B:
 *
 *   for each k: re = multiplyAdd(a.re, b.re, re);  im = multiplyAdd(a.im, b.re, im)
 *   for each k: re = multiplyAdd(a.im, b.im, re);  im = multiplySubtract(a.re, b.im, im)
 *
 * The order over k is the same in every tile, so neither rows nor vectors change a result's bits.
 */
import { bytesPerVector, upTo } from './tile.ts';

const parameters = 'shape: ComplexShape, a: usize, b: usize, c: usize';

/** The module `complex-tiles.ts` of the kernels: a tile of each height from 1 to `rows`, of `vectors` * 4 columns. */
export function complexTilesModule(rows: number, vectors: number): string {
  const heights = upTo(rows).map((row) => row + 1);
  return [
    "import { ComplexShape } from './complex-shape';",
    "import { multiplyAdd, multiplySubtract } from './multiply-add';",
    `export const complexTileRows: i32 = ${rows};`,
    `export const complexTileColumns: i32 = ${vectors * 4};`,
    ...heights.map((height) => tile(height, vectors)),
    `export function complexTile(height: i32, ${parameters}): void {`,
    'switch (height) {',
    ...heights.map((height) => `case ${height}: complexTile${height}(shape, a, b, c); break;`),
    '}',
    '}',
  ].join('\n');
}

function tile(rows: number, vectors: number): string {
  const lines = [
    `function complexTile${rows}(${parameters}): void {`,
    ...['aStep', 'bStep', 'zeros', 'cRow'].map((name) => `const ${name} = shape.${name};`),
    'const aImaginary = a + shape.aImaginary;',
    'let bImaginary = b + shape.bImaginary;',
    'const cImaginary = c + shape.cImaginary;',
    ...each(rows, vectors, (part, row, vector) => `let ${part}${row}_${vector} = ${load('zeros', vector)};`),
    ...upTo(rows).flatMap((row) => [`let a${row}: usize;`, `let i${row}: usize;`]),
    ...sum(rows, vectors, 'b', (row) => [`a${row}`, `i${row}`, 'multiplyAdd']),
    ...sum(rows, vectors, 'bImaginary', (row) => [`i${row}`, `a${row}`, 'multiplySubtract']),
    ...each(rows, vectors, (part, row, vector) => {
      const to = part === 're' ? 'c' : 'cImaginary';
      return `v128.store(${to} + ${row} * cRow, ${part}${row}_${vector}, ${vector * bytesPerVector});`;
    }).toReversed(),
    '}',
  ];
  return lines.join('\n');
}

/** One part of B: a row of it is loaded once for all rows of the tile. */
const sum = (
  rows: number,
  vectors: number,
  b: string,
  of: (row: number) => [re: string, im: string, combineIm: string],
): string[] => [
  ...upTo(rows).flatMap((row) => [
    `a${row} = a + ${row} * shape.aRow;`,
    `i${row} = aImaginary + ${row} * shape.aRow;`,
  ]),
  `for (let k = shape.length; k != 0; k--) {`,
  ...upTo(vectors).map((vector) => `const b${vector} = ${load(b, vector)};`),
  ...upTo(rows).flatMap((row) => {
    const [re, im, combineIm] = of(row);
    return [
      ...combine('re', row, vectors, re, 'multiplyAdd'),
      ...combine('im', row, vectors, im, combineIm),
      `a${row} += aStep;`,
      `i${row} += aStep;`,
    ];
  }),
  `${b} += bStep;`,
  '}',
];

const combine = (
  part: string,
  row: number,
  vectors: number,
  pointer: string,
  operation: string,
): string[] => [
  `const ${part}${row} = v128.load32_splat(${pointer});`,
  ...upTo(vectors).map(
    (vector) => `${part}${row}_${vector} = ${operation}(${part}${row}, b${vector}, ${part}${row}_${vector});`,
  ),
];

const each = (
  rows: number,
  vectors: number,
  line: (part: 're' | 'im', row: number, vector: number) => string,
): string[] =>
  upTo(rows).flatMap((row) =>
    (['re', 'im'] as const).flatMap((part) => upTo(vectors).map((vector) => line(part, row, vector))),
  );

const load = (pointer: string, vector: number): string => `v128.load(${pointer}, ${vector * bytesPerVector})`;
