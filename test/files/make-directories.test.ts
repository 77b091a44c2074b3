import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { makeDirectories } from '../../src/files/atomic-file.ts';

const root = mkdtempSync(join(tmpdir(), 'gradpool-directories-'));
afterAll(() => rmSync(root, { recursive: true }));

test('directories that several make at once, below a parent that is not there yet, are all there.', async () => {
  for (let round = 0; round < 50; round++) {
    const paths = Array.from({ length: 8 }, (_, i) => join(root, `${round}`, 'runs', `${i}`));
    await Promise.all(paths.map(makeDirectories));
    expect(paths.filter((path) => !statSync(path).isDirectory())).toEqual([]);
  }
});

test('a file in the place of a directory is named.', async () => {
  writeFileSync(join(root, 'file'), '');
  await expect(makeDirectories(join(root, 'file'))).rejects.toThrow(
    `expected ${join(root, 'file')} to be a directory, got a file`,
  );
});

test.runIf(process.platform === 'linux')('where nobody can make one, the error says so.', async () => {
  await expect(makeDirectories('/proc/gradpool/runs')).rejects.toThrow(/^ENOENT.*mkdir '\/proc\/gradpool'/);
});
