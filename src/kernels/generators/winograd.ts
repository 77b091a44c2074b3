/**
 * Writes Winograd's transforms F(4x4, 3x3) (Lavin and Gray 2016, points 0, 1, -1, 2, -2) as straight-line
 * AssemblyScript. With matrices A [6, 4], B [6, 6], G [6, 3], 4 x 4 outputs of a 3 x 3 kernel g on 6 x 6 pixels d are
 *
 *   A' ((G g G') * (B' d B)) A, with * element by element
 *
 * in 36 multiplications instead of 144; the way back takes the same matrices transposed. Each function is one line of a
 * transform (rows first, then columns), for 8 channels at once, a cell.
 */
import { type StraightLine, scaled, straightLine, type Term } from './straight-line.ts';

const cellBytes = 32;

type Matrix = readonly (readonly number[])[];

/** B' */
const fromPixels: Matrix = [
  [4, 0, -5, 0, 1, 0],
  [0, -4, -4, 1, 1, 0],
  [0, 4, -4, -1, 1, 0],
  [0, -2, -1, 2, 1, 0],
  [0, 2, -1, -2, 1, 0],
  [0, 4, 0, -5, 0, 1],
];

/** A' */
const toOutputs: Matrix = [
  [1, 1, 1, 1, 1, 0],
  [0, 1, -1, 2, -2, 0],
  [0, 1, 1, 4, 4, 0],
  [0, 1, -1, 8, -8, 1],
];

const fromWeights: Matrix = [
  [1 / 4, 0, 0],
  [-1 / 6, -1 / 6, -1 / 6],
  [-1 / 6, 1 / 6, -1 / 6],
  [1 / 24, 1 / 12, 1 / 6],
  [1 / 24, -1 / 12, 1 / 6],
  [0, 0, 1],
];

const transposed = (matrix: Matrix): Matrix => matrix[0].map((_, column) => matrix.map((row) => row[column]));

/** Of each transform: its matrix, and what is added to the values that its second line stores. */
const transforms = {
  input: { matrix: fromPixels, added: 'nothing' },
  output: { matrix: toOutputs, added: 'bias' },
  outputGradient: { matrix: transposed(toOutputs), added: 'nothing' },
  inputGradient: { matrix: transposed(fromPixels), added: 'what is there' },
  weights: { matrix: fromWeights, added: 'nothing' },
  weightGradient: { matrix: transposed(fromWeights), added: 'nothing' },
} as const;

type Added = 'nothing' | 'bias' | 'what is there';

/**
 * The module `winograd-lines.ts` of the kernels: for each transform of n x n cells to m x m, `...Row` reads n cells and
 * stores m at a line of a tile; `...Column` reads n cells of a column of the tile and stores m.
 */
export function winogradModule(): string {
  const coefficients: number[] = [];
  const coefficient = (value: number): string => {
    const known = coefficients.indexOf(value);
    const index = known >= 0 ? known : coefficients.push(value) - 1;
    return `v128.load32_splat(coefficients, ${4 * index})`;
  };
  const functions = Object.entries(transforms).flatMap(([name, { matrix, added }]) => [
    row(`${name}Row`, matrix, coefficient),
    column(`${name}Column`, matrix, added, coefficient),
  ]);
  return [
    "import { multiplyAdd, multiplySubtract } from './multiply-add';",
    `const coefficients = memory.data<f32>([${coefficients.join(', ')}]);`,
    ...functions,
  ].join('\n');
}

function row(name: string, matrix: Matrix, coefficient: (value: number) => string): string {
  const code = straightLine(coefficient);
  const from = pointers('p', matrix[0].length);
  const values = product(
    code,
    matrix,
    from.map((pointer) => code.load(pointer, 0)),
  );
  values.forEach((value, place) => {
    code.store('tile', place * cellBytes, value);
  });
  return written(name, [...from, 'tile'], code);
}

