import { describe, expect, it } from 'vitest';
import type { DataOptions } from '../../../src/data/data-options.ts';
import { originOf } from '../../../src/data/data-origin.ts';
import { readData } from '../../../src/data/sources/read-data.ts';
import { temporaryDirectory } from '../../../testing/data/files.ts';
import { put } from '../../../testing/data/forms.ts';

const files = temporaryDirectory();
let made = 0;
/** A table in a file, or files of a directory. */
const table = (text: string | Readonly<Record<string, string>>): string => {
  const path = files.path(`table-${made++}`);
  if (typeof text === 'string') return put(`${path}.csv`, text);
  for (const [name, each] of Object.entries(text)) put(`${path}/${name}`, each);
  return path;
};

const flowers = {
  'train.csv': 'size,colour,species\n1.5,red,rose\n2,blue,iris\n3.5,red,rose\n',
  'test.csv': 'species,extra,colour,size\niris,9,red,4\n',
};

describe('A table in CSV', () => {
  it('has numbers and categories as inputs, and names of classes', async () => {
    const { train, test } = await readData(table(flowers));
    expect([train.shape, train.inputType, train.classNames, [...train.labels]]).toEqual([
      [3],
      'float32',
      ['iris', 'rose'],
      [1, 0, 1],
    ]);
    // size, then colour: blue, red.
    expect([...train.inputs]).toEqual([1.5, 0, 1, 2, 1, 0, 3.5, 0, 1]);
    expect([[...test.inputs], [...test.labels], test.classNames]).toEqual([[4, 0, 1], [0], ['iris', 'rose']]);
    expect(originOf(train, test).columns).toEqual({
      inputs: [{ name: 'size' }, { name: 'colour', categories: ['blue', 'red'] }],
      label: 'species',
      inputType: 'float32',
    });
  });

  it.each<[string, string, DataOptions]>([
    ['commas, quotes and a byte order mark', '\ufeff"a, b",label\r\n1,0\r\n2,1\r\n3,0\r\n4,1\r\n', {}],
    ['semicolons and spaces', 'a ; label\n1 ; 0\n2 ; 1\n\n3;0\n4;1', {}],
    ['tabs', 'a\tlabel\n1\t0\n2\t1\n3\t0\n4\t1\n', {}],
    ['another name of the label', 'a,kind\n1,0\n2,1\n3,0\n4,1\n', { label: 'kind' }],
    ['no header', '1,0\n2,1\n3,0\n4,1\n', { label: '1' }],
    ['numbers as names', '0,label\n1,0\n2,1\n3,0\n4,1\n', {}],
    ['classes as floats', 'a,label\n1,0.0\n2,1.0\n3,0.0\n4,1.0\n', {}],
  ])('is read with %s', async (_, text, options) => {
    const { train, test } = await readData(table(text), { ...options, testSplit: 0.5 });
    const all = [...train.inputs, ...test.inputs].sort();
    expect([all, train.classes, test.labels.length, train.classNames]).toEqual([
      [1, 2, 3, 4],
      2,
      2,
      undefined,
    ]);
  });

  it('of pixels is images of bytes, where it is given the shape of images', async () => {
    const path = table('label,a,b,c,d\n0,0,128,255,1\n1,1,2,3,4\n0,9,9,9,9\n');
    expect((await readData(path, { shape: [2, 2, 1] })).train).toMatchObject({
      inputType: 'uint8',
      shape: [2, 2, 1],
    });
    expect((await readData(path)).train).toMatchObject({ inputType: 'float32', shape: [4] });
    const floats = table('label,a,b,c,d\n0,0,128,255.5,1\n1,1,2,3,4\n0,9,9,9,9\n');
    expect((await readData(floats, { shape: [2, 2, 1] })).train.inputType).toBe('float32');
  });

  it('names classes by value where they are numbers below 0', async () => {
    const { train } = await readData(table('a,y\n1,-1\n2,1\n3,-1\n4,10\n'));
    expect(train.classNames).toEqual(['-1', '1', '10']);
  });
});

