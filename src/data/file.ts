import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { codeOf, inputError, messageOf } from '../errors.ts';
import { kindOf } from '../file-kind.ts';
import { mostMemoryBytes } from '../memory-limit.ts';
import { counted } from '../shown.ts';

/** A regular file that is open for reading. */
export interface OpenFile {
  readonly path: string;
  readonly handle: FileHandle;
  /** Bytes. */
  readonly size: number;
}

/**
 * Opens a regular file, hands it to `use` and closes it.
 * @throws GradpoolError when there is no file, it cannot be opened, or a directory, pipe or the like is in its place
 */
export async function withFile<T>(path: string, use: (file: OpenFile) => Promise<T>): Promise<T> {
  const handle = await openWithoutWaiting(path);
  try {
    // Asked of the open file, not of its name: what was checked is what is read.
    const stats = await handle.stat();
    if (!stats.isFile()) throw inputError(`${path}: expected a file, got ${kindOf(stats)}`);
    return await use({ path, handle, size: stats.size });
  } finally {
    await handle.close();
  }
}

/**
 * Reads the first `length` bytes into shared memory.
 * @throws GradpoolError when the file ends before them, the disk fails, or `length` is more than the memory of a training
 */
export async function readShared({ path, handle }: OpenFile, length: number): Promise<Uint8Array> {
  if (length > mostMemoryBytes)
    throw inputError(
      `${path}: expected a file of at most ${mostMemoryBytes} bytes, got ${counted(length, 'byte')}`,
    );
  const bytes = new Uint8Array(new SharedArrayBuffer(length));
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await handle
      .read(bytes, filled, Math.min(length - filled, mostBytesOfOneRead), filled)
      .catch((error: unknown) => {
        throw inputError(`${path}: cannot be read at byte ${filled} (${describe(error)})`, error);
      });
    if (bytesRead === 0)
      throw inputError(
        `${path}: expected ${counted(length, 'byte')}, got ${filled}; the file changed while it was read`,
      );
    filled += bytesRead;
  }
  return bytes;
}

/** What the operating system said, e.g. `EACCES: permission denied`. */
export const describe = (error: unknown): string => messageOf(error).split(', ')[0];

/** The kernel takes less than 2 GiB at once. */
const mostBytesOfOneRead = 2 ** 30;

/** Without O_NONBLOCK, opening a pipe waits until somebody writes into it. Windows has no such flag and no such pipes. */
async function openWithoutWaiting(path: string): Promise<FileHandle> {
  try {
    return await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT') throw inputError(`${path}: expected a file, found nothing; check the path`, error);
    if (code === 'ENXIO') throw inputError(`${path}: expected a file, got a socket or a device`, error);
    throw inputError(`${path}: expected a file that can be read, got ${describe(error)}`, error);
  }
}
