import { Command } from 'commander';
import { expect, test } from 'vitest';
import { nameOptionsAsTyped } from '../../src/cli/print/option-names.ts';
import { decimalNumber, numberList, wholeNumber } from '../../src/cli/typed/parse.ts';

test('a whole number is decimal digits; any other text stays as it was typed.', () => {
  expect(['7', '-1', '007', '9007199254740991'].map(wholeNumber)).toEqual([7, -1, 7, 9007199254740991]);
  const others = ['', ' ', 'abc', '1.5', '1e3', '0x10', '+1', '1_000', '9007199254740993', 'NaN', '١'];
  expect(others.map(wholeNumber)).toEqual(others);
});

test('a decimal number may have a fraction and an exponent; any other text stays as it was typed.', () => {
  expect(['0.05', '1e-3', '.5', '2.', '-1', '5E-2'].map(decimalNumber)).toEqual([
    0.05, 0.001, 0.5, 2, -1, 0.05,
  ]);
  const others = ['', 'NaN', 'Infinity', '1e999', '0x1', '1,5', '5%', '.', 'e3'];
  expect(others.map(decimalNumber)).toEqual(others);
});

test('a list of numbers goes on from the one given before.', () => {
  expect(numberList('0, 5,17')).toEqual([0, 5, 17]);
  expect(numberList('3', [0, 5])).toEqual([0, 5, 3]);
  expect(numberList('1,,x')).toEqual([1, '', 'x']);
});

test('a message names an option as it is typed, and nothing else.', () => {
  const command = new Command().option('--batch-size <n>').option('--seed <n>');
  const shown = (message: string) => nameOptionsAsTyped(message, command);
  expect(shown('Expected `batchSize` to be 1, got `seed`')).toBe(
    'Expected `--batch-size` to be 1, got `seed`',
  );
  expect(shown('Expected `seed` to be 1, got 2; `batchSize` to be 3, got 4')).toBe(
    'Expected `--seed` to be 1, got 2; `--batch-size` to be 3, got 4',
  );
  expect(shown('Expected `classes` to be 1')).toBe('Expected `classes` to be 1');
});

test.each([
  [
    'an option',
    'use a smaller `batchSize`, `seed` or both (`seed`).',
    'use a smaller `--batch-size`, `--seed` or both (`--seed`).',
  ],
  ['a value after got', 'Expected `seed` to be 1, got `seed`', 'Expected `--seed` to be 1, got `seed`'],
  [
    'a field of something else',
    'Expected `seed` of layer "dropout" to be 1',
    'Expected `seed` of layer "dropout" to be 1',
  ],
  ['a name in a quoted text', 'Layer "`seed`" is "`seed`"', 'Layer "`seed`" is "`seed`"'],
  ['a part of a path', 'no `seed`/x and no x/`seed`', 'no `seed`/x and no x/`seed`'],
  ['a word without marks', 'the file batchSize', 'the file batchSize'],
])('translated or not as it has to be: %s', (_, message, expected) => {
  const command = new Command().option('--batch-size <n>').option('--seed <n>');
  expect(nameOptionsAsTyped(message, command)).toBe(expected);
});

test('a file that is called as an option keeps its name, also in a path.', () => {
  const command = new Command().argument('[files...]').option('--run <dir>').option('--seed <n>');
  command.parse(['--run', '`seed`', 'a `run` b.png'], { from: 'user' });
  const message = 'No run at `seed` for /tmp/a `run` b.png; leave out `run` ';
  expect(nameOptionsAsTyped(message, command)).toBe(
    'No run at `seed` for /tmp/a `run` b.png; leave out `--run` ',
  );
});
