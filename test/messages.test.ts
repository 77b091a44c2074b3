/** Messages speak to who called: by the API's names in src, by the command line's where that prints them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createProgram } from '../src/cli/program.ts';

const source = join(import.meta.dirname, '..', 'src');
const typed = createProgram().commands.flatMap((command) => command.options);

test('no file outside of the command line names an option as it is typed.', () => {
  const found = filesOutsideTheCommandLine().flatMap((file) =>
    typed
      .filter(({ long }) => new RegExp(`(?<![\\w-])${long}(?![\\w-])`).test(code(file)))
      .map(({ long }) => `${file}: ${long}`),
  );
  expect(found).toEqual([]);
});

test('a message outside of the command line names an option in backticks, by which it is found and translated.', () => {
  const twoWords = typed.map((option) => option.attributeName()).filter((name) => /[A-Z]/.test(name));
  const bare = new RegExp(`(?<![\`\\w.{$'])\\b(${[...new Set(twoWords)].join('|')})\\b(?!\`|:)`);
  const found = filesOutsideTheCommandLine().flatMap((file) =>
    literals(code(file)).filter((text) => text.includes(' ') && bare.test(text)),
  );
  expect(found).toEqual([]);
});

const code = (file: string): string => withoutComments(readFileSync(join(source, file), 'utf8'));

function filesOutsideTheCommandLine(): string[] {
  return readdirSync(source, { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.ts') && !file.startsWith('cli') && !file.includes('assembly'),
  );
}

const withoutComments = (text: string): string =>
  text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '');

/** What stands in quotes, and templates without what they put in. */
const literals = (text: string): string[] =>
  Array.from(text.matchAll(/'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`/g), (match) =>
    `${match[1] ?? match[2] ?? match[3]}`.replaceAll('\\`', '`').replace(/\$\{[^}]*\}/g, ''),
  );
