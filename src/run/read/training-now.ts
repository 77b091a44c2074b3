/** Whether a training is at a run, for those who only look: nothing is locked for the question. */
import { hostname } from 'node:os';
import { codeOf } from '../../errors.ts';
import { holderOf, type LockHolder } from '../lock/run-lock.ts';

/**
 * @returns who trains there now, as far as can be told: undefined where nobody does, or its process has ended. That of
 * another host is taken to run.
 */
export async function trainingNow(run: string): Promise<LockHolder | undefined> {
  const holder = await holderOf(run);
  return holder !== undefined && isRunning(holder) ? holder : undefined;
}

function isRunning({ pid, host }: LockHolder): boolean {
  if (host !== hostname()) return true;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) !== 'ESRCH';
  }
}
