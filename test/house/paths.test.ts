/** What the documents and comments call a file, is one. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..', '..');

const files = ['src', 'test', 'testing', 'scripts', 'docs', 'examples'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => relative(root, join(parentPath, name)).replaceAll(sep, '/')),
);

test.for(['README.md', 'CONTRIBUTING.md', 'docs/architecture.md', 'docs/reliability.md', 'docs/results.md'])(
  '%s names files and folders that are there',
  (document) => {
    expect(namedIn(document).filter((path) => !isThere(path))).toEqual([]);
  },
);

test('comments in src name files that are there', () => {
  const named = files
    .filter((file) => file.startsWith('src/') && file.endsWith('.ts'))
    .flatMap((file) =>
      commentsOf(file).flatMap((text) => text.match(/\b(src|testing|test|scripts)\/[\w/-]+\.c?ts\b/g) ?? []),
    );
  expect(named).not.toEqual([]);
  expect([...new Set(named)].filter((path) => !isThere(path))).toEqual([]);
});

/** `src/a/b.ts`, `a/b.ts`, `b.ts`, `src/a`. */
function namedIn(document: string): string[] {
  const text = readFileSync(join(root, document), 'utf8');
  return [...text.matchAll(/`([\w./-]+)`/g)]
    .map(([, path]) => path)
    .filter((path) => /\.c?ts$/.test(path) || /^(src|test|testing|scripts|docs)\//.test(path));
}

function commentsOf(file: string): string[] {
  return readFileSync(join(root, file), 'utf8').match(/\/\*\*[\s\S]*?\*\/|\/\/ .*/g) ?? [];
}

const isThere = (path: string): boolean =>
  files.some(
    (file) => `/${file}`.endsWith(`/${path}`) || `/${file}`.includes(`/${path.replace(/\/$/, '')}/`),
  );
