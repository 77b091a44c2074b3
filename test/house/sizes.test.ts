/** No folder of src is so full that one has to search in it. (Of files and functions the lint says the same.) */
import { readdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
const mostFiles = 15;
/** A kernel a file, which `index.ts` lists. */
const fullFolders = ['src/kernels/assembly'];

test(`no folder of src has more than ${mostFiles} files`, () => {
  const counts = new Map<string, number>();
  for (const entry of readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true })) {
    const folder = relative(root, entry.parentPath).replaceAll(sep, '/');
    if (entry.isFile()) counts.set(folder, (counts.get(folder) ?? 0) + 1);
  }
  const full = [...counts].filter(([, count]) => count > mostFiles).map(([folder]) => folder);
  expect(full).toEqual(fullFolders);
});
