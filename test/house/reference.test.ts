/** The API reference: everything that is exported is described in it, and every link leads somewhere. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..', '..');

test('every exported name has a doc comment, every type that one needs is exported, no link is broken', () => {
  expect(referenceOf()).toEqual({ status: 0, output: expect.not.stringContaining('warning') });
});

test('what has none, is not exported or leads nowhere is named, and ends the script with an error', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gradpool-reference-'));
  try {
    const write = (name: string, content: string) => writeFileSync(join(folder, name), content);
    const settings = {
      extends: join(root, 'typedoc.json'),
      entryPoints: 'index.ts',
      tsconfig: 'tsconfig.json',
    };
    write('package.json', '{ "name": "small" }');
    write('typedoc.json', JSON.stringify(settings));
    write('tsconfig.json', JSON.stringify({ extends: join(root, 'tsconfig.json'), include: ['.'] }));
    write(
      'index.ts',
      'interface Hidden {}\n/** See {@link nowhere}. */\nexport const known = (hidden: Hidden) => hidden;\nexport interface Bare {}\n',
    );
    const { status, output } = referenceOf('--options', join(folder, 'typedoc.json'));
    expect(status).not.toBe(0);
    expect(output).toMatch(/Bare .*does not have any documentation/);
    expect(output).toMatch(/Hidden, .*not included in the documentation/);
    expect(output).toMatch(/resolve link to "nowhere"/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/** What `npm run docs` says; nothing is written. */
function referenceOf(...more: string[]) {
  const hook = join(root, 'scripts/reference/typescript-6.ts');
  const typedoc = join(root, 'node_modules/typedoc/bin/typedoc');
  const line = ['--import', hook, typedoc, '--emit', 'none', ...more];
  const { status, stdout, stderr } = spawnSync(process.execPath, line, { cwd: root, encoding: 'utf8' });
  return { status, output: stdout + stderr };
}
