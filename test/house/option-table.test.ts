import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { configSchemas } from '../../scripts/config-schema.ts';
import { optionTable, withOptionTable } from '../../scripts/option-table.ts';
import { trainOptions } from '../../src/config/train-options.ts';

const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8');

test("the README's table has the options of train as they are described: `node scripts/option-table.ts` writes it", () => {
  expect(readme).toContain(optionTable());
  expect(withOptionTable(readme)).toBe(readme);
  expect(optionTable().split('\n').length).toBeGreaterThan(Object.keys(trainOptions).length);
});

test('schema/ has the configuration files of now: the same command writes it', () => {
  const directory = join(import.meta.dirname, '../../schema');
  const schemas = configSchemas();
  expect(readdirSync(directory).sort()).toEqual(Object.keys(schemas).sort());
  for (const [name, text] of Object.entries(schemas))
    expect(readFileSync(join(directory, name), 'utf8'), name).toBe(text);
  const { properties } = JSON.parse(schemas['train.json']);
  expect(Object.keys(properties)).toEqual(expect.arrayContaining(Object.keys(trainOptions)));
  expect(properties.batchSize).toMatchObject({ type: 'integer', minimum: 1, maximum: 2 ** 24 });
});
