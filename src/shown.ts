import { types } from 'node:util';

/**
 * What a value is, in a few words for messages: `the number 5`, `a Float32Array of 8 values`, `a plain object
 * with inputs, shape`. Takes anything, never throws, and stays one line of at most some 80 characters.
 */
export function shown(value: unknown): string {
  try {
    return cut(describe(value).replace(/\p{Cc}/gu, ' '));
  } catch {
    return 'a value that cannot be described';
  }
}

/** A value as code, for options that have simple values: `0`, `cuda`. */
export const asCode = (value: unknown): string =>
  ['string', 'number', 'bigint', 'boolean'].includes(typeof value) && !/[`\p{Cc}]/u.test(String(value))
    ? `\`${cut(String(value))}\``
    : shown(value);

/** `1 class`, `3 classes`, `2 batches`, `3 or 4 dimensions` */
export const counted = (count: number | string, noun: string): string =>
  `${count} ${noun}${`${count}` === '1' ? '' : /(s|ch)$/.test(noun) ? 'es' : 's'}`;

/** 'a, b or c' */
export const alternatives = (names: readonly string[]): string =>
  names.length < 2 ? names.join() : `${names.slice(0, -1).join(', ')} or ${names[names.length - 1]}`;

const most = 80;

const cut = (text: string): string => (text.length > most ? `${text.slice(0, most - 3)}...` : text);

function describe(value: unknown): string {
  switch (typeof value) {
    case 'undefined':
      return 'undefined';
    case 'string':
      return `the string ${JSON.stringify(cut(value))}`;
    case 'bigint':
      return `the bigint ${value}n`;
    case 'function':
      return value.name === '' ? 'a function' : `the function ${plainName(value.name)}`;
    case 'object':
      return value === null ? 'null' : describeObject(value);
    default:
      return `the ${typeof value} ${String(value)}`;
  }
}

function describeObject(value: object): string {
  // In this order: a proxy could do anything when it is asked something.
  if (types.isProxy(value)) return 'a proxy';
  if (types.isPromise(value)) return 'a promise (await it first)';
  if (Array.isArray(value)) return describeList(value);
  if (types.isTypedArray(value))
    return `${withArticle(value[Symbol.toStringTag])} of ${counted(value.length, 'value')}`;
  const className = classOf(value);
  if (className === 'Object') return describePlain(value);
  return `an object of class ${className}`;
}

function describeList(list: readonly unknown[]): string {
  const simple =
    list.length <= 8 && list.every((item) => ['number', 'string', 'boolean'].includes(typeof item));
  if (simple)
    return `[${list.map((item) => (typeof item === 'number' ? `${item}` : JSON.stringify(item))).join(', ')}]`;
  return `a list of ${counted(list.length, 'item')}`;
}

function describePlain(value: object): string {
  const names = Object.keys(value);
  if (names.length === 0) return 'a plain object without fields';
  return `a plain object with ${names.slice(0, 8).map(plainName).join(', ')}${names.length > 8 ? ', ...' : ''}`;
}

const plainName = (name: string): string => (/^[\w$.-]+$/.test(name) ? name : JSON.stringify(name));

/** An object may have no prototype, or a `constructor` of its own that is none. */
function classOf(value: object): string {
  const name: unknown = Object.getPrototypeOf(value)?.constructor?.name;
  return typeof name === 'string' && name !== '' ? name : 'Object';
}

const withArticle = (name: string): string =>
  /^(?:[AEIO]|U(?!int))/.test(name) ? `an ${name}` : `a ${name}`;