describe('A table in CSV is refused', () => {
  const rows = 'a,label\n1,0\n2,1\n3,0\n';
  it.each<[string, string | Record<string, string>, RegExp, DataOptions?, 'usage'?]>([
    [
      'without a column of labels',
      'a,b\n1,2\n',
      /expected a column of labels \(label, .*got a, b; name it with `label`/,
    ],
    [
      'with two that may be it',
      'a,label,target\n1,2,3\n',
      /expected one column of labels, got `label` and `target`; name it with `label`/,
    ],
    [
      'with the same name twice',
      'label,a,label\n1,2,3\n',
      /expected a name for each column, got `label` twice/,
    ],
    [
      'with a column that has no name',
      ',a,label\n0,2,3\n',
      /got none for column 0 in its first line; pandas writes its index so.*index=False/,
    ],
    [
      'for a label that no column has',
      rows,
      /`label` to be a column of .*\(a, label\), got `kind`/,
      { label: 'kind' },
      'usage',
    ],
    ['for a missing value', 'a,label\n1,0\n,1\n', /expected a value in column `a`, got none in line 3/],
    ['for NaN', 'a,label\n1,0\nNaN,1\n', /expected a value in column `a`, got `NaN` in line 3/],
    ['for a missing label', 'a,label\n1,?\n', /in column `label`, got `\?` in line 2/],
    [
      'for text among numbers',
      'a,label\n1,0\n1.2x,1\n',
      /expected numbers, as in line 2, in column `a`, got `1\.2x` in line 3/,
    ],
    [
      'for numbers among text',
      'a,label\nx,0\n5,1\n',
      /expected text, as in line 2, in column `a`, got `5` in line 3/,
    ],
    ['for what no float32 holds', 'a,label\n1,0\n1e99,1\n', /got `1e99` in line 3/],
    [
      'for labels to be computed',
      'a,y\n1,0.5\n',
      /names of classes in column `y`, got 0\.5 in line 2; .*`fit`/,
    ],
    [
      'for a row of another length',
      'a,label\n1,0\n2\n',
      /expected a CSV table, got damaged data \(Invalid Record Length: .*line 3/,
    ],
    ['for quotes without an end', 'a,label\n"1,0\n', /Quote Not Closed/],
    ['without rows', 'a,label\n', /expected rows of a label and at least one other column/],
    ['without inputs', 'label\n1\n2\n', /expected rows of a label and at least one other column/],
    ['that is empty', '', /got an empty file/],
    [
      'for a shape of other values',
      rows,
      /`shape` to hold 1 value, as a row of .* has, got 2,2, which is 4/,
      { shape: [2, 2] },
      'usage',
    ],
    [
      'for a test part without labels',
      { ...flowers, 'test.csv': 'size,colour\n1,red\n' },
      /test\.csv: expected the column of labels `species`, got size, colour; .*name the training file alone/,
    ],
    [
      'for a test part of another class',
      { ...flowers, 'test.csv': 'size,colour,species\n1,red,tulip\n' },
      /test\.csv: expected a class of the training part in column `species`, got `tulip` in line 2/,
    ],
    [
      'for a test part of another category',
      { ...flowers, 'test.csv': 'size,colour,species\n1,green,rose\n' },
      /expected one of blue, red in column `colour`, as in the training part, got `green` in line 2/,
    ],
    [
      'for a test part without a column',
      { ...flowers, 'test.csv': 'colour,species\nred,rose\n' },
      /expected the column `size`/,
    ],
    [
      'for a test part of text for numbers',
      { ...flowers, 'test.csv': 'size,colour,species\nbig,red,rose\n' },
      /expected numbers in column `size`, as in the training part, got `big`/,
    ],
    [
      'for labels beyond those of training',
      { 'train.csv': rows, 'test.csv': 'a,label\n1,2\n' },
      /expected a class of the training part in column `label`, got `2` in line 2/,
    ],
    [
      'among several',
      { 'a.csv': rows, 'b.csv': rows },
      /expected train\.csv and test\.csv, or one CSV file, got a\.csv, b\.csv/,
    ],
  ])('%s', async (_, text, message, options, kind = 'input' as never) => {
    await expect(readData(table(text), options)).rejects.toMatchObject({
      kind,
      message: expect.stringMatching(message),
    });
  });
});
