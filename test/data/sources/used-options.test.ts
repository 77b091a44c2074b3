import { beforeAll, expect, it } from 'vitest';
import { loadDataOf } from '../../../src/cli/load/data.ts';
import type { DataOptions } from '../../../src/data/data-options.ts';
import { originOf } from '../../../src/data/data-origin.ts';
import { openData, readData, readDataLike } from '../../../src/data/sources/read-data.ts';
import { temporaryDirectory } from '../../../testing/data/files.ts';
import { plainData, plainPart, put, writeCifar, writeIdx, writeImages } from '../../../testing/data/forms.ts';
import { writeNpz } from '../../../testing/data/numpy.ts';

const files = temporaryDirectory();
const path = {
  mnist: files.path('mnist'),
  cifar: files.path('cifar'),
  images: files.path('images'),
  parts: files.path('parts'),
  npz: '',
  table: files.path('table.csv'),
  tables: files.path('tables'),
};

beforeAll(() => {
  writeIdx(path.mnist, plainData);
  writeCifar(path.cifar, plainData);
  writeImages(path.images, { '.': plainPart([0, 0, 0, 0, 1, 1, 1, 1], 3) });
  writeImages(path.parts, plainData);
  path.npz = writeNpz(files.path('arrays'), plainData);
  const table = 'a,b,label\n1,2,0\n2,1,1\n3,1,0\n4,2,1\n';
  put(path.table, table);
  for (const part of ['train', 'test']) put(`${path.tables}/${part}.csv`, table);
});

const refused: readonly (readonly [keyof typeof path, DataOptions, string])[] = [
  ['images', { label: 'x' }, 'a directory of images by class, got `x`; it is for a CSV table or a Parquet'],
  ['npz', { label: 'x' }, "an .npz archive of NumPy's arrays, got `x`; it is for a CSV table or a Parquet"],
  ['mnist', { label: 'x' }, "MNIST's four files, got `x`; it is for a CSV table or a Parquet table"],
  ['mnist', { shape: [28, 28, 1] }, "MNIST's four files, got `28,28,1`; it is for an .npz archive of"],
  ['cifar', { shape: [8, 8, 3] }, "CIFAR-10's binary files, got `8,8,3`"],
  ['cifar', { testSplit: 0.5 }, "CIFAR-10's binary files, got `0.5`"],
  ['parts', { testSplit: 0.5 }, 'which has a test part, got `0.5`; it is for data without one'],
  ['tables', { splitSeed: 0 }, 'which has a test part, got `0`; it is for data without one'],
  ['npz', { splitSeed: 3 }, 'which has a test part, got `3`'],
];

it.each(refused)('Of %s the options %j are refused, read or streamed', async (form, options, message) => {
  const [name] = Object.keys(options);
  const error = {
    kind: 'usage',
    message: expect.stringContaining(`Expected no \`${name}\` for ${path[form]}, ${message}`),
  };
  await expect(readData(path[form], options)).rejects.toMatchObject(error);
  await expect(openData(path[form], options)).rejects.toMatchObject(error);
});

const taken: readonly (readonly [keyof typeof path, DataOptions])[] = [
  ['images', { shape: [8, 8, 3], testSplit: 0.5, splitSeed: 2 }],
  ['table', { label: 'b', shape: [2], testSplit: 0.5 }],
  ['tables', { label: 'b' }],
  ['parts', { shape: [8, 8, 3] }],
];

it.each(taken)('Of %s the options %j are used', async (form, options) => {
  const { train, test } = await readData(path[form], options);
  expect(originOf(train, test).dataOptions).toEqual(options);
});

const remembered = { label: 'b', testSplit: 0.5, splitSeed: 2 };

it.each([
  ['images', { testSplit: 0.5, splitSeed: 2 }],
  ['parts', undefined],
  ['mnist', undefined],
  ['table', remembered],
  ['tables', { label: 'b' }],
] as const)('Of what is remembered of other data, %s take what they use: %j', async (form, used) => {
  const { train, test } = await readDataLike(path[form], {}, remembered);
  expect(originOf(train, test).dataOptions).toEqual(used);
  const run = { path: 'run', dataSha256: '', origin: { data: path.table, dataOptions: remembered } };
  const other = await loadDataOf(run, { data: path[form] });
  expect(originOf(other.train, other.test).dataOptions).toEqual(used);
});

it('What is given goes before what is remembered', async () => {
  const { train, test } = await readDataLike(path.images, { splitSeed: 5 }, remembered);
  expect(originOf(train, test).dataOptions).toEqual({ testSplit: 0.5, splitSeed: 5 });
});
