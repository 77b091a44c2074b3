import { describe, expect, test } from 'vitest';
import { parseBoundedJson } from '../../src/files/bounded-json.ts';

const bytesOf = (text: string) => new TextEncoder().encode(text);
const nested = (depth: number) => `${'[{"a":'.repeat(depth / 2)}1${'}]'.repeat(depth / 2)}`;

describe('JSON of a bounded depth', () => {
  test.each([
    nested(8),
    '{"a":"[[[[[[[[[[[["}',
    '{"\\"[[[[[[[[[[":"\\\\"}',
    `[${'[[[[[[[]]]]]]],'.repeat(100)}1]`,
    '7',
    '"ä"',
  ])('is what JSON.parse makes of it: %s', (text) => {
    expect(parseBoundedJson(bytesOf(text), 8)).toEqual(JSON.parse(text));
  });

  test.each([nested(10), '['.repeat(9), '["\\"",[[[[[[[[', nested(1_000_000)])(
    'that is deeper is refused before it is parsed (%#)',
    (text) => {
      expect(() => parseBoundedJson(bytesOf(text), 8)).toThrow(
        'expected JSON that is nested at most 8 levels deep, got a deeper one',
      );
    },
  );

  test.each([bytesOf('{"a":'), bytesOf(''), bytesOf(']]]][['), Uint8Array.of(0x22, 0xff, 0x22)])(
    'that is none is a SyntaxError (%#)',
    (bytes) => {
      expect(() => parseBoundedJson(bytes, 8)).toThrow(SyntaxError);
    },
  );
});
