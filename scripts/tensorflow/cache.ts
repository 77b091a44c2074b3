/** A folder of the user's that keeps what is large or slow to make, for every clone. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statfsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { withLock } from '../lock.mjs';
import { SetupError } from './setup-error.ts';

export const cacheDirectory = (): string =>
  join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'gradpool');

const stagingPrefix = 'making-';

/** One process at a time changes the cache. What an interrupted one left is removed first. */
export async function withCache<T>(cache: string, work: () => Promise<T>): Promise<T> {
  mkdirSync(cache, { recursive: true });
  let result: T | undefined;
  await withLock(
    join(cache, 'lock'),
    async () => {
      for (const name of readdirSync(cache))
        if (name.startsWith(stagingPrefix)) rmSync(join(cache, name), { recursive: true, force: true });
      result = await work();
    },
    (line) => console.error(line),
  );
  return result as T;
}

/**
 * A folder of the cache: there whole, or made now. It gets its name only when it is whole.
 * @param make fills the empty folder that it is given
 * @returns its path
 */
export async function cached(
  cache: string,
  name: string,
  make: (folder: string) => Promise<void>,
): Promise<string> {
  const path = join(cache, name);
  if (existsSync(path)) return path;
  const staging = mkdtempSync(join(cache, stagingPrefix));
  try {
    await make(staging);
    renameSync(staging, path);
    return path;
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

/** @throws SetupError where `folder`'s file system has less room than `bytes` */
export function checkRoom(
  folder: string,
  bytes: number,
  { bavail, bsize }: { bavail: number; bsize: number } = statfsSync(folder),
): void {
  const megabytes = (count: number) => `${Math.ceil(count / 2 ** 20)} MiB`;
  if (bavail * bsize < bytes)
    throw new SetupError(
      `Expected ${megabytes(bytes)} of free disk at ${folder} for TensorFlow's libraries, got ${megabytes(bavail * bsize)}: free some, or name another place with XDG_CACHE_HOME`,
    );
}
