import { truncateSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readData } from '../../../src/data/sources/read-data.ts';
import { expectRefused, temporaryDirectory } from '../../../testing/data/files.ts';
import { cifarRecord, imageOf, plainData, put, writeCifar } from '../../../testing/data/forms.ts';

const files = temporaryDirectory();
let made = 0;
const directory = () => writeCifar(files.path(`cifar-${made++}`), plainData);

describe("CIFAR's binary files", () => {
  it('of CIFAR-100 have two labels, of which the second is the class', async () => {
    const path = files.path('cifar-100');
    for (const name of ['train', 'test'])
      put(
        `${path}/${name}.bin`,
        Buffer.concat([Buffer.from([19]), cifarRecord(99, imageOf(plainData.train, 0))]),
      );
    const { train } = await readData(path);
    expect([[...train.labels], train.classes, [...train.inputs.subarray(0, 9)]]).toEqual([
      [99],
      100,
      [...plainData.train.images.subarray(0, 9)],
    ]);
  });

  it.each<[string, (path: string) => void, RegExp]>([
    [
      'a cut file',
      (path) => truncateSync(`${path}/data_batch_2.bin`, 3074),
      /data_batch_2\.bin: expected whole records of 3073 bytes, got 3074 bytes; the file is cut off/,
    ],
    ['an empty file', (path) => truncateSync(`${path}/test_batch.bin`, 0), /test_batch\.bin: .*got 0 bytes/],
    [
      'a class out of range',
      (path) => put(`${path}/data_batch_1.bin`, Buffer.alloc(3073, 10)),
      /data_batch_1\.bin: expected a class from 0 to 9 at byte 0, got 10/,
    ],
    [
      'names of other classes',
      (path) => put(`${path}/batches.meta.txt`, 'a\nb\n'),
      /batches\.meta\.txt: expected the names of 10 classes, a line each, got 2/,
    ],
  ])('are refused for %s', async (_, change, message) => {
    const path = directory();
    change(path);
    await expectRefused(readData(path), message);
  });

  it('are refused without a test part', async () => {
    const path = files.path('half');
    put(`${path}/data_batch_1.bin`, Buffer.alloc(3073));
    await expectRefused(readData(path), /expected test_batch\.bin beside data_batch_1\.bin, found none/);
  });
});
