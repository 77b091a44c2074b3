/** The one way in which files are read: regular ones only, opened without waiting, of a size that the reader bounds. */
import { constants, type Stats } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { codeOf, inputError, messageOf } from '../errors.ts';
import { mostMemoryBytes } from '../runtime/memory-limit.ts';
import { counted } from '../shown.ts';
import { kindOf } from './file-kind.ts';

/** A regular file that is open for reading. */
export interface OpenFile {
  readonly path: string;
  readonly handle: FileHandle;
  /** Bytes. */
  readonly size: number;
}

/**
 * Opens a regular file of at most `mostBytes`, hands it to `use` and closes it.
 * @throws GradpoolError when there is no file, it cannot be opened or is larger, or a directory, pipe or the like is in
 * its place
 */
export async function withOpenFile<T>(
  path: string,
  use: (file: OpenFile) => Promise<T>,
  mostBytes = Number.POSITIVE_INFINITY,
): Promise<T> {
  const handle = await openWithoutWaiting(path);
  try {
    // Asked of the open file, not of its name: what was checked is what is read.
    const size = sizeOfFile(path, await handle.stat());
    checkBytes(path, size, mostBytes);
    return await use({ path, handle, size });
  } finally {
    await handle.close();
  }
}

/**
 * Reads a regular file of at most `mostBytes`; a larger one is refused before any memory is taken.
 * @throws GradpoolError as `withOpenFile` and `readShared` do
 */
export const readBoundedFile = (path: string, mostBytes: number): Promise<Uint8Array> =>
  withOpenFile(path, async (file) => fill(file, new Uint8Array(file.size)), mostBytes);

/**
 * Reads the first `length` bytes into shared memory.
 * @throws GradpoolError when the file ends before them, the disk fails, or `length` is more than the memory of a training
 */
export async function readShared(file: OpenFile, length: number): Promise<Uint8Array> {
  checkBytes(file.path, length, mostMemoryBytes);
  return fill(file, new Uint8Array(new SharedArrayBuffer(length)));
}

/**
 * Reads the bytes from `start` to `end`.
 * @throws GradpoolError as `readShared` does
 */
export async function readRange(
  file: OpenFile,
  start: number,
  end: number,
): Promise<Uint8Array<ArrayBuffer>> {
  checkBytes(file.path, end - start, mostMemoryBytes);
  return fill(file, new Uint8Array(end - start), start);
}

/**
 * The size of a file that is not opened.
 * @throws GradpoolError unless `path` leads to a regular file
 */
export async function regularFileSize(path: string): Promise<number> {
  const found = await stat(path).catch((error: unknown) => {
    throw notOpened(path, error);
  });
  return sizeOfFile(path, found);
}

/** What the operating system said, e.g. `EACCES: permission denied`. */
export const describe = (error: unknown): string => messageOf(error).split(', ')[0];

/** The kernel takes less than 2 GiB at once. */
const mostBytesOfOneRead = 2 ** 30;

async function fill<Bytes extends Uint8Array>(
  { path, handle }: OpenFile,
  bytes: Bytes,
  start = 0,
): Promise<Bytes> {
  for (let filled = 0; filled < bytes.length; ) {
    const at = start + filled;
    const { bytesRead } = await handle
      .read(bytes, filled, Math.min(bytes.length - filled, mostBytesOfOneRead), at)
      .catch((error: unknown) => {
        throw inputError(`${path}: cannot be read at byte ${at} (${describe(error)})`, error);
      });
    if (bytesRead === 0)
      throw inputError(
        `${path}: expected ${counted(start + bytes.length, 'byte')}, got ${at}; the file changed while it was read`,
      );
    filled += bytesRead;
  }
  return bytes;
}

/** Without O_NONBLOCK, opening a pipe waits until somebody writes into it. Windows has no such flag and no such pipes. */
async function openWithoutWaiting(path: string): Promise<FileHandle> {
  try {
    return await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    throw notOpened(path, error);
  }
}

function notOpened(path: string, error: unknown): Error {
  const code = codeOf(error);
  if (code === 'ENOENT') return inputError(`${path}: expected a file, found nothing`, error);
  if (code === 'ENXIO') return inputError(`${path}: expected a file, got a socket or a device`, error);
  return inputError(`${path}: expected a file that can be read, got ${describe(error)}`, error);
}

function sizeOfFile(path: string, found: Stats): number {
  if (!found.isFile()) throw inputError(`${path}: expected a file, got ${kindOf(found)}`);
  return found.size;
}

function checkBytes(path: string, bytes: number, most: number): void {
  if (bytes > most)
    throw inputError(`${path}: expected a file of at most ${most} bytes, got ${counted(bytes, 'byte')}`);
}
