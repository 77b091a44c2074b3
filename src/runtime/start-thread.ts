import { Worker } from 'node:worker_threads';
import { codeOf, firstLineOf, inputError } from '../errors.ts';
import { counted } from '../shown.ts';
import { addressSpace, spareAddressBytes, threadAddressBytes } from './address-space.ts';
import { mebibytes } from './memory-limit.ts';
import { moduleUrl } from './module-url.ts';
import { threadOptions } from './thread-options.ts';

/**
 * A thread that runs the module beside the calling one.
 * @param path without ending, e.g. './thread'
 * @param from the caller's import.meta.url
 * @throws GradpoolError when Node.js or the system starts no thread
 */
export function startThread(path: string, from: string, workerData?: unknown): Worker {
  refuseBeyondAddressSpace(1);
  const url = moduleUrl(path, from);
  try {
    return new Worker(url, { ...threadOptions(), workerData });
  } catch (cause) {
    throw inputError(
      codeOf(cause) === 'ERR_ACCESS_DENIED'
        ? 'Expected Node.js to allow threads, which all of gradpool computes in, got --permission without --allow-worker; start Node.js with --allow-worker too'
        : `Could not start a thread: ${firstLineOf(cause)}; end other programs, or raise the limit of threads (ulimit -u)`,
      cause,
    );
  }
}

/** @throws GradpoolError when `ulimit -v` leaves no room for so many threads more: V8 would end the process */
export function refuseBeyondAddressSpace(threads: number, space = addressSpace()): void {
  const needed = spareAddressBytes + threads * threadAddressBytes;
  if (space === undefined || needed <= space.left) return;
  const fitting = Math.max(1, Math.floor((space.left - spareAddressBytes) / threadAddressBytes));
  throw inputError(
    `Expected ${mebibytes(needed)} of address space for ${counted(threads, 'thread')}, got ${mebibytes(space.left)} left of the limit of ${mebibytes(space.limit)}; raise it (ulimit -v)${threads > 1 ? `, or set \`workers\` to ${fitting}` : ''}`,
  );
}
