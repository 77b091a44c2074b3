import { crc32 } from 'node:zlib';
import type { Entry, ZipFile } from 'yauzl';
import { GradpoolError, inputError } from '../../errors.ts';
import { describe, withOpenFile } from '../../files/open-file.ts';
import { mostMemoryBytes } from '../../runtime/memory-limit.ts';
import { counted } from '../../shown.ts';

/** Deflate makes at most 258 bytes of two bits. */
const largestRatio = 1032;
/** An archive of arrays or of a model has some. */
const mostEntries = 10_000;

/** A file in a zip archive. */
export interface ZipEntry {
  readonly name: string;
  /** Unpacked, as the archive says: `read` refuses more and less. */
  readonly bytes: number;
  /**
   * Unpacks it into shared memory.
   * @throws GradpoolError for damaged data, of another length or CRC-32 than the archive says
   */
  read(): Promise<Uint8Array>;
}

/**
 * Opens a zip archive and hands its files to `use`. The sizes that it claims are no larger than its bytes can hold.
 * @throws GradpoolError for an archive that is damaged or encrypted, or claims sizes that cannot be (a zip bomb)
 */
export function withZip<T>(path: string, use: (entries: readonly ZipEntry[]) => Promise<T>): Promise<T> {
  return withOpenFile(path, async ({ handle, size }) => {
    const { fromFdPromise } = await import('yauzl');
    const entries: ZipEntry[] = [];
    let left = size;
    const archive = await orRefuse(path, 'a zip archive', () =>
      fromFdPromise(handle.fd, { autoClose: false, lazyEntries: true }),
    );
    if (archive.entryCount > mostEntries)
      throw inputError(`${path}: expected at most ${mostEntries} files in it, got ${archive.entryCount}`);
    await orRefuse(path, 'a zip archive', async () => {
      for await (const entry of archive.eachEntry()) {
        left -= entry.compressedSize;
        checkSizes(path, entry, left);
        entries.push({
          name: entry.fileName,
          bytes: entry.uncompressedSize,
          read: () => unpack(path, archive, entry),
        });
      }
    });
    return use(entries);
  });
}

/** @param left bytes of the file that no entry before has claimed: entries that overlap claim more than there are */
function checkSizes(path: string, { fileName, compressedSize, uncompressedSize }: Entry, left: number): void {
  const most = Math.min(mostMemoryBytes, compressedSize * largestRatio);
  if (uncompressedSize <= most && left >= 0) return;
  throw inputError(
    `${path}: expected ${fileName} to be at most ${counted(most, 'byte')} of ${counted(compressedSize, 'packed byte')}, got a claim of ${uncompressedSize}; it is damaged, or made to fill the memory`,
  );
}

async function unpack(path: string, archive: ZipFile, entry: Entry): Promise<Uint8Array> {
  const what = `whole data of ${entry.fileName}`;
  return orRefuse(path, what, async () => {
    const bytes = new Uint8Array(new SharedArrayBuffer(entry.uncompressedSize));
    let [filled, crc] = [0, 0];
    for await (const chunk of await archive.openReadStreamPromise(entry)) {
      bytes.set(chunk, filled);
      filled += chunk.length;
      crc = crc32(chunk, crc);
    }
    if (filled !== bytes.length || crc !== entry.crc32)
      throw inputError(`${path}: expected ${what}, got others than its CRC-32 says; the file is damaged`);
    return bytes;
  });
}

/** Makes one kind of error of everything that can go wrong. */
async function orRefuse<T>(path: string, what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof GradpoolError) throw error;
    throw inputError(`${path}: expected ${what}, got damaged data (${describe(error)})`, error);
  }
}
