/** A table in CSV with a column of labels: a file, or train.csv and test.csv. */
import { inputError } from '../../errors.ts';
import { withOpenFile } from '../../files/open-file.ts';
import { type CsvRow, csvRows } from '../../formats/csv/csv.ts';
import type { DataOptions } from '../data-options.ts';
import { numberIn } from '../tables/cells.ts';
import { type Gathered, gatherRows, type TableRow } from '../tables/gather.ts';
import type { Place, ReadParts } from './form.ts';
import { readTables } from './table-files.ts';

export const readCsvData = (place: Place, options: DataOptions): Promise<ReadParts> =>
  readTables({ name: 'CSV', files: /\.(csv|tsv)$/i, extension: 'csv', read: readCsv }, place, options);

const readCsv = (path: string): Promise<Gathered> =>
  withOpenFile(path, ({ handle }) =>
    gatherCsv(path, handle.createReadStream({ start: 0, autoClose: false })),
  );

/**
 * The rows of a table in CSV. A first row without a number is its header, and one that names a column of labels;
 * columns without a name have their number, from 0.
 * @throws GradpoolError that names the line
 */
export async function gatherCsv(path: string, source: AsyncIterable<Uint8Array>): Promise<Gathered> {
  const rows = csvRows(path, source);
  const { done, value: first } = await rows.next();
  if (done) throw inputError(`${path}: expected a CSV table, got an empty file`);
  const hasHeader = isHeader(first);
  const names = hasHeader ? first.cells : first.cells.map((_, column) => `${column}`);
  const nameless = names.indexOf('');
  if (nameless >= 0)
    throw inputError(
      `${path}: expected a name for each column, got none for column ${nameless} in its first line; pandas writes its index so, unless told not to: to_csv(index=False)`,
    );
  return gatherRows(path, names, tableRows(hasHeader ? [] : [first], rows), 'line');
}

const isHeader = ({ cells }: CsvRow): boolean =>
  cells.every((cell) => numberIn(cell) === undefined) ||
  cells.some((cell) => /^(label|class|target)$/i.test(cell));

async function* tableRows(first: readonly CsvRow[], rows: AsyncIterable<CsvRow>): AsyncGenerator<TableRow> {
  for (const { cells, line } of first) yield { cells, number: line };
  for await (const { cells, line } of rows) yield { cells, number: line };
}
