import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { inputError } from '../../errors.ts';
import { describe } from '../../files/open-file.ts';
import { byCodePoints } from '../by-code-points.ts';
import type { Entry } from './form.ts';

/**
 * What is in a directory, without hidden files, sorted by code points: the same on every machine.
 * @throws GradpoolError where it is none, or cannot be read
 */
export async function listEntries(directory: string): Promise<Entry[]> {
  const found = await readdir(directory, { withFileTypes: true }).catch((error: unknown) => {
    throw inputError(`${directory}: expected a directory with data, got ${describe(error)}`, error);
  });
  const entries = found
    .filter(({ name }) => !isHidden(name))
    .map(async (entry) => ({
      name: entry.name,
      isDirectory: entry.isSymbolicLink()
        ? await leadsToDirectory(join(directory, entry.name))
        : entry.isDirectory(),
    }));
  return (await Promise.all(entries)).sort((a, b) => byCodePoints(a.name, b.name));
}

const leadsToDirectory = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );

/** What systems and programs leave in a directory, and is none of the data. */
const isHidden = (name: string): boolean =>
  name.startsWith('.') || ['Thumbs.db', 'desktop.ini', '__MACOSX'].includes(name);
