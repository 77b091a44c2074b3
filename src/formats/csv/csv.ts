import { Readable } from 'node:stream';
import { firstLineOf, inputError } from '../../errors.ts';

/** A row of a table. */
export interface CsvRow {
  readonly cells: readonly string[];
  /** The number of its line, from 1; of several, where text in quotes has line ends, of the last one. */
  readonly line: number;
}

/** A longer one is no row of a table. */
const mostRowBytes = 2 ** 22;

/**
 * The rows of a CSV file (RFC 4180, UTF-8), one by one; empty lines are left out. Columns are parted by the comma,
 * semicolon or tab that the first line has most of.
 * @throws GradpoolError that names the line, for rows of different lengths and quotes that are not closed
 */
export async function* csvRows(path: string, source: AsyncIterable<Uint8Array>): AsyncGenerator<CsvRow> {
  const { parse } = await import('csv-parse');
  const chunks = source[Symbol.asyncIterator]();
  try {
    const start = await startOf(chunks);
    const parser = parse({
      ...{ bom: true, delimiter: delimiterOf(start), info: true, skip_empty_lines: true },
      max_record_size: mostRowBytes,
    });
    const bytes = Readable.from(joined(start, chunks), { objectMode: false });
    bytes.once('error', (error) => parser.destroy(error));
    for await (const { record, info } of bytes.pipe(parser))
      yield { cells: record.map((cell: string) => cell.trim()), line: info.lines };
  } catch (error) {
    throw inputError(`${path}: expected a CSV table, got damaged data (${firstLineOf(error)})`, error);
  } finally {
    await chunks.return?.();
  }
}

const delimiters = [',', ';', '\t'] as const;

function delimiterOf(start: Buffer): string {
  const [line] = start.toString('latin1').split('\n', 1);
  return delimiters.toSorted((a, b) => line.split(b).length - line.split(a).length)[0];
}

/** As much as has the first line. */
async function startOf(chunks: AsyncIterator<Uint8Array>): Promise<Buffer> {
  let start: Buffer = Buffer.alloc(0);
  while (!start.includes(0x0a) && start.length < mostRowBytes) {
    const { done, value } = await chunks.next();
    if (done) break;
    start = Buffer.concat([start, value]);
  }
  return start;
}

async function* joined(start: Buffer, chunks: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield start;
  for (let next = await chunks.next(); !next.done; next = await chunks.next()) yield next.value;
}
