/** A table in Parquet with a column of labels: a file, or train.parquet and test.parquet. */
import { inputError } from '../../errors.ts';
import { withOpenFile } from '../../files/open-file.ts';
import {
  bytesInFile,
  openParquet,
  type ParquetBytes,
  type ParquetCell,
  type ParquetTable,
} from '../../formats/parquet/parquet.ts';
import { asCode } from '../../shown.ts';
import type { DataOptions } from '../data-options.ts';
import { checkDataSize } from '../data-size.ts';
import type { Cell } from '../tables/cells.ts';
import { type Gathered, gatherRows, type TableRow } from '../tables/gather.ts';
import type { Place, ReadParts } from './form.ts';
import { readTables } from './table-files.ts';

export const readParquetData = (place: Place, options: DataOptions): Promise<ReadParts> =>
  readTables(
    { name: 'Parquet', files: /\.parquet$/i, extension: 'parquet', read: readParquet },
    place,
    options,
  );

const readParquet = (path: string): Promise<Gathered> =>
  withOpenFile(path, (file) => gatherParquet(bytesInFile(file)));

/**
 * The rows of a table in Parquet.
 * @throws GradpoolError for a damaged file, columns of something else, and more than fits into the memory
 */
export async function gatherParquet(file: ParquetBytes): Promise<Gathered> {
  const { path } = file;
  const table = await openParquet(file);
  const { names, count } = table;
  const bytes = count * names.length * Float64Array.BYTES_PER_ELEMENT;
  checkDataSize(path, [{ name: 'its rows', count, inputBytes: bytes }]);
  const index = names.find((name) => /^__index_level_\d+__$/.test(name));
  if (index !== undefined)
    throw inputError(
      `${path}: expected columns of data, got ${asCode(index)}, which is pandas' index; leave it out: to_parquet(index=False)`,
    );
  return gatherRows(path, names, tableRows(path, table), rowUnit);
}

const rowUnit = 'row';

async function* tableRows(path: string, { names, rows }: ParquetTable): AsyncGenerator<TableRow> {
  for await (const { cells, number } of rows()) {
    yield { number, cells: cells.map((cell, column) => tableCell(path, cell, names[column], number)) };
  }
}

/** As it would stand in CSV. */
function tableCell(path: string, cell: ParquetCell, column: string, row: number): Cell {
  if (cell === null) return '';
  if (typeof cell === 'string') return cell.trim();
  if (typeof cell === 'boolean') return `${cell}`;
  const value = Number(cell);
  if (Number.isNaN(value) || Number.isFinite(Math.fround(value))) return value;
  throw inputError(
    `${path}: expected numbers that float32 can hold in column ${asCode(column)}, got ${value} in ${rowUnit} ${row}`,
  );
}
