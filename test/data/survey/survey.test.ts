import { describe, expect, it } from 'vitest';
import { dataset } from '../../../src/data/dataset.ts';
import { placeOf } from '../../../src/data/example-places.ts';
import { partition } from '../../../src/data/sources/partition.ts';
import { readData } from '../../../src/data/sources/read-data.ts';
import { examplesGrid } from '../../../src/data/survey/examples-grid.ts';
import { surveyData } from '../../../src/data/survey/survey.ts';
import { temporaryDirectory } from '../../../testing/data/files.ts';
import { plainPart, put, writeImages } from '../../../testing/data/forms.ts';

/** Examples of two values each. */
const of = (values: readonly number[], labels: readonly number[], classes = 3) =>
  dataset({ inputs: Uint8Array.from(values), labels, shape: [1, 2, 1], classes });

describe('A survey of data', () => {
  it('counts examples and classes, and says nothing of data as they should be', () => {
    const survey = surveyData(of([1, 2, 3, 40, 5, 6, 7, 8], [0, 1, 2, 0]), of([9, 1, 9, 2, 9, 3], [0, 1, 2]));
    expect(survey).toMatchObject({
      train: { examples: 4, examplesOfClass: [2, 1, 1], range: [1, 40] },
      test: { examples: 3, examplesOfClass: [1, 1, 1], range: [1, 9] },
      warnings: [],
    });
    expect(survey.train.sha256).not.toBe(survey.test.sha256);
  });

  it.each([
    [
      'a class without an example',
      of([1, 2, 3, 4], [0, 1]),
      of([5, 6], [0]),
      [
        'the training set has no example of 1 of its 3 classes: class 2',
        'the test set has no example of 2 classes of 3',
      ],
    ],
    [
      'examples that are in both parts',
      of([1, 2, 3, 4, 5, 6], [0, 1, 2]),
      of([3, 4, 7, 8, 5, 6], [1, 0, 2]),
      [
        '2 examples of the test set are in the training set too (test[0] is train[1], test[2] is train[2]): a test of them measures memory',
      ],
    ],
    [
      'the same example with two labels',
      of([1, 2, 3, 4, 1, 2], [0, 1, 2]),
      of([7, 8, 7, 9, 7, 3], [0, 1, 2]),
      ['1 example of the training set has another label than the same inputs before (train[0] and train[2])'],
    ],
    [
      'examples of one value',
      of([1, 2, 4, 4, 9, 6, 7, 7, 8, 8, 9, 9], [0, 1, 2, 0, 1, 2]),
      of([7, 8, 6, 6, 7, 3], [0, 1, 2]),
      [
        '4 examples of one value each, as an empty image is: train[1], train[3], train[4], ...',
        '1 example of one value each, as an empty image is: test[1]',
      ],
    ],
  ])('warns of %s', (_, train, test, warnings) => {
    expect(surveyData(train, test).warnings).toEqual(warnings);
  });
});

describe('A warning names an example by where it was read', () => {
  const files = temporaryDirectory();
  const table = (name: string, rows: readonly string[]) =>
    put(files.path(name), ['a,b,label', ...rows].join('\n'));

  it('in a table by its row, also where that is split or a part of it is taken', async () => {
    const path = table('one.csv', ['1,2,0', '5,5,1', '', '1,2,1', '3,4,0', '6,6,1', '6,7,0']);
    const { train, test } = await readData(path);
    const { warnings } = surveyData(train, test);
    const lines = [1, 2, 3, 4, 5, 6, 7, 8].map((line) => `${path} line ${line}`);
    const named = warnings.join().match(/[^\s(]+one\.csv line \d/g) ?? [];
    expect(named).toEqual(expect.arrayContaining([lines[2], lines[6]]));
    expect(named.every((place) => lines.includes(place))).toBe(true);
    expect(warnings.join()).not.toMatch(/(train|test)\[/);
    const half = partition({ train, test }, { validationSplit: 0.5 });
    expect(placeOf('test', half.test, 0)).toBe(placeOf('train', train, half.train.count));
  });

  it('in a train and a test table by file and row', async () => {
    const directory = files.path('both');
    table('both/train.csv', ['1,2,0', '3,4,1']);
    table('both/test.csv', ['9,8,0', '3,4,1']);
    const { train, test } = await readData(directory);
    expect(surveyData(train, test).warnings.join()).toContain(
      `(${directory}/test.csv line 3 is ${directory}/train.csv line 3)`,
    );
  });

  it('in images by their files', async () => {
    const part = plainPart([0, 1], 4);
    const path = writeImages(files.path('images'), { train: part, test: part });
    const { train, test } = await readData(path);
    expect(surveyData(train, test).warnings.join()).toContain(
      `(${path}/test/ant/0000.png is ${path}/train/ant/0000.png, ${path}/test/bee/0001.png is`,
    );
  });
});

describe('A picture of examples', () => {
  it('has a row for each class, and black where there is none', () => {
    const { width, height, values } = examplesGrid(of([10, 20, 30, 40, 50, 60], [1, 0, 1], 2));
    expect([width, height]).toEqual([29, 3]);
    const row = (y: number) => [...values.subarray(y * width, y * width + 7)];
    expect([row(0), row(2)]).toEqual([
      [30, 40, 0, 0, 0, 0, 0],
      [10, 20, 0, 50, 60, 0, 0],
    ]);
  });

  it('of many classes has the first example of each, and of floats their whole range', () => {
    const labels = Array.from({ length: 120 }, (_, label) => label);
    const inputs = Float32Array.from({ length: 240 }, (_, index) => (index % 2 === 0 ? -3 : index));
    const { width, height, values } = examplesGrid(dataset({ inputs, labels, shape: [1, 2] }));
    expect([width, height, ...values.subarray(0, 5)]).toEqual([29, 19, 0, 255, 0, 0, 255]);
  });

  it('is refused for examples that are none', () => {
    const data = dataset({ inputs: new Float32Array(4), labels: [0], shape: [4] });
    expect(() => examplesGrid(data)).toThrow(/Expected pictures, .*got examples of \[4\]/);
  });
});
