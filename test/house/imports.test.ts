/** Imports go down, and never round: src as it stands against its list of floors. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { describe, expect, test } from 'vitest';
import { floors } from './floors.ts';
import {
  type Arrow,
  arrowsAgainst,
  arrowsOf,
  circles,
  folderArrows,
  importsOf,
  roomOf,
  type Sources,
} from './imports.ts';

const root = join(import.meta.dirname, '..', '..');

const sources = sourcesIn('src');
const arrows = arrowsOf(sources);

describe('in src', () => {
  test('every file is on a floor, and every entry of the floors is there', () => {
    const rooms = new Set(Object.keys(sources).map((file) => roomOf(file, floors)));
    expect([...rooms].sort()).toEqual([...floors.flat()].sort());
  });

  test('no import goes up or to a neighbour', () => {
    expect(shown(arrowsAgainst(floors, arrows))).toEqual([]);
  });

  test('no files import one another in a circle', () => {
    expect(circles(arrows)).toEqual([]);
  });

  test('no folders import one another in a circle', () => {
    expect(circles(folderArrows(arrows))).toEqual([]);
  });
});

describe('around src', () => {
  const outside = arrowsOf({
    ...sources,
    ...sourcesIn('testing'),
    ...sourcesIn('scripts'),
    ...sourcesIn('test'),
  });
  const top = (file: string): string => file.split('/')[0];
  const between = (from: string, to: string): Arrow[] =>
    outside.filter((arrow) => top(arrow.from) === from && top(arrow.to) === to);

  test('no files import one another in a circle', () => {
    expect(circles(outside)).toEqual([]);
  });

  test.for([
    ['src', 'testing'],
    ['src', 'scripts'],
    ['src', 'test'],
    ['testing', 'scripts'],
    ['testing', 'test'],
    ['scripts', 'test'],
  ])('no file of %s imports one of %s', ([from, to]) => {
    expect(shown(between(from, to))).toEqual([]);
  });

  test('tests and scripts do import testing, so that the rule can be broken', () => {
    expect(between('test', 'testing')).not.toEqual([]);
    expect(between('scripts', 'testing')).not.toEqual([]);
  });

  test('of test, only fixtures and files of the same folder or the one above are imported', () => {
    const far = between('test', 'test').filter(
      ({ from, to }) =>
        !to.startsWith('test/fixtures/') && !from.startsWith(to.slice(0, to.lastIndexOf('/') + 1)),
    );
    expect(shown(far)).toEqual([]);
  });
});

describe('an import is found', () => {
  test.for([
    ["import { a } from './x.ts';"],
    ["import type { A } from './x.ts';"],
    ["import a, { type B } from './x.ts';"],
    ["import * as a from './x.ts';"],
    ["import './x.ts';"],
    ["import {\n  a,\n  b,\n} from './x.ts';"],
    ["export { a } from './x.ts';"],
    ["export type { A } from './x.ts';"],
    ["export * from './x.ts';"],
    ["const a = await import('./x.ts');"],
    ["type A = import('./x.ts').A;"],
    ["let a: typeof import('./x.ts');"],
    ["new Worker(new URL('./x.ts', import.meta.url));"],
    ["new Worker(moduleUrl('./x.ts', import.meta.url));"],
  ])('in %s', ([text]) => {
    expect(importsOf(text)).toEqual(['./x.ts']);
  });

  test('in no comment, nor as the word of a sentence', () => {
    expect(
      importsOf("// import { a } from './x.ts';\nconst from = './x.ts';\nexport const a = 'b';"),
    ).toEqual([]);
    expect(importsOf("export function a() {\n  return read({ from: './x.ts' });\n}")).toEqual([]);
  });

  test('of packages, none', () => {
    expect(
      importsOf("import { join } from 'node:path';\nimport * as tf from '@tensorflow/tfjs-core';"),
    ).toEqual([]);
  });
});

describe('of three floors', () => {
  const three = [['src/top/'], ['src/left/', 'src/right/'], ['src/base.ts', 'src/left/words.ts']] as const;
  const from = (file: string, ...imported: string[]): Sources =>
    Object.fromEntries([
      [file, imported.map((path) => `import '${path}';\n`).join('')],
      ...['src/top/a.ts', 'src/left/a.ts', 'src/right/a.ts', 'src/base.ts', 'src/left/words.ts']
        .filter((other) => other !== file)
        .map((other) => [other, '']),
    ]);

  test.for([
    ['src/top/a.ts', '../left/a.ts', '../right/a.ts', '../base.ts'],
    ['src/left/b.ts', './a.ts', '../base.ts', './words.ts'],
    ['src/right/b.ts', '../left/words.ts'],
  ])('%s may import what is below and in its own room', ([file, ...imported]) => {
    expect(arrowsAgainst(three, arrowsOf(from(file, ...imported)))).toEqual([]);
  });

  test.for([
    ['src/left/b.ts', '../top/a.ts', 'src/top/a.ts'],
    ['src/left/b.ts', '../right/a.ts', 'src/right/a.ts'],
    ['src/base.ts', './left/words.ts', 'src/left/words.ts'],
    ['src/left/words.ts', './a.ts', 'src/left/a.ts'],
  ])('%s must not import %s', ([file, imported, to]) => {
    expect(arrowsAgainst(three, arrowsOf(from(file, imported)))).toEqual([{ from: file, to }]);
  });

  test('a file on none is refused by name', () => {
    expect(() => roomOf('src/elsewhere/a.ts', three)).toThrow(/src\/elsewhere\/a\.ts to be on a floor/);
  });
});

test('circles are found, each once, with all that is in them', () => {
  const pairs = ['ab', 'bc', 'ca', 'cd', 'de', 'ed', 'ef', 'gh'].map(([from, to]) => ({ from, to }));
  expect(circles(pairs)).toEqual([
    ['a', 'b', 'c'],
    ['d', 'e'],
  ]);
});

test('folders import one another in a circle also where their files do not', () => {
  const pairs = [
    { from: 'src/a/1.ts', to: 'src/b/1.ts' },
    { from: 'src/b/2.ts', to: 'src/a/below/2.ts' },
    { from: 'src/a/below/2.ts', to: 'src/a/3.ts' },
  ];
  expect(circles(pairs)).toEqual([]);
  expect(circles(folderArrows(pairs))).toEqual([['src/a', 'src/a/below', 'src/b']]);
});

/** The texts of a folder's programs, by their paths from the root. */
function sourcesIn(folder: string): Sources {
  return Object.fromEntries(
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.(c|m)?[tj]s$/.test(entry.name))
      .map(({ parentPath, name }) => join(parentPath, name))
      .map((path) => [relative(root, path).replaceAll(sep, '/'), readFileSync(path, 'utf8')]),
  );
}

const shown = (list: readonly Arrow[]): string[] => list.map(({ from, to }) => `${from} -> ${to}`).sort();
