import { stat } from 'node:fs/promises';
import { inputError, messageOf } from '../../errors.ts';
import { describe } from '../../files/open-file.ts';
import { notice } from '../print/output.ts';

/** A file that has not grown for so long is whole. */
const settledMilliseconds = 200;

/**
 * Hands each file of a directory to `use`, those that are there first and then what comes or changes, one after the
 * other and each when it is whole, until a signal ends the process. What a file cannot be used for is said, and the
 * next one is taken.
 * @throws GradpoolError where there is no such directory
 */
export async function watchDirectory(
  directory: string,
  use: (file: string) => Promise<void>,
): Promise<never> {
  await checkDirectory(directory);
  const { watch } = await import('chokidar');
  let last = Promise.resolve();
  const take = (file: string) => {
    last = last.then(() => use(file)).catch((error: unknown) => notice(messageOf(error)));
  };
  watch(directory, {
    depth: 0,
    ignored: (path, found) => found?.isFile() === true && /(^|[/\\])\.[^/\\]*$/.test(path),
    awaitWriteFinish: { stabilityThreshold: settledMilliseconds, pollInterval: 50 },
  })
    .on('add', take)
    .on('change', take)
    .on('error', (error) => notice(`${directory}: ${messageOf(error)}`))
    .on('ready', () => notice(`watching ${directory} (Ctrl-C ends it)`));
  return new Promise(() => {});
}

async function checkDirectory(path: string): Promise<void> {
  const found = await stat(path).catch((error: unknown) => {
    throw inputError(`${path}: expected a directory to watch, got ${describe(error)}`, error);
  });
  if (!found.isDirectory()) throw inputError(`${path}: expected a directory to watch, got a file`);
}
