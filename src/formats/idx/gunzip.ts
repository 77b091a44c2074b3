import { pipeline } from 'node:stream/promises';
import { constants, createGunzip, gunzipSync } from 'node:zlib';
import { GradpoolError, inputError } from '../../errors.ts';
import { describe, type OpenFile } from '../../files/open-file.ts';
import { counted } from '../../shown.ts';
import { checkLength, type IdxHeader } from './idx-header.ts';

/** Deflate makes at most 258 bytes of two bits. */
const largestRatio = 1032;

/**
 * Decompresses an IDX file into shared memory that is as long as its header says. The header is not believed:
 * it may claim no more than its compressed bytes can hold, and reading stops as soon as there is more than it claims.
 * @param headerOf reads the header from the first `longestHeader` decompressed bytes, or all if there are fewer
 * @throws GradpoolError for broken or cut gzip data, bytes behind it, and more or fewer values than the header claims
 */
export function gunzipShared<Header extends IdxHeader>(
  file: OpenFile,
  longestHeader: number,
  headerOf: (start: Uint8Array) => Header,
): Promise<{ header: Header; bytes: Uint8Array }> {
  return decompress(file, async (chunks) => {
    let output: { header: Header; bytes: Uint8Array } | undefined;
    let filled = 0;
    for await (const chunk of beginWith(longestHeader, chunks)) {
      output ??= prepare(file, headerOf(chunk));
      if (filled + chunk.length > output.bytes.length) checkLength(file.path, output.header, 'more');
      output.bytes.set(chunk, filled);
      filled += chunk.length;
    }
    if (output === undefined) throw new Error('beginWith gives at least one chunk');
    checkLength(file.path, output.header, filled);
    return output;
  });
}

/** So many bytes of gzip data hold the header of an IDX file, unless a long name or comment goes before. */
export const mostGzipStart = 4096;

/** What the first bytes of gzip data hold; nothing where they are damaged. */
export function gunzipStart(start: Uint8Array): Uint8Array {
  try {
    return gunzipSync(start, { finishFlush: constants.Z_SYNC_FLUSH });
  } catch {
    // Whoever reads the whole file says what is wrong with it.
    return new Uint8Array(0);
  }
}

/** Runs `consume` over the decompressed chunks and makes one kind of error of everything that can go wrong. */
async function decompress<T>(
  { path, handle, size }: OpenFile,
  consume: (chunks: AsyncIterable<Uint8Array>) => Promise<T>,
): Promise<T> {
  const gunzip = createGunzip({ chunkSize: 2 ** 18 });
  const source = handle.createReadStream({ start: 0, autoClose: false, highWaterMark: 2 ** 18 });
  const result = await pipeline(source, gunzip, consume).catch((error: unknown) => {
    if (error instanceof GradpoolError) throw error;
    // What follows the compressed data and is not gzip ends the decompressor before its source: an abort.
    if (gunzip.bytesWritten < size && gunzip.readableEnded) throw trailingBytes(path, gunzip.bytesWritten);
    throw inputError(
      `${path}: expected whole gzip data, got damaged data (${describe(error)}); download it again`,
      error,
    );
  });
  if (gunzip.bytesWritten < size) throw trailingBytes(path, gunzip.bytesWritten);
  return result;
}

/** The chunks, of which the first has at least `least` bytes, unless there are fewer in all. */
async function* beginWith(least: number, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let start: Uint8Array | undefined = new Uint8Array(0);
  for await (const chunk of chunks) {
    if (start === undefined) {
      yield chunk;
      continue;
    }
    start = Buffer.concat([start, chunk]);
    if (start.length < least) continue;
    yield start;
    start = undefined;
  }
  if (start !== undefined) yield start;
}

function prepare<Header extends IdxHeader>({ path, size }: OpenFile, header: Header) {
  if (header.fileBytes > size * largestRatio)
    throw inputError(
      `${path}: expected at most ${size * largestRatio} bytes in ${counted(size, 'byte')} of gzip data, got a header that claims ${header.shape.join(' x ')} of ${header.type}; the file is cut off or damaged`,
    );
  return { header, bytes: new Uint8Array(new SharedArrayBuffer(header.fileBytes)) };
}

const trailingBytes = (path: string, end: number) =>
  inputError(`${path}: expected nothing behind the gzip data, got more bytes from byte ${end} on`);
