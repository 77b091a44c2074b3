import { expect, test } from 'vitest';
import { asCode, shown } from '../src/shown.ts';

class Mine {
  a = 1;
}
const throwing = () => {
  throw new Error('no');
};

test.each<[unknown, string]>([
  [undefined, 'undefined'],
  [null, 'null'],
  [5, 'the number 5'],
  [Number.NaN, 'the number NaN'],
  ['a\nb', 'the string "a\\nb"'],
  [5n, 'the bigint 5n'],
  [Symbol('s'), 'the symbol Symbol(s)'],
  [Symbol('a\nb'), 'the symbol Symbol(a b)'],
  [false, 'the boolean false'],
  [throwing, 'the function throwing'],
  [() => {}, 'a function'],
  [[1, 'x', true], '[1, "x", true]'],
  [[[1]], 'a list of 1 item'],
  [new Array(9), 'a list of 9 items'],
  [new Float64Array(3), 'a Float64Array of 3 values'],
  [new Int8Array(3), 'an Int8Array of 3 values'],
  [{}, 'a plain object without fields'],
  [{ inputs: 1, 'a b': 2 }, 'a plain object with inputs, "a b"'],
  [new Mine(), 'an object of class Mine'],
  [new Map(), 'an object of class Map'],
  [new URL('https://x.org'), 'an object of class URL'],
  [Promise.resolve(), 'a promise (await it first)'],
  [Object.create(null), 'a plain object without fields'],
  [Object.assign(Object.create(null), { constructor: { name: 5 } }), 'a plain object with constructor'],
  [
    { toString: throwing, toJSON: throwing, valueOf: throwing },
    'a plain object with toString, toJSON, valueOf',
  ],
  [new Uint8ClampedArray(2), 'a Uint8ClampedArray of 2 values'],
  [[Number.NaN, 1], '[NaN, 1]'],
  [new Proxy({}, { get: throwing, getPrototypeOf: throwing, ownKeys: throwing }), 'a proxy'],
  [
    {
      get constructor() {
        return throwing();
      },
    },
    'a plain object with constructor',
  ],
])('%# is shown in a few words.', (value, text) => {
  expect(shown(value)).toBe(text);
});

test('what is long is cut.', () => {
  expect(shown('x'.repeat(1e6))).toHaveLength(80);
  expect(
    shown(Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`name${i}`, i]))).length,
  ).toBeLessThan(81);
});

test('a simple value is shown as code, unless it would end the code.', () => {
  expect([0, 'cuda', true, ''].map(asCode)).toEqual(['`0`', '`cuda`', '`true`', '``']);
  expect(asCode('a`b')).toBe('the string "a`b"');
  expect(asCode(Symbol('s'))).toBe('the symbol Symbol(s)');
});
