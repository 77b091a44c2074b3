/** gradpool 0.1.0 locked a run by files RUN/lock-N.json with its process id, which nobody else knows how to read. */
import { readdir, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { codeOf, inputError } from '../../errors.ts';
import { parseBoundedJson } from '../../files/bounded-json.ts';
import { readBoundedFile } from '../../files/open-file.ts';
import { isRecord } from '../fields.ts';

/**
 * Removes the locks of trainings that have ended.
 * @throws GradpoolError when one may still run: its process id is somebody's, or it was on another host
 */
export async function clearOlderLocks(run: string): Promise<void> {
  for (const name of await readdir(run)) {
    if (!/^lock-\d{1,9}\.json$/.test(name)) continue;
    const path = join(run, name);
    const owner = ownerIn(await readBoundedFile(path, mostBytes));
    if (owner !== undefined && mayRun(owner))
      throw inputError(
        `Expected ${run} to be used by no other training, got ${path} of an older gradpool's process ${owner.pid}; if that one has ended, remove the file`,
      );
    await rm(path, { force: true });
  }
}

const mostBytes = 4096;

interface Owner {
  readonly pid: number;
  readonly host: string;
}

/** @returns undefined for what is no lock, or a torn one */
function ownerIn(bytes: Uint8Array): Owner | undefined {
  try {
    const fields = parseBoundedJson(bytes, 1);
    if (!isRecord(fields)) return undefined;
    const { pid, host } = fields;
    return Number.isSafeInteger(pid) && typeof host === 'string' ? { pid: Number(pid), host } : undefined;
  } catch {
    return undefined;
  }
}

function mayRun({ pid, host }: Owner): boolean {
  if (host !== hostname()) return true;
  // A restarted container's process may have the id of the one before.
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) !== 'ESRCH';
  }
}
