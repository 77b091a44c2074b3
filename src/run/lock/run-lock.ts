/**
 * One training a run directory: RUN/gradpool.lock is locked by the operating system for as long as it stays open. So
 * the lock holds between threads, processes and PID namespaces, and ends with its holder, however that ends.
 *
 * The file is removed before it is given free. Who had opened it by then gets the lock of a file without a name, sees
 * that, and opens the next one.
 */
import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  openSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { lstat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { codeOf, firstLineOf, GradpoolError, inputError, messageOf } from '../../errors.ts';
import { elsewhere } from '../../files/atomic-file.ts';
import { parseBoundedJson } from '../../files/bounded-json.ts';
import { kindOf } from '../../files/file-kind.ts';
import { readBoundedFile } from '../../files/open-file.ts';
import { isRecord } from '../fields.ts';
import { clearOlderLocks } from './older-run-lock.ts';

export interface RunLock {
  /** Why the system gives no lock here; absent where the directory is locked. */
  readonly lacking?: string;
  release(): void;
}

export const lockPath = (run: string): string => join(run, 'gradpool.lock');

/** @throws GradpoolError when another training is at it, or the lock's file cannot be written */
export async function lockRun(run: string): Promise<RunLock> {
  try {
    const lock = await take(run, lockPath(run));
    await clearOlderLocks(run).catch((error: unknown) => {
      lock.release();
      throw error;
    });
    return lock;
  } catch (error) {
    if (error instanceof GradpoolError) throw error;
    throw inputError(
      `Could not lock the run directory ${run}: ${messageOf(error)}; ${elsewhere(run, error)}`,
      error,
    );
  }
}

async function take(run: string, path: string): Promise<RunLock> {
  for (;;) {
    const fd = await openLockFile(path);
    try {
      const taken = await tryLock(fd);
      if (taken === false) throw await heldError(run);
      if (isStillThere(path, fd)) {
        nameHolder(fd);
        return { ...(taken === true ? {} : taken), release: () => release(path, fd) };
      }
    } catch (error) {
      closeSync(fd);
      throw error;
    }
    closeSync(fd);
  }
}

/** @returns a descriptor, which the system closes with its thread or process, as it does not with a FileHandle's */
async function openLockFile(path: string): Promise<number> {
  const { O_RDWR, O_CREAT, O_NONBLOCK = 0, O_NOFOLLOW = 0 } = constants;
  const found = await lstat(path).catch(() => undefined);
  if (found !== undefined && !found.isFile())
    throw inputError(`Expected ${path} to be a file, got ${kindOf(found)}; remove it`);
  // Between the look and the opening another thing may have come there: it is neither waited for nor followed.
  const fd = openSync(path, O_RDWR | O_CREAT | O_NONBLOCK | O_NOFOLLOW, 0o666);
  if (fstatSync(fd).isFile()) return fd;
  closeSync(fd);
  throw inputError(`Expected ${path} to be a file; remove it`);
}

/** @returns whether the lock was free, or why there is none: the package has no build for this system, or the disk no locks */
async function tryLock(fd: number): Promise<boolean | { readonly lacking: string }> {
  let native: typeof import('fs-native-extensions');
  try {
    native = (await import('fs-native-extensions')).default;
  } catch (error) {
    return { lacking: whyNotLoaded(error) };
  }
  try {
    return native.tryLock(fd);
  } catch (error) {
    if (!noLocks.includes(codeOf(error) ?? '')) throw error;
    return { lacking: messageOf(error) };
  }
}

const whyNotLoaded = (error: unknown): string =>
  codeOf((error as Error).cause) === 'ERR_DLOPEN_DISABLED'
    ? 'Node.js may load no addons, start it with --allow-addons too'
    : firstLineOf(error);

/** What file systems answer that know no locks. */
const noLocks = ['ENOLCK', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EINVAL'];

function isStillThere(path: string, fd: number): boolean {
  const here = statSync(path, { bigint: true, throwIfNoEntry: false });
  const open = fstatSync(fd, { bigint: true });
  return here?.ino === open.ino && here.dev === open.dev;
}

/** A directory that was moved meanwhile takes its lock's file along; another run may stand in its place. */
function release(path: string, fd: number): void {
  try {
    if (isStillThere(path, fd)) rmSync(path, { force: true });
  } catch {
    // A file that cannot be removed is free all the same.
  } finally {
    closeSync(fd);
  }
}

/** For the message to others only: the lock itself does not depend on it, so a full disk does not matter. */
function nameHolder(fd: number): void {
  const holder = { pid: process.pid, host: hostname(), since: new Date().toISOString() };
  try {
    ftruncateSync(fd);
    writeSync(fd, `${JSON.stringify(holder)}\n`, 0);
  } catch {}
}

async function heldError(run: string): Promise<GradpoolError> {
  const holder = await holderOf(run);
  const named =
    holder === undefined ? '' : ` (process ${holder.pid} on ${holder.host}, since ${holder.since})`;
  return inputError(
    `Expected ${run} to be used by no other training, got one that is running${named}; wait for it or choose another \`run\``,
  );
}

/** Who has, or had, a run's lock. */
export interface LockHolder {
  readonly pid: number;
  readonly host: string;
  /** ISO 8601. */
  readonly since: string;
}

const mostHolderBytes = 4096;

/** What the lock's file says of its holder, which may be nothing or anything. */
export async function holderOf(run: string): Promise<LockHolder | undefined> {
  try {
    const fields = parseBoundedJson(await readBoundedFile(lockPath(run), mostHolderBytes), 1);
    if (!isRecord(fields)) return undefined;
    const [pid, host, since] = [Number(fields.pid), `${fields.host}`, `${fields.since}`];
    const isNamed = Number.isSafeInteger(fields.pid) && /^[\w.-]{1,255}$/.test(host) && isTime(since);
    return isNamed ? { pid, host, since } : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof GradpoolError || codeOf(error) !== undefined)
      return undefined;
    throw error;
  }
}

const isTime = (text: string): boolean => /^\d{4}-\d\d-\d\dT[\d:.]{8,12}Z$/.test(text);
