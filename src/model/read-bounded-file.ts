import { constants } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { codeOf, inputError, messageOf } from '../errors.ts';

/**
 * Reads a regular file of at most `mostBytes`; a larger one is refused before any memory is taken.
 * @throws GradpoolError when it is missing, is no regular file, cannot be read or is too large
 */
export const readBoundedFile = (file: string, mostBytes: number): Promise<Uint8Array> =>
  withRegularFile(file, mostBytes, async (handle, size) => {
    const bytes = new Uint8Array(size);
    await fill(handle, bytes, file);
    return bytes;
  });

/**
 * Opens a regular file of at most `mostBytes` for `use`, and closes it whatever comes.
 * @throws GradpoolError when it is missing, is no regular file, cannot be opened or is too large
 */
export async function withRegularFile<T>(
  file: string,
  mostBytes: number,
  use: (handle: FileHandle, size: number) => Promise<T>,
): Promise<T> {
  await regularFileSize(file);
  // Another thing may have come there since: a pipe is not waited for, and what was opened is looked at once more.
  const handle = await open(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)).catch(
    (error: unknown) => {
      throw inputError(`${file} cannot be read (${codeOf(error) ?? messageOf(error)})`, error);
    },
  );
  try {
    const found = await handle.stat();
    if (!found.isFile()) throw inputError(`Expected ${file} to be a file, got another thing just now`);
    if (found.size > mostBytes)
      throw inputError(`Expected ${file} to have at most ${mostBytes} bytes, got ${found.size}`);
    return await use(handle, found.size);
  } finally {
    await handle.close();
  }
}

/** @throws GradpoolError unless `file` is a regular file: opening a pipe would wait for ever */
export async function regularFileSize(file: string): Promise<number> {
  const found = await stat(file).catch((error: unknown) => {
    const code = codeOf(error) ?? messageOf(error);
    throw inputError(
      code === 'ENOENT' ? `${file} does not exist` : `${file} cannot be read (${code})`,
      error,
    );
  });
  if (found.isDirectory()) throw inputError(`Expected ${file} to be a file, got a directory`);
  if (!found.isFile())
    throw inputError(`Expected ${file} to be a regular file, got a pipe, socket or device`);
  return found.size;
}

async function fill(handle: FileHandle, bytes: Uint8Array, file: string): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesRead } = await handle.read(bytes, at, bytes.length - at, at).catch((error: unknown) => {
      throw inputError(`${file} cannot be read (${codeOf(error) ?? messageOf(error)})`, error);
    });
    if (bytesRead === 0)
      throw inputError(`Expected ${file} to have ${bytes.length} bytes, got ${at}: it is being changed`);
    at += bytesRead;
  }
}
