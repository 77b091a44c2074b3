import { randomBytes } from 'node:crypto';
import { chmod, type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { codeOf, GradpoolError, inputError, messageOf } from '../errors.ts';
import { kindOf } from './file-kind.ts';
import { outputFile } from './output-file.ts';

/**
 * What on disk is whole or absent: bytes go into a file or directory of a temporary name, are made durable, and
 * take their place by one rename.
 */

/** A temporary name beside `name`, another one each time. */
export const temporaryName = (name: string): string => `.tmp-${randomBytes(4).toString('hex')}-${name}`;

/**
 * Puts `bytes` in place of the file at `path`, or that its links lead to; after a crash at any moment the old or the new
 * one stands there whole.
 * @throws GradpoolError when something else than a file stands there
 */
export async function replaceFile(path: string, bytes: Uint8Array): Promise<void> {
  await replaceBy(path, (temporary) => writeDurably(temporary, bytes));
}

/** As `replaceFile`, with what `write` makes under a temporary name beside the file. */
export async function replaceBy<T>(path: string, write: (temporary: string) => Promise<T>): Promise<T> {
  const file = await outputFile(path);
  const temporary = join(dirname(file), temporaryName(basename(file)));
  try {
    const written = await write(temporary);
    await keepMode(file, temporary);
    await rename(temporary, file);
    await syncDirectory(dirname(file));
    return written;
  } catch (error) {
    await removeQuietly(temporary);
    throw error;
  }
}

/** Who may read the old file may read the new one, and nobody else. */
async function keepMode(file: string, successor: string): Promise<void> {
  const old = await stat(file).catch(() => undefined);
  if (old !== undefined) await chmod(successor, old.mode & 0o777);
}

/**
 * Tries whether `replaceFile` can write at `path`, before there is anything to write.
 * @throws GradpoolError, or the system's error, when it cannot
 */
export async function tryReplacing(path: string): Promise<void> {
  const file = await outputFile(path);
  await tryWriting(dirname(file), basename(file));
}

/**
 * The same, for a file that a user has named.
 * @throws GradpoolError when it cannot be written
 */
export async function tryOutput(path: string): Promise<void> {
  await tryReplacing(path).catch((cause: unknown) => {
    if (cause instanceof GradpoolError) throw cause;
    throw inputError(`Could not write ${path}: ${messageOf(cause)}; choose another file`, cause);
  });
}

/** Tries whether a directory can be written to. */
export async function tryWriting(directory: string, name = 'probe'): Promise<void> {
  const probe = join(directory, temporaryName(name));
  try {
    await writeDurably(probe, new Uint8Array(1));
  } finally {
    await removeQuietly(probe);
  }
}

/** Writes a new file and returns when the disk has it. */
export async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  await withFile(path, 'wx', async (file) => {
    await file.writeFile(bytes);
    await sync(file);
  });
}

/**
 * Returns when the disk has what was written. Under --permission some versions of Node.js forbid to ask for that: then
 * at once (see `whyNotDurable`).
 */
export async function sync(file: FileHandle): Promise<void> {
  try {
    await file.sync();
  } catch (error) {
    if (!isForbidden(error)) throw error;
  }
}

/** Why Node.js makes nothing durable here; undefined where it does, and where nothing can be written. */
export async function whyNotDurable(directory: string): Promise<string | undefined> {
  const probe = join(directory, temporaryName('probe'));
  try {
    return await withFile(probe, 'wx', (file) =>
      file.sync().then(
        () => undefined,
        (error: unknown) => (isForbidden(error) ? messageOf(error) : undefined),
      ),
    );
  } catch {
    return undefined;
  } finally {
    await removeQuietly(probe);
  }
}

const isForbidden = (error: unknown): boolean => codeOf(error) === 'ERR_ACCESS_DENIED';

/** What to do where a run's directory cannot be written to, for messages. */
export const elsewhere = (run: string, error: unknown): string =>
  `${isForbidden(error) ? `allow Node.js ${run} and ${join(run, '*')}, or ` : ''}choose another \`run\``;

/** Makes the names in a directory durable: a rename is on disk only then. */
export async function syncDirectory(path: string): Promise<void> {
  // Windows cannot open a directory for this; NTFS journals its names.
  if (process.platform === 'win32') return;
  await withFile(path, 'r', sync);
}

/** Opens a file for `use`, and closes it whatever comes. */
export async function withFile<T>(
  path: string,
  flags: 'r' | 'r+' | 'wx',
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
 * Makes a directory and its parents, durably; fine where it exists, and where another program makes them meanwhile.
 * Not `mkdir(path, { recursive: true })`: that never returns where a file system answers ENOENT to mkdir (/proc).
 */
export async function makeDirectories(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    const there = await stat(path).catch(() => undefined);
    if (there?.isDirectory()) return;
    if (there !== undefined)
      throw Object.assign(
        new Error(`expected ${path} to be a directory, got ${kindOf(there)}`, { cause: error }),
        {
          code: codeOf(error),
        },
      );
    if (codeOf(error) !== 'ENOENT') throw error;
    await makeDirectories(dirname(path));
    await mkdir(path).catch(async (again: unknown) => {
      if (!(await isDirectory(path))) throw again;
    });
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

/** Whether anything stands at `path`, where its links lead. */
export const exists = async (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
