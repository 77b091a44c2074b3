/** The rows of a Parquet file, read by hyparquet: a row group at a time, and only columns of numbers, text and booleans. */
import type { AsyncBuffer, DecodedArray, FileMetaData, RowGroup, SchemaTree } from 'hyparquet';
import { firstLineOf, GradpoolError, inputError } from '../../errors.ts';
import { type OpenFile, readRange } from '../../files/open-file.ts';
import { asCode } from '../../shown.ts';
import { codecs, compressors } from './pages.ts';

/** A value that is missing is null. */
export type ParquetCell = string | number | bigint | boolean | null;

export interface ParquetRow {
  readonly cells: readonly ParquetCell[];
  /** From 1. */
  readonly number: number;
}

export interface ParquetTable {
  readonly names: readonly string[];
  readonly count: number;
  /** Rows in their order. @throws GradpoolError for damaged data */
  rows(): AsyncGenerator<ParquetRow>;
}

/** The bytes of a file, of which some are read at a time. */
export interface ParquetBytes {
  /** For messages. */
  readonly path: string;
  readonly size: number;
  range(start: number, end: number): Promise<ArrayBuffer>;
}

export const bytesInFile = (file: OpenFile): ParquetBytes => ({
  ...{ path: file.path, size: file.size },
  range: async (start, end) => (await readRange(file, start, end)).buffer,
});

export const bytesInMemory = (path: string, bytes: Uint8Array): ParquetBytes => ({
  ...{ path, size: bytes.length },
  range: async (start, end) => Uint8Array.from(bytes.subarray(start, end)).buffer,
});

/** Whether bytes begin as a Parquet file does. */
export const isParquet = (start: Uint8Array): boolean =>
  Buffer.from(start.subarray(0, 4)).toString('latin1') === 'PAR1';

/**
 * Opens a table by its metadata, which stand at its end; no row is read.
 * @throws GradpoolError for a damaged file, and for columns that hold something else, by name
 */
export async function openParquet(file: ParquetBytes): Promise<ParquetTable> {
  const { parquetMetadataAsync, parquetSchema } = await import('hyparquet');
  const buffer = bufferOf(file);
  const { metadata, columns } = await orDamaged(file.path, async () => {
    const found = await parquetMetadataAsync(buffer, { geoparquet: false });
    return { metadata: found, columns: parquetSchema(found).children };
  });
  for (const column of columns) checkColumn(file.path, column);
  checkCodecs(file.path, metadata);
  const names = columns.map(({ element }) => element.name);
  return {
    ...{ names, count: countOf(file.path, metadata) },
    rows: () => rowsOf(file.path, buffer, metadata, names),
  };
}

const bufferOf = (file: ParquetBytes): AsyncBuffer => ({
  byteLength: file.size,
  slice: async (start, end = file.size) => {
    if (!(start >= 0 && start <= end && end <= file.size))
      throw new Error(`bytes ${start} to ${end} of ${file.size}`);
    return file.range(start, end);
  },
});

function countOf(path: string, { num_rows, row_groups }: FileMetaData): number {
  const sum = row_groups.reduce((rows, group) => rows + Number(group.num_rows), 0);
  if (sum === Number(num_rows) && row_groups.every((group) => group.num_rows >= 0)) return sum;
  throw inputError(`${path}: expected ${num_rows} rows, as it says itself, got ${sum} in its row groups`);
}

async function* rowsOf(
  path: string,
  file: AsyncBuffer,
  metadata: FileMetaData,
  names: readonly string[],
): AsyncGenerator<ParquetRow> {
  let first = 0;
  for (const group of metadata.row_groups) {
    const columns = await orDamaged(path, () => readGroup(file, metadata, group, first, names));
    const count = Number(group.num_rows);
    for (let row = 0; row < count; row++)
      yield { cells: columns.map((column) => column[row] ?? null), number: first + row + 1 };
    first += count;
  }
}

/** Every column of a row group, all at once: to ask for one after the other takes the square of their number. */
async function readGroup(
  file: AsyncBuffer,
  metadata: FileMetaData,
  group: RowGroup,
  rowStart: number,
  names: readonly string[],
): Promise<DecodedArray[]> {
  const { parquetRead } = await import('hyparquet');
  const rows = Number(group.num_rows);
  const parts = new Map(names.map((name): [string, DecodedArray[]] => [name, []]));
  if (rows > 0)
    await parquetRead({
      ...{ file, metadata, compressors, geoparquet: false, rowStart, rowEnd: rowStart + rows },
      onChunk: ({ columnName, columnData }) => void parts.get(columnName)?.push(columnData),
    });
  return Array.from(parts, ([column, [first = [], ...others]]) => {
    const values = others.length === 0 ? first : [first, ...others].flatMap((part) => Array.from(part));
    if (values.length === rows) return values;
    throw new Error(`${values.length} of ${rows} values of the column ${column}`);
  });
}

/** What a column may be marked as; everything else (dates, JSON, bytes, ...) is no number and no text. */
const marks = new Set(['UTF8', 'STRING', 'ENUM', 'DECIMAL', 'INTEGER', 'FLOAT16']);

function checkColumn(path: string, { element, children }: SchemaTree): void {
  const {
    name,
    type,
    converted_type: converted,
    logical_type: logical,
    repetition_type: repetition,
  } = element;
  const mark = logical?.type ?? converted;
  const isPlain = mark === undefined && !['BYTE_ARRAY', 'FIXED_LEN_BYTE_ARRAY', 'INT96'].includes(`${type}`);
  const isNested = children.length > 0 || repetition === 'REPEATED';
  if (!isNested && (isPlain || (mark !== undefined && (marks.has(mark) || /^U?INT_\d+$/.test(mark))))) return;
  throw inputError(
    `${path}: expected numbers, text or booleans in column ${asCode(name)}, got ${isNested ? 'nested values' : (mark ?? type)}; write it as columns of its own, or leave it out`,
  );
}

function checkCodecs(path: string, { row_groups }: FileMetaData): void {
  for (const { columns } of row_groups)
    for (const { meta_data: column } of columns)
      if (column !== undefined && !codecs.includes(column.codec))
        throw inputError(
          `${path}: expected columns packed by ${codecs.slice(1).join(', ')} or not at all, got ${column.codec}`,
        );
}

async function orDamaged<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof GradpoolError) throw error;
    throw inputError(`${path}: expected a Parquet file, got damaged data (${firstLineOf(error)})`, error);
  }
}
