import { expect, test } from 'vitest';
import { JsonTooDeep, parseBoundedJson } from '../src/bounded-json.ts';

const nested = (levels: number, [open, close] = ['[', ']']): string =>
  open.repeat(levels) + close.repeat(levels);

test.each([
  ['numbers', '[1, 2.5e3]'],
  ['brackets in text', JSON.stringify({ a: '['.repeat(1000), 'b"[{\\"': ['\\"]', '{'] })],
  ['many lists side by side', `[${Array.from({ length: 1000 }).fill('[{}]').join()}]`],
  ['256 levels', nested(256)],
])('%s are read as JSON.parse reads them', (_, text) => {
  expect(parseBoundedJson(text)).toEqual(JSON.parse(text));
});

test.each([
  ['257 lists', nested(257)],
  ['100,000 lists', nested(100_000)],
  ['5,000 objects', `${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`],
  ['lists without an end', '['.repeat(1_000_000)],
])('%s are refused', (_, text) => {
  expect(() => parseBoundedJson(text)).toThrow(JsonTooDeep);
});
