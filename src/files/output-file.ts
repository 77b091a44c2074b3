/** Every path that a user gives to be written to goes through here. */
import { readlink, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { inputError } from '../errors.ts';
import { kindOf } from './file-kind.ts';

/**
 * The file to write for `path`: what its symbolic links lead to, which then keep leading there.
 * @throws GradpoolError unless a regular file or nothing stands there: a device, a pipe, a socket or a directory is
 * never replaced, and none of them is written to
 */
export async function outputFile(path: string): Promise<string> {
  const found = await stat(path).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  });
  const file = await followLinks(path);
  // /dev/stdout and the like: to replace the file would part it from the process that has it open.
  if (/^\/proc\/.+\/fd$/.test(dirname(file))) throw notReplaced(path, "a process's open file");
  if (found === undefined || found.isFile()) return file;
  throw notReplaced(path, kindOf(found));
}

async function followLinks(path: string): Promise<string> {
  const file = join(await realpath(dirname(path)), basename(path));
  const target = await readlink(file).catch(() => undefined);
  // A link that a process's open file is has a target that is no path.
  if (target === undefined || dirname(file).startsWith('/proc/')) return file;
  return followLinks(resolve(dirname(file), target));
}

const notReplaced = (path: string, got: string) =>
  inputError(`Expected ${path} to be a file, or a new one's name, got ${got}`);
