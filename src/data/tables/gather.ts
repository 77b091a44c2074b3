/** The rows of a table, gathered in one pass: what each column holds shows with its last row. */
import { inputError } from '../../errors.ts';
import { asCode } from '../../shown.ts';
import { checkDataSize } from '../data-size.ts';
import { firstTwice } from '../dataset.ts';
import { type Cell, isMissing, numberIn } from './cells.ts';

/** A row, with the number that it has in its file. */
export interface TableRow {
  readonly cells: readonly Cell[];
  readonly number: number;
}

/** A column, gathered. */
export interface GatheredColumn {
  readonly name: string;
  /** Of text: its different values, in the order of their first rows. Absent for numbers. */
  readonly texts?: readonly string[];
}

export interface Gathered {
  readonly columns: readonly GatheredColumn[];
  readonly count: number;
  /** A number, or the place of a text among its column's `texts`. */
  value(row: number, column: number): number;
  /** For messages: where a row stood. It may be kept. */
  readonly where: (row: number) => string;
}

/** More different texts are no categories. */
const mostTexts = 65_536;
const rowsOfBlock = 4096;

/**
 * @param names of the columns
 * @param unit of the rows' numbers: `line`
 * @throws GradpoolError that names row and column, for a missing value, text among numbers, and a name twice
 */
export async function gatherRows(
  path: string,
  names: readonly string[],
  rows: AsyncIterable<TableRow>,
  unit: string,
): Promise<Gathered> {
  const twice = firstTwice(names);
  if (twice !== undefined)
    throw inputError(`${path}: expected a name for each column, got ${asCode(twice)} twice`);
  const columns = names.map((name) => createColumn(path, name));
  const blocks: Float64Array[] = [];
  const numbers: number[] = [];
  const where = placesOf(unit, numbers);
  for await (const { cells, number } of rows) {
    const place = `${unit} ${number}`;
    const row = numbers.length % rowsOfBlock;
    if (row === 0) blocks.push(newBlock(path, blocks.length, names.length));
    const block = blocks[blocks.length - 1];
    for (let column = 0; column < names.length; column++)
      block[row * names.length + column] = columns[column].take(cells[column], place);
    numbers.push(number);
  }
  return {
    columns: columns.map((column) => column.gathered()),
    count: numbers.length,
    value: (row, column) =>
      blocks[Math.floor(row / rowsOfBlock)][(row % rowsOfBlock) * names.length + column],
    where,
  };
}

/** A function that holds nothing else of a table: it may be kept longer than its rows. */
const placesOf =
  (unit: string, numbers: readonly number[]) =>
  (row: number): string =>
    `${unit} ${numbers[row]}`;

function newBlock(path: string, before: number, columns: number): Float64Array {
  const bytes = (before + 1) * rowsOfBlock * columns * Float64Array.BYTES_PER_ELEMENT;
  checkDataSize(path, [{ name: 'its rows', count: 0, inputBytes: bytes }]);
  return new Float64Array(rowsOfBlock * columns);
}

function createColumn(path: string, name: string) {
  let first: { readonly where: string; readonly isNumber: boolean } | undefined;
  const texts = new Map<string, number>();
  const refuse = (where: string, expected: string, cell: Cell) =>
    inputError(`${path}: expected ${expected} in column ${asCode(name)}, got ${asCode(cell)} in ${where}`);
  return {
    take(cell: Cell, where: string): number {
      if (isMissing(cell))
        throw inputError(
          `${path}: expected a value in column ${asCode(name)}, got ${cell === '' ? 'none' : asCode(cell)} in ${where}; fill it in, or leave the row out`,
        );
      const value = numberIn(cell);
      first ??= { where, isNumber: value !== undefined };
      if (first.isNumber !== (value !== undefined))
        throw refuse(
          where,
          first.isNumber ? `numbers, as in ${first.where},` : `text, as in ${first.where},`,
          cell,
        );
      if (value !== undefined) return value;
      const text = `${cell}`;
      const known = texts.get(text);
      if (known !== undefined) return known;
      if (texts.size >= mostTexts) throw refuse(where, `at most ${mostTexts} different texts`, cell);
      texts.set(text, texts.size);
      return texts.size - 1;
    },
    gathered: (): GatheredColumn =>
      first?.isNumber === false ? { name, texts: [...texts.keys()] } : { name },
  };
}
