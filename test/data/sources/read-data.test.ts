import { describe, expect, it } from 'vitest';
import type { DataOptions } from '../../../src/data/data-options.ts';
import { dataset } from '../../../src/data/dataset.ts';
import { dataHash } from '../../../src/data/dataset-hash.ts';
import { readData } from '../../../src/data/sources/read-data.ts';
import { expectRefused, idxBytes, temporaryDirectory } from '../../../testing/data/files.ts';
import {
  classNames,
  imageShape,
  type PlainPart,
  plainData,
  plainPart,
  put,
  writeCifar,
  writeCsv,
  writeIdx,
  writeImages,
} from '../../../testing/data/forms.ts';
import { writeNpyFiles, writeNpz } from '../../../testing/data/numpy.ts';
import { writeParquet } from '../../../testing/data/parquet.ts';

const files = temporaryDirectory();
const hashOf = ({ images, labels }: PlainPart) =>
  dataHash(dataset({ inputs: images, labels, shape: imageShape, classes: classNames.length }));

describe('The same examples are the same data, bit for bit,', () => {
  it.each([
    ["as MNIST's four files", writeIdx, undefined, {}],
    ['as images by class', writeImages, classNames, {}],
    ["as CIFAR-10's files", writeCifar, classNames, {}],
    ['as an .npz archive', writeNpz, undefined, { shape: imageShape }],
    ['as .npy files', writeNpyFiles, undefined, {}],
    ['as tables in CSV', writeCsv, undefined, { shape: imageShape }],
    ['as tables in Parquet', writeParquet, undefined, { shape: imageShape }],
  ] as const)('%s', async (name, write, names, options) => {
    const { train, test } = await readData(write(files.path(name), plainData), options);
    expect([dataHash(train), dataHash(test)]).toEqual([hashOf(plainData.train), hashOf(plainData.test)]);
    expect([train.classNames, test.classNames]).toEqual([names, names]);
  });
});

describe("EMNIST's and QMNIST's files", () => {
  const directory = files.path('several');
  for (const name of ['emnist-digits', 'emnist-letters']) {
    const images = idxBytes([2, 1, 1], [3, 4]);
    for (const part of ['train', 'test']) {
      put(`${directory}/${name}-${part}-images-idx3-ubyte`, images);
      put(`${directory}/${name}-${part}-labels-idx1-ubyte`, idxBytes([2], [1, 2]));
    }
  }
  put(`${directory}/emnist-letters-mapping.txt`, '1 65 97\n2 66 98\n');

  it('are read by what their names begin with, with the names of their classes', async () => {
    const { train, test, notes } = await readData(`${directory}/emnist-letters`);
    expect([train.classNames, [...test.labels], notes]).toEqual([
      ['0', 'Aa', 'Bb'],
      [1, 2],
      ["EMNIST's images are stored transposed, and are taken as they are"],
    ]);
  });

  it('are refused where there are several, and none is named', async () => {
    await expectRefused(readData(directory), /got emnist-digits, emnist-letters; name one of them/);
    put(`${directory}/emnist-letters-mapping.txt`, '1 x\n');
    await expectRefused(
      readData(`${directory}/emnist-letters`),
      /mapping\.txt: expected lines of a label and codes/,
    );
  });
});

it.each([
  ['data_batch_1', /got pickled Python objects, which are never executed; take the binary version/],
  ['mnist-train.tfrecord-00000-of-00001', /got TFRecord files/],
])('A directory with %s is refused by that form', async (name, message) => {
  put(files.path(`unread-${name}/${name}`), 'x');
  await expectRefused(readData(files.path(`unread-${name}`)), message);
});

describe('Data without a test part', () => {
  const labels = Array.from({ length: 40 }, (_, example) => (example < 30 ? 0 : 1));
  const path = writeImages(files.path('unsplit'), { '.': plainPart(labels, 3) });

  it('are split by seed, each class in the same proportion, and keep their order', async () => {
    const { train, test } = await readData(path, { testSplit: 0.1 });
    expect([...test.labels]).toEqual([0, 0, 0, 1]);
    expect([...train.labels]).toEqual([...Array(27).fill(0), ...Array(9).fill(1)]);
    expect(train.classNames).toEqual(['ant', 'bee']);
  });

  it('are split alike each time, and otherwise with another seed', async () => {
    const hashes = [];
    for (const splitSeed of [1, 1, 2]) hashes.push(dataHash((await readData(path, { splitSeed })).test));
    expect(hashes[0]).toBe(hashes[1]);
    expect(hashes[0]).not.toBe(hashes[2]);
  });
});

it('Data of no known form are refused with all forms that there are', async () => {
  await expectRefused(readData(files.path('none')), /none: expected a directory or file with data.*ENOENT/);
  await expectRefused(
    readData(put(files.path('text'), 'some text')),
    /MNIST's four files.*CIFAR-10.*images by class.*got text/,
  );
});

describe('An option that cannot be is refused as such', () => {
  it.each([
    [{ testSplit: 1 }, 'Expected `testSplit` to be a share between 0 and 1, got `1`'],
    [{ splitSeed: -1 }, 'Expected `splitSeed` to be an integer >= 0, got `-1`'],
    [{ shape: [0] }, 'Expected `shape` to be a list of whole numbers >= 1'],
    [{ shapes: [1] }, 'did you mean `shape`?'],
  ])('%j', async (options, message) => {
    await expect(readData('nowhere', options as DataOptions)).rejects.toMatchObject({
      kind: 'usage',
      message: expect.stringContaining(message),
    });
  });
});
