/**
 * Writes the inner tiles of the matrix products as AssemblyScript text: code that is unrolled over the tile's rows
 * and vectors, because its accumulators must stay in registers. Their plain form, for one element of C:
 *
 *   c = init; for each k: c = multiplyAdd(a[row, k], b[k, column], c)
 *
 * The order over k is the same in every tile, so neither rows nor vectors change a result's bits.
 */

/** How the rows of A lie. */
export type TileForm =
  /** Neighbours in k are neighbours in memory, in `segments` stretches; rows are `aRow` bytes apart. */
  | 'alongK'
  /** Rows are neighbours in memory; k's are `aStep` bytes apart, in `segments` stretches. (A is transposed.) */
  | 'acrossK';

export const bytesPerVector = 16;
const bytesPerFloat = 4;
/** B is packed in panels of 16 columns. */
const bStep = 64;
const parameters =
  'shape: MatmulShape, a: usize, b: usize, init: usize, initRow: usize, c: usize, segments: i32, length: i32';

/** Where few of a panel's columns are used, half of it is computed: a tile of 2 vectors, and of more rows. */
const narrowVectors = 2;

/** The names of the generated functions, of tiles of `vectors` * 4 columns. */
export const tileName = (form: TileForm, vectors: number, rows: number): string =>
  `${form}${vectors * 4}x${rows}`;

/**
 * The module `tiles.ts` of the kernels: for both forms, a tile of each height from 1 to `rows`, of `vectors` * 4 columns, and
 * of each height from 1 to `narrowRows`, of half a panel.
 */
export function tilesModule(rows: number, vectors: number, narrowRows: number): string {
  const forms: TileForm[] = ['alongK', 'acrossK'];
  const most = vectors === narrowVectors ? Math.max(rows, narrowRows) : rows;
  const tilesOf = (width: number, highest: number) =>
    forms.flatMap((form) => heightsTo(highest).map((height) => tile(form, height, width)));
  return [
    "import { MatmulShape } from './matmul-shape';",
    "import { multiplyAdd } from './multiply-add';",
    `export const tileRows: i32 = ${rows};`,
    `export const tileColumns: i32 = ${vectors * 4};`,
    `export const narrowRows: i32 = ${narrowRows};`,
    `export const narrowColumns: i32 = ${narrowVectors * 4};`,
    ...tilesOf(vectors, most),
    ...(vectors === narrowVectors ? [] : tilesOf(narrowVectors, narrowRows)),
    ...forms.map((form) => dispatch(form, form, vectors, rows)),
    ...forms.map((form) => dispatch(`${form}Narrow`, form, narrowVectors, narrowRows)),
  ].join('\n');
}

/** One tile function: rows x (vectors * 4) elements of C. */
function tile(form: TileForm, rows: number, vectors: number): string {
  const lines = [
    `function ${tileName(form, vectors, rows)}(${parameters}): void {`,
    ...[form === 'alongK' ? 'aRow' : 'aStep', 'cRow'].map((name) => `const ${name} = shape.${name};`),
    ...accumulators(
      rows,
      vectors,
      (row, vector) =>
        `let c${row}_${vector} = v128.load(init + ${row} * initRow, ${vector * bytesPerVector});`,
    ),
    ...(form === 'alongK' ? alongK(rows, vectors) : acrossK(rows, vectors)),
    ...accumulators(
      rows,
      vectors,
      (row, vector) => `v128.store(c + ${row} * cRow, c${row}_${vector}, ${vector * bytesPerVector});`,
    ).toReversed(),
    '}',
  ];
  return lines.join('\n');
}

const alongK = (rows: number, vectors: number): string[] => [
  ...upTo(rows).map((row) => `let a${row} = a + ${row} * aRow;`),
  `const toSegment = shape.aSegment - ${bytesPerFloat} * <usize>length;`,
  'for (; segments != 0; segments--) {',
  'for (let k = length; k != 0; k--) {',
  ...multiplyAdds(rows, vectors, 'b', (row) => `v128.load32_splat(a${row})`),
  ...upTo(rows).map((row) => `a${row} += ${bytesPerFloat};`),
  '}',
  ...upTo(rows).map((row) => `a${row} += toSegment;`),
  '}',
];

const acrossK = (rows: number, vectors: number): string[] => [
  'for (; segments != 0; segments--) {',
  'let ak = a;',
  'for (let k = length; k != 0; k--) {',
  ...multiplyAdds(rows, vectors, 'b', (row) => `v128.load32_splat(ak, ${row * bytesPerFloat})`),
  'ak += aStep;',
  '}',
  'a += shape.aSegment;',
  '}',
];

/** One k: a row of B is loaded once for all rows of the tile. B runs on from k to k and from segment to segment. */
export const multiplyAdds = (
  rows: number,
  vectors: number,
  b: string,
  loadA: (row: number) => string,
): string[] => [
  ...upTo(vectors).map((vector) => `const b${vector} = v128.load(${b}, ${vector * bytesPerVector});`),
  ...upTo(rows).flatMap((row) => [
    `const x${row} = ${loadA(row)};`,
    ...upTo(vectors).map(
      (vector) => `c${row}_${vector} = multiplyAdd(x${row}, b${vector}, c${row}_${vector});`,
    ),
  ]),
  `${b} += ${bStep};`,
];

/** A function that calls the tile of a height. */
function dispatch(name: string, form: TileForm, vectors: number, rows: number): string {
  return [
    `export function ${name}(height: i32, ${parameters}): void {`,
    'switch (height) {',
    ...heightsTo(rows).map(
      (height) =>
        `case ${height}: ${tileName(form, vectors, height)}(shape, a, b, init, initRow, c, segments, length); break;`,
    ),
    '}',
    '}',
  ].join('\n');
}

export const heightsTo = (rows: number): number[] => upTo(rows).map((row) => row + 1);

export const accumulators = (
  rows: number,
  vectors: number,
  line: (row: number, vector: number) => string,
): string[] => upTo(rows).flatMap((row) => upTo(vectors).map((vector) => line(row, vector)));

export const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
