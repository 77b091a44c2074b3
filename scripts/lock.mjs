/** One set-up at a time in a folder: a lock file that names its owner. */
import { linkSync, readFileSync, renameSync, statSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** An owner touches its lock this often, and one that has not for `staleAfter` is gone, even if its pid lives anew. */
const heartbeat = 1_000;
const staleAfter = 30_000;

/**
 * Waits for the lock, does the work, gives the lock back.
 * @param {string} path the lock file
 * @param {() => Promise<void>} work
 * @param {(line: string) => void} say told once when another process holds the lock
 */
export async function withLock(path, work, say) {
  for (let told = false; !take(path); told = true) {
    if (!told) say('Waiting for another set-up in this folder ...');
    await sleep(200);
  }
  const timer = setInterval(() => touch(path), heartbeat);
  try {
    await work();
  } finally {
    clearInterval(timer);
    if (owner(path) === process.pid) unlinkSync(path);
  }
}

/** A link to a file that already names its owner: the lock is never there without one. */
function take(/** @type {string} */ path) {
  const own = `${path}.${process.pid}`;
  removeStale(path);
  writeFileSync(own, `${process.pid}\n`);
  try {
    linkSync(own, path);
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error;
    return false;
  } finally {
    unlinkSync(own);
  }
}

/** Renames before it removes: of two processes that find the same stale lock, the slower gets a live one, and puts it back. */
function removeStale(/** @type {string} */ path) {
  const pid = owner(path);
  if (pid === undefined || (pid !== process.pid && isAlive(pid) && age(path) <= staleAfter)) return;
  const aside = `${path}.stale-${process.pid}`;
  try {
    renameSync(path, aside);
    if (owner(aside) !== pid) linkSync(aside, path);
    unlinkSync(aside);
  } catch {}
}

function owner(/** @type {string} */ path) {
  try {
    return Number(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

function isAlive(/** @type {number} */ pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM';
  }
}

function age(/** @type {string} */ path) {
  try {
    return Date.now() - statSync(path).mtimeMs;
  } catch {
    return 0;
  }
}

function touch(/** @type {string} */ path) {
  try {
    utimesSync(path, new Date(), new Date());
  } catch {}
}
