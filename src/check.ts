/** Checks of what callers of the public functions give, at the edge and in their words. */
import { fileURLToPath } from 'node:url';
import { types } from 'node:util';
import { usageError } from './errors.ts';
import { alternatives, asCode, shown } from './shown.ts';

/**
 * What an argument or option may be.
 * @throws GradpoolError of kind 'usage' that says what was expected of `name`, and what was got
 */
export type Check = (value: unknown, name: string) => unknown;

/** The checks of an object's fields, by name. */
export type Checks = Readonly<Record<string, Check>>;

/** The error of an argument. @param hint what to do about it */
export const unexpected = (name: string, expected: string, value: unknown, hint = '') =>
  usageError(`Expected \`${name}\` to be ${expected}, got ${shown(value)}${hint === '' ? '' : `; ${hint}`}`);

/**
 * Checks the options of a function: their names, and those values that are given. Null counts as not given.
 * @param given undefined stands for no options
 * @throws GradpoolError of kind 'usage'
 */
export function checkOptions(given: unknown, checks: Checks, name = 'options'): void {
  if (given === undefined) return;
  const options = object(given, name);
  for (const [option, value] of Object.entries(options)) {
    const check = Object.hasOwn(checks, option) ? checks[option] : undefined;
    if (check === undefined) throw unknownName(option, Object.keys(checks), name);
    if (value !== undefined && value !== null) check(value, option);
  }
}

/** An object with named fields: no list, typed array or promise. */
export function object(value: unknown, name: string, hint = ''): Readonly<Record<string, unknown>> {
  const isOther = Array.isArray(value) || ArrayBuffer.isView(value) || types.isPromise(value);
  if (typeof value === 'object' && value !== null && !isOther) return value as Record<string, unknown>;
  throw unexpected(name, 'an object', value, hint);
}

export function flag(value: unknown, name: string): boolean {
  if (typeof value === 'boolean') return value;
  throw unexpected(name, 'true or false', value);
}

export function callable(value: unknown, name: string): void {
  if (typeof value !== 'function') throw unexpected(name, 'a function', value);
}

export function callables(value: unknown, name: string): void {
  if (!Array.isArray(value)) throw unexpected(name, 'an array of functions', value);
  for (const [index, one] of value.entries()) callable(one, `${name}[${index}]`);
}

/** A path, also as a URL of the scheme file:. */
export function path(value: unknown, name: string): string {
  if (value instanceof URL && value.protocol === 'file:') return fromUrl(value, name);
  if (value instanceof URL)
    throw usageError(`Expected \`${name}\` to be a path or a file: URL, got ${value}`);
  if (typeof value !== 'string') throw unexpected(name, 'a path', value);
  if (value === '' || value.includes('\0'))
    throw unexpected(name, 'a path that is not empty and holds no null byte', value);
  return value;
}

function fromUrl(url: URL, name: string): string {
  try {
    return path(fileURLToPath(url), name);
  } catch {
    throw usageError(`Expected \`${name}\` to be a path or a URL of a file on this machine, got ${url}`);
  }
}

/** An AbortSignal; it may come from another realm, so `instanceof` says nothing. */
export function abortSignal(value: unknown, name: string): void {
  const { aborted, addEventListener, signal } = Object(value);
  if (typeof aborted === 'boolean' && typeof addEventListener === 'function') return;
  const hint = signal === undefined ? '' : `pass its \`signal\``;
  throw unexpected(name, 'an AbortSignal', value, hint);
}

/** Whole numbers >= 1, as many as there are dimensions. */
export function shape(value: unknown, name: string, dimensions?: number): readonly number[] {
  const isShape =
    Array.isArray(value) &&
    (dimensions === undefined ? value.length > 0 : value.length === dimensions) &&
    Array.from(value).every((size) => Number.isSafeInteger(size) && size >= 1);
  if (isShape) return value;
  const many = dimensions === undefined ? 'whole numbers' : `${dimensions} whole numbers`;
  throw unexpected(name, `a list of ${many} >= 1, e.g. [28, 28, 1]`, value);
}

/** @throws GradpoolError of kind 'usage' unless `value` is a whole number from `least` to `most` */
export function integer(
  name: string,
  value: unknown,
  least: number,
  most: number = Number.MAX_SAFE_INTEGER,
): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value <= most)
    return value;
  const isTooLarge = typeof value === 'number' && value > most;
  const range = most === Number.MAX_SAFE_INTEGER && !isTooLarge ? `>= ${least}` : `from ${least} to ${most}`;
  throw usageError(`Expected \`${name}\` to be an integer ${range}, got ${typed(value)}`);
}

/** @throws GradpoolError of kind 'usage' unless `value` is a finite number from `least` to less than `below` */
export function inRange(
  name: string,
  value: unknown,
  least: number,
  below = Number.POSITIVE_INFINITY,
): number {
  if (typeof value === 'number' && Number.isFinite(value) && value >= least && value < below) return value;
  const range = below === Number.POSITIVE_INFINITY ? `>= ${least}` : `from ${least} to less than ${below}`;
  throw usageError(`Expected \`${name}\` to be a finite number ${range}, got ${typed(value)}`);
}

/** @throws GradpoolError of kind 'usage' unless `value` is a finite number greater than 0 */
export function positive(name: string, value: unknown): number {
  const number = inRange(name, value, 0);
  if (number > 0) return number;
  throw usageError(`Expected \`${name}\` to be greater than 0, got ${asCode(value)}`);
}

/** @throws GradpoolError of kind 'usage' unless `value` is one of the names */
export function oneOf<Name extends string>(option: string, names: readonly Name[], value: unknown): Name {
  const found = names.find((name) => name === value);
  if (found !== undefined) return found;
  throw usageError(`Expected \`${option}\` to be ${alternatives(names)}, got ${asCode(value)}`);
}

/** What is checked elsewhere. */
export const anything: Check = () => {};

/** The error of a name that is none of `known`, with the nearest of these. */
export function unknownName(name: string, known: readonly string[], what: string) {
  const near = nearest(name, known);
  const meant = near === undefined ? '' : `; did you mean \`${near}\`?`;
  const among = known.length <= mostListed ? known.join(', ') : `its ${known.length} options`;
  return usageError(`Expected the names in \`${what}\` to be among ${among}, got ${asCode(name)}${meant}`);
}

/** More names than these hide the one that was meant. */
const mostListed = 24;

/** The one of `known` that a name was meant to be; undefined where none is near. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const most = Math.max(1, Math.floor(name.length / 3));
  const [first] = byDistance(name, known);
  return first !== undefined && distance(name, first) <= most ? first : undefined;
}

/** Those that are equally far stay in their order. */
const byDistance = (name: string, known: readonly string[]): string[] =>
  known.toSorted((a, b) => distance(name, a) - distance(name, b));

const distance = (a: string, b: string): number => editDistance(a.toLowerCase(), b.toLowerCase());

/** How many characters have to be put in, left out or exchanged (Levenshtein). Long names are far from all. */
function editDistance(a: string, b: string): number {
  if (a.length > 40) return Number.POSITIVE_INFINITY;
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [i, character] of Array.from(a).entries()) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j++)
      next.push(Math.min(next[j] + 1, row[j + 1] + 1, row[j] + (character === b[j] ? 0 : 1)));
    row = next;
  }
  return row[b.length];
}

/** A number in quotes is the likeliest mistake: it would not be seen without a word. */
const typed = (value: unknown): string =>
  typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value))
    ? `the string ${asCode(value)}`
    : asCode(value);
