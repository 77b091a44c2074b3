/**
 * One training a run directory: RUN/lock-1.json names who is at it. A dead owner's lock is taken over under the next
 * number. A number is given by making the file whole under another name and linking it, which fails where it exists;
 * so of two who take over at the same time one wins, and nobody ever changes or replaces another's file.
 */
import { constants, copyFile, link, readdir, readFile, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { inputError } from '../errors.ts';
import type { LockTokens } from '../protocol.ts';
import { codeOf, reasonOf, removeQuietly, temporaryName, writeDurably } from './atomic-file.ts';
import { isRecord } from './hashes.ts';

export interface RunLock {
  release(): Promise<void>;
}

/** Who holds a lock. A process id is used again after a restart; with its start time it is not. */
export interface LockOwner {
  readonly pid: number;
  /** Clock ticks from boot to the process's start, and which boot; empty where the system has no /proc. */
  readonly started: string;
  readonly host: string;
  /** Of this lock alone. */
  readonly token: string;
}

/** @throws GradpoolError when another training is at it, or one of another machine was */
export async function lockRun(run: string, tokens: LockTokens): Promise<RunLock> {
  const mine = { pid: process.pid, started: await startOf('self'), host: hostname(), token: tokens.own };
  try {
    const path = await take(run, mine, tokens);
    return { release: () => rm(path, { force: true }) };
  } catch (error) {
    if (codeOf(error) === undefined) throw error;
    throw inputError(
      `Could not lock the run directory ${run}: ${reasonOf(error)}; choose another \`run\``,
      error,
    );
  }
}

async function take(run: string, mine: LockOwner, tokens: LockTokens): Promise<string> {
  // Another one may take the same number first, or give it back while it is read.
  for (;;) {
    const before = await locksOf(run);
    await refuseLiving(run, before, mine, tokens);
    const path = join(run, nameOf((before[0]?.number ?? 0) + 1));
    if (!(await makeWhole(run, path, mine))) continue;
    try {
      // Who read the directory before another one's lock appeared in it has to find that lock here.
      const others = (await locksOf(run)).filter(({ owner }) => owner?.token !== mine.token);
      await refuseLiving(run, others, mine, tokens);
    } catch (error) {
      await removeQuietly(path);
      throw error;
    }
    for (const { number } of before) await rm(join(run, nameOf(number)), { force: true });
    return path;
  }
}

interface FoundLock {
  readonly number: number;
  /** Undefined when the file cannot be understood or is gone again. */
  readonly owner: LockOwner | undefined;
}

const nameOf = (number: number): string => `lock-${number}.json`;

/** Highest number first. */
async function locksOf(run: string): Promise<FoundLock[]> {
  const numbers = (await readdir(run)).map((name) => Number(/^lock-(\d{1,9})\.json$/.exec(name)?.[1] ?? 0));
  const found = numbers.filter((number) => number > 0).sort((a, b) => b - a);
  return Promise.all(
    found.map(async (number) => ({ number, owner: await readOwner(join(run, nameOf(number))) })),
  );
}

async function readOwner(path: string): Promise<LockOwner | undefined> {
  try {
    const fields: unknown = JSON.parse(await readFile(path, 'utf8'));
    if (!isRecord(fields)) return undefined;
    const { pid, started, host, token } = fields;
    const isOwner =
      Number.isSafeInteger(pid) && [started, host, token].every((text) => typeof text === 'string');
    return isOwner ? (fields as unknown as LockOwner) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

async function refuseLiving(
  run: string,
  locks: readonly FoundLock[],
  mine: LockOwner,
  { others }: LockTokens,
): Promise<void> {
  for (const { number, owner } of locks) {
    if (owner === undefined) continue;
    const path = join(run, nameOf(number));
    if (owner.host !== mine.host)
      throw inputError(
        `Expected ${run} to be used by no other training, got a lock of process ${owner.pid} on ${owner.host}; if that one has ended, remove ${path}`,
      );
    if (owner.pid === process.pid && owner.started === mine.started && !others.includes(owner.token))
      continue;
    if (await isRunning(owner))
      throw inputError(
        `Expected ${run} to be used by no other training, got one by process ${owner.pid}, which is running; wait for it or choose another \`run\``,
      );
  }
}

async function isRunning({ pid, started }: LockOwner): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (codeOf(error) === 'ESRCH') return false;
  }
  return (await startOf(pid)) === started;
}

/** The 22nd field of /proc/PID/stat; the 2nd, the program's name, may hold spaces and brackets. */
async function startOf(pid: number | 'self'): Promise<string> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8');
    const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // A process that has ended and waits for its parent to notice.
    return state === 'Z' ? '' : `${fields[18]} ${boot.trim()}`;
  } catch {
    return '';
  }
}

/** @returns false when there is one of that name */
async function makeWhole(run: string, path: string, owner: LockOwner): Promise<boolean> {
  const temporary = join(run, temporaryName(`lock-${owner.token}`));
  try {
    await writeDurably(temporary, new TextEncoder().encode(`${JSON.stringify(owner, null, 2)}\n`));
    await link(temporary, path).catch((error: unknown) => {
      // File systems without links (exFAT): whole in all but the moment of copying.
      if (!['EPERM', 'ENOTSUP', 'ENOSYS'].includes(codeOf(error) ?? '')) throw error;
      return copyFile(temporary, path, constants.COPYFILE_EXCL);
    });
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  } finally {
    await removeQuietly(temporary);
  }
}