function column(name: string, matrix: Matrix, added: Added, coefficient: (value: number) => string): string {
  const code = straightLine(coefficient);
  const line = matrix.length * cellBytes;
  const values = product(
    code,
    matrix,
    matrix[0].map((_, place) => code.load('tile', place * line)),
  );
  const to = pointers('p', matrix.length);
  const bias = added === 'bias' ? code.load('bias', 0) : undefined;
  // Loads first, stores after them: V8 fuses no two stores with a load between.
  const sums = values.map((value, place) =>
    code.add(added === 'what is there' ? code.load(to[place], 0) : bias, value),
  );
  sums.forEach((value, place) => {
    code.store(to[place], 0, value);
  });
  return written(name, ['tile', ...(added === 'bias' ? ['bias'] : []), ...to], code);
}

const pointers = (name: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${name}${index}`);

const written = (name: string, parameters: readonly string[], { lines }: StraightLine): string =>
  [
    `export function ${name}(${parameters.map((parameter) => `${parameter}: usize`).join(', ')}): void {`,
    ...lines,
    '}',
  ].join('\n');

/** matrix * values. Rows, or columns, that differ in signs alone share what they have in common. */
function product(code: StraightLine, matrix: Matrix, values: readonly Term[]): Term[] {
  const columns = transposed(matrix);
  const [left, right] = firstTwins(columns);
  if (right === undefined) return rowProducts(code, matrix, values);
  // Their sum goes into the rows where both have one sign, their difference into the others.
  const merged = code.add(values[left], values[right]);
  const difference = code.add(values[left], scaled(values[right], -1));
  const isSame = (row: number) => columns[left][row] === columns[right][row];
  const replaced = columns.map((column, at) => {
    if (at === left) return column.map((factor, row) => (isSame(row) ? factor : 0));
    return at === right ? columns[left].map((factor, row) => (isSame(row) ? 0 : factor)) : column;
  });
  const others = values.map((value, at) => (at === left ? merged : at === right ? difference : value));
  return product(code, transposed(replaced), others);
}

function rowProducts(code: StraightLine, matrix: Matrix, values: readonly Term[]): Term[] {
  const [left, right] = firstTwins(matrix);
  if (right === undefined) return matrix.map((factors) => sum(code, factors, values));
  const isSame = (at: number) => matrix[left][at] === matrix[right][at];
  const common = matrix[left].map((factor, at) => (isSame(at) ? factor : 0));
  const rest = matrix[left].map((factor, at) => (isSame(at) ? 0 : factor));
  const replaced = matrix.map((factors, at) => (at === left ? common : at === right ? rest : factors));
  const sums = rowProducts(code, replaced, values);
  const [a, b] = [sums[left], sums[right]];
  return sums.map((value, at) => {
    if (at === left) return code.add(a, b);
    return at === right ? code.add(a, scaled(b, -1)) : value;
  });
}

/** The first two lines whose factors differ in signs, in some place and not in all. */
function firstTwins(lines: Matrix): readonly [number, number] | readonly [number, undefined] {
  for (const [left, line] of lines.entries()) {
    const right = lines.findIndex((other, at) => at > left && areTwins(line, other));
    if (right >= 0) return [left, right];
  }
  return [0, undefined];
}

function areTwins(line: readonly number[], other: readonly number[]): boolean {
  const signs = line.filter((factor) => factor !== 0).map((factor) => factor > 0);
  const others = other.filter((factor) => factor !== 0).map((factor) => factor > 0);
  const isAlike = line.every((factor, at) => Math.abs(factor) === Math.abs(other[at]));
  return (
    isAlike && signs.some((sign, at) => sign === others[at]) && signs.some((sign, at) => sign !== others[at])
  );
}

/** Terms whose factor is 1 or -1 first: the sum keeps their scale. */
const sum = (code: StraightLine, factors: readonly number[], values: readonly Term[]): Term =>
  factors
    .map((factor, at) => ({ factor, value: values[at] }))
    .filter(({ factor }) => factor !== 0)
    .sort((a, b) => Number(Math.abs(a.factor) !== 1) - Number(Math.abs(b.factor) !== 1))
    .reduce<Term>((total, { factor, value }) => code.add(total, scaled(value, factor)), undefined);
