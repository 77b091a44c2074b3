import { Worker } from 'node:worker_threads';
import { codeOf, firstLineOf, inputError } from './errors.ts';
import { moduleUrl } from './module-url.ts';
import { threadOptions } from './thread-options.ts';

/**
 * A thread that runs the module beside the calling one.
 * @param path without ending, e.g. './thread'
 * @param from the caller's import.meta.url
 * @throws GradpoolError when Node.js or the system starts no thread
 */
export function startThread(path: string, from: string, workerData?: unknown): Worker {
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
