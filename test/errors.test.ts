/** Whatever a program throws is told in words, and crosses a thread: what fails here would hide what had failed. */
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { firstLineOf, fromErrorRecord, inputError, messageOf, toErrorRecord } from '../src/errors.ts';

const throwing = (fields: readonly string[]): Error => {
  const error = new Error('hidden');
  for (const field of fields)
    Object.defineProperty(error, field, {
      get() {
        throw new Error('no');
      },
    });
  return error;
};
const circular = new Error('round');
circular.cause = circular;
const deep = Array.from({ length: 5000 }).reduce<Error>(
  (cause, _, i) => new Error(`level ${i}`, { cause }),
  new Error(),
);

test.each<[string, unknown, string | RegExp]>([
  ['an error', new RangeError('too far'), 'too far'],
  ['an error of another realm', runInNewContext('new TypeError("elsewhere")'), 'elsewhere'],
  ['an error without a message', new RangeError(), 'RangeError was thrown, without a message'],
  ['text', 'just so', 'just so'],
  ['empty text', '', /^the string "" was thrown/],
  ['null', null, /^null was thrown/],
  ['nothing', undefined, /^undefined was thrown/],
  ['a number', 3, /^the number 3 was thrown/],
  ['a symbol', Symbol('s'), /^the symbol Symbol\(s\) was thrown/],
  ['an object without a prototype', Object.create(null), /^a plain object .*was thrown/],
  [
    'an object whose toString throws',
    {
      toString: () => {
        throw new Error('no');
      },
    },
    /was thrown/,
  ],
  [
    'a proxy that throws',
    new Proxy(
      {},
      {
        get: () => {
          throw new Error('no');
        },
      },
    ),
    /^a proxy was thrown/,
  ],
  ['a revoked proxy', revoked(), /was thrown/],
  ['an error whose message throws', throwing(['message']), /^Error was thrown/],
  [
    'an error whose every field throws',
    throwing(['message', 'name', 'stack', 'code', 'cause']),
    /^an error was thrown/,
  ],
  ['an error whose message is no text', Object.assign(new Error(), { message: 3 }), /^Error was thrown/],
  ['an error that is its own cause', circular, 'round'],
  ['a chain of 5,000 causes', deep, 'level 4999'],
])('%s', (_, thrown, message) => {
  if (message instanceof RegExp) expect(messageOf(thrown)).toMatch(message);
  else expect(messageOf(thrown)).toBe(message);
  const record = toErrorRecord(thrown);
  expect(fromErrorRecord(structuredClone(record))).toMatchObject({
    message: messageOf(thrown),
    kind: 'internal',
  });
  expect(firstLineOf(thrown)).not.toContain('\n');
});

test('kind, code, stack and causes cross a thread.', () => {
  const cause = Object.assign(new Error('no space'), { code: 'ENOSPC' });
  const error = fromErrorRecord(structuredClone(toErrorRecord(inputError('Could not', cause))));
  expect(error).toMatchObject({
    kind: 'input',
    message: 'Could not',
    cause: { message: 'no space', code: 'ENOSPC' },
  });
});

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}
