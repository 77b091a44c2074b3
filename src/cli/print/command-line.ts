/** Commands that this program suggests: they do what they say when typed in any directory. */
import { statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { optionFlag } from './option-names.ts';
import { unprintable } from './printable.ts';

/** How this program was started, as words of a shell's command line. */
export function ownCommand(): string {
  const started = process.argv[1] ?? '';
  if (isOwnStart()) return `npm --prefix ${quoted(projectDirectory)} start --`;
  if (basename(started) === 'gradpool') return quoted(resolve(started));
  return [process.execPath, ...process.execArgv, resolve(started)].map(quoted).join(' ');
}

const projectDirectory = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));

/** `npm start` of this project, not that of another one which calls gradpool. */
const isOwnStart = (): boolean =>
  process.env.npm_lifecycle_event === 'start' &&
  process.env.npm_package_json === join(projectDirectory, 'package.json');

/** Options by their attribute's name: `{ saveEvery: 5 }` becomes `--save-every 5`. */
export const optionWords = (options: Readonly<Record<string, unknown>>): string[] =>
  Object.entries(options).flatMap(([name, value]) => {
    if (value === undefined || value === false) return [];
    const option = optionFlag(name);
    return value === true ? [option] : [`${option} ${quoted(`${value}`)}`];
  });

/** A path that means the same in every directory, and can be `quoted`. */
export const absolute = (path: string): string => {
  const full = resolve(path);
  // `$(...)`, which stands for what cannot be shown, loses line ends at its end.
  return full.endsWith('\n') && isDirectory(full) ? `${full}/.` : full;
};

const isDirectory = (path: string) => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;

/** As a word of a POSIX shell's command line, without a character that a terminal would not show. */
export function quoted(word: string): string {
  if (/^[\w./:@%+=,-]+$/.test(word)) return word;
  if (word.search(unprintable) < 0) return inQuotes(word);
  const format = word
    .replaceAll('\\', '\\\\')
    .replaceAll('%', '%%')
    .replace(unprintable, (character) =>
      [...Buffer.from(character)].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join(''),
    );
  return `"$(printf ${inQuotes(format)})"`;
}

const inQuotes = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;

/** A training's `--observer`, each as often as it was given. */
export const observerWords = ({
  observer = [],
}: {
  readonly observer?: readonly string[] | undefined;
}): string[] => observer.flatMap((file) => optionWords({ observer: absolute(file) }));
