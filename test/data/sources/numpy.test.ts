import { describe, expect, it } from 'vitest';
import type { DataOptions } from '../../../src/data/data-options.ts';
import { readData } from '../../../src/data/sources/read-data.ts';
import { ramp, temporaryDirectory } from '../../../testing/data/files.ts';
import { put } from '../../../testing/data/forms.ts';
import { bytesOf, npyOf, zipOf } from '../../../testing/data/numpy.ts';

const files = temporaryDirectory();
let made = 0;
const npz = (arrays: Readonly<Record<string, Buffer>>) =>
  put(
    files.path(`${made++}.npz`),
    zipOf(Object.fromEntries(Object.entries(arrays).map(([name, bytes]) => [`${name}.npy`, bytes]))),
  );
const bytes = (...shape: number[]) =>
  npyOf('|u1', shape, ramp(shape.reduce((product, size) => product * size, 1)));
const labels = (...values: number[]) => npyOf('<i4', [values.length], bytesOf(Int32Array.from(values)));

describe("NumPy's arrays", () => {
  it('of bytes, [count, height, width], are images of one channel', async () => {
    const { train, test } = await readData(
      npz({ x_train: bytes(3, 2, 2), y_train: labels(0, 2, 1), x_test: bytes(1, 2, 2), y_test: labels(1) }),
    );
    expect([train.shape, train.inputType, train.classes, test.classes]).toEqual([[2, 2, 1], 'uint8', 3, 3]);
  });

  it('may have the names of MedMNIST, labels in a column, and floats as they are', async () => {
    const images = npyOf('<f8', [2, 2, 2], bytesOf(Float64Array.of(0, 0.5, 1, 2, 3, 4, 5, 6)));
    const column = npyOf('|u1', [2, 1], Buffer.of(1, 0));
    const arrays = { train_images: images, train_labels: column, test_images: images, test_labels: column };
    const { train } = await readData(npz(arrays));
    expect([train.shape, train.inputType, [...train.labels]]).toEqual([[2, 2], 'float32', [1, 0]]);
    expect((await readData(npz(arrays), { shape: [2, 2, 1] })).test.shape).toEqual([2, 2, 1]);
  });

  it('without a test part are split by seed', async () => {
    const { train, test } = await readData(npz({ x: bytes(4, 3), y: labels(0, 0, 1, 1) }), {
      testSplit: 0.5,
    });
    expect([[...train.labels], [...test.labels], train.shape]).toEqual([[0, 1], [0, 1], [3]]);
  });

  it.each<[string, Record<string, Buffer>, RegExp, DataOptions?, 'usage'?]>([
    [
      'of pickled objects',
      { x: npyOf('|O', [1], Buffer.from('x')), y: labels(0) },
      /npz\[x\.npy\]: .*pickled Python objects, which are never executed/,
    ],
    [
      'without labels',
      { x: bytes(1, 2), z: labels(0) },
      /expected arrays x_train and y_train, or .*got x, z$/,
    ],
    [
      'of other numbers of labels',
      { x: bytes(2, 2), y: labels(0) },
      /npz\[y\.npy\]: expected 2 class numbers, one for each of x, got 1 values/,
    ],
    ['of one-hot labels', { x: bytes(2, 2), y: bytes(2, 3) }, /of one-hot rows take np\.argmax\(y, 1\)/],
    [
      'of labels that are no classes',
      { x: bytes(2, 2), y: labels(0, -1) },
      /npz\[y\.npy\]: .*label of example 1.*got -1/,
    ],
    [
      'of test labels out of range',
      { x_train: bytes(2, 2), y_train: labels(0, 1), x_test: bytes(1, 2), y_test: labels(2) },
      /npz\[y_test\.npy\]: .*from 0 to 1, got 2/,
    ],
    [
      'of a test part of another shape',
      { x_train: bytes(2, 2), y_train: labels(0, 1), x_test: bytes(1, 3), y_test: labels(1) },
      /npz\[x_test\.npy\]: expected examples of 2 values.*got 3/,
    ],
    ['of single values', { x: bytes(2), y: labels(0, 1) }, /expected an array of examples/],
    [
      'of a shape that does not fit',
      { x: bytes(2, 3), y: labels(0, 1) },
      /expected examples of 4 values \(`shape` 2,2\), got 3/,
      { shape: [2, 2] },
      'usage',
    ],
  ])('are refused: %s', async (_, arrays, message, options, kind = 'input' as never) => {
    await expect(readData(npz(arrays), options)).rejects.toMatchObject({
      kind,
      message: expect.stringMatching(message),
    });
  });
});
