import { randomBytes } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/**
 * What on disk is whole or absent: bytes go into a file or directory of a temporary name, are made durable, and
 * take their place by one rename.
 */

/** A temporary name beside `name`, another one each time. */
export const temporaryName = (name: string): string => `.tmp-${randomBytes(4).toString('hex')}-${name}`;

/** Puts `bytes` in place of the file at `path`; after a crash at any moment the old or the new one stands there whole. */
export async function replaceFile(path: string, bytes: Uint8Array): Promise<void> {
  const temporary = join(dirname(path), temporaryName(basename(path)));
  try {
    await writeDurably(temporary, bytes);
    await rename(temporary, path);
  } catch (error) {
    await removeQuietly(temporary);
    throw error;
  }
  await syncDirectory(dirname(path));
}

/** Writes a file and returns when the disk has it. */
export async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  await withFile(path, 'w', async (file) => {
    await file.writeFile(bytes);
    await file.sync();
  });
}

/** Makes the names in a directory durable: a rename is on disk only then. */
export async function syncDirectory(path: string): Promise<void> {
  // Windows cannot open a directory for this; NTFS journals its names.
  if (process.platform === 'win32') return;
  await withFile(path, 'r', (directory) => directory.sync());
}

/** Opens a file for `use`, and closes it whatever comes. */
export async function withFile<T>(
  path: string,
  flags: 'r' | 'w',
  use: (file: FileHandle) => Promise<T>,
): Promise<T> {
  const file = await open(path, flags);
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}

/**
 * Makes a directory and its parents, durably; fine where it exists.
 * Not `mkdir(path, { recursive: true })`: that never returns where a file system answers ENOENT to mkdir (/proc).
 */
export async function makeDirectories(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    if (await isDirectory(path)) return;
    const parent = dirname(path);
    if (codeOf(error) !== 'ENOENT' || (await isDirectory(parent))) throw error;
    await makeDirectories(parent);
    await mkdir(path);
  }
  await syncDirectory(dirname(path));
}

/** Removes what an interrupted writer left in a directory; for who has it locked, so that no other one writes there. */
export async function removeTemporaries(directory: string): Promise<void> {
  for (const found of await readdir(directory, { withFileTypes: true }))
    if (found.name.startsWith('.tmp-') && (found.isFile() || found.isDirectory()))
      await rm(join(directory, found.name), { recursive: true, force: true });
}

/** For the way out of an error, which must not be hidden by one of the cleaning up. */
export const removeQuietly = (path: string): Promise<void> =>
  rm(path, { recursive: true, force: true }).catch(() => {});

export const isDirectory = async (path: string): Promise<boolean> =>
  (await stat(path).catch(() => undefined))?.isDirectory() ?? false;

/** A system error's code, e.g. ENOSPC. */
export const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException)?.code;

/** A thrown value as part of a one-line message, e.g. "ENOSPC: no space left on device, write". */
export const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
