import { type FileHandle, open, stat } from 'node:fs/promises';
import { inputError } from '../errors.ts';

/**
 * Reads a regular file of at most `mostBytes`; a larger one is refused before any memory is taken.
 * @throws GradpoolError when it is missing, is no regular file, cannot be read or is too large
 */
export async function readBoundedFile(file: string, mostBytes: number): Promise<Uint8Array> {
  const size = await regularFileSize(file);
  if (size > mostBytes) throw inputError(`Expected ${file} to have at most ${mostBytes} bytes, got ${size}`);
  const bytes = new Uint8Array(size);
  const handle = await open(file).catch((error: unknown) => {
    throw inputError(`${file} cannot be read (${codeOf(error)})`, error);
  });
  try {
    await fill(handle, bytes, file);
  } finally {
    await handle.close();
  }
  return bytes;
}

/** @throws GradpoolError unless `file` is a regular file: opening a pipe would wait for ever */
export async function regularFileSize(file: string): Promise<number> {
  const found = await stat(file).catch((error: unknown) => {
    const code = codeOf(error);
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
    const { bytesRead } = await handle.read(bytes, at, bytes.length - at, at);
    if (bytesRead === 0)
      throw inputError(`Expected ${file} to have ${bytes.length} bytes, got ${at}: it is being changed`);
    at += bytesRead;
  }
}

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? String(error);
