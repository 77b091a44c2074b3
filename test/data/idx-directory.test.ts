import { mkdirSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { readDataDirectory, readImages } from '../../src/data/idx-directory.ts';
import {
  expectRefused,
  idxBytes,
  idxFloats,
  idxHeader,
  ramp,
  temporaryDirectory,
} from '../../testing/data/files.ts';

const files = temporaryDirectory();

const whole: Readonly<Record<string, Uint8Array>> = {
  'train-images-idx3-ubyte': idxBytes([3, 2, 2], ramp(12)),
  'train-labels-idx1-ubyte': idxBytes([3], [1, 4, 0]),
  't10k-images-idx3-ubyte': idxBytes([2, 2, 2], ramp(8)),
  't10k-labels-idx1-ubyte': idxBytes([2], [4, 2]),
};

let made = 0;
/** A new data directory: the whole one, with changed, added and (null) left out files. */
function directoryWith(changes: Record<string, Uint8Array | null>): string {
  const name = `data-${made++}`;
  mkdirSync(files.path(name));
  for (const [file, bytes] of Object.entries({ ...whole, ...changes }))
    if (bytes !== null) files.write(join(name, file), bytes);
  return files.path(name);
}

describe('A data directory', () => {
  it('gives two data sets whose sizes and classes come from the files', async () => {
    const { train, test } = await readDataDirectory(directoryWith({}));
    expect(train).toMatchObject({ shape: [2, 2, 1], count: 3, inputType: 'uint8', classes: 5 });
    expect([[...train.inputs], [...train.labels]]).toEqual([[...ramp(12)], [1, 4, 0]]);
    expect(test).toMatchObject({ shape: [2, 2, 1], count: 2, inputType: 'uint8', classes: 5 });
    expect([[...test.inputs], [...test.labels]]).toEqual([[...ramp(8)], [4, 2]]);
  });

  it('may hold gzip files and spell their names with a dot', async () => {
    const names: Record<string, Uint8Array | null> = {};
    for (const [name, bytes] of Object.entries(whole)) {
      names[name] = null;
      names[`${name.replace('-idx', '.idx')}.gz`] = gzipSync(bytes);
    }
    const { train, test } = await readDataDirectory(directoryWith(names));
    expect([[...train.inputs], [...test.labels]]).toEqual([[...ramp(12)], [4, 2]]);
  });

  it('may hold images with channels in a fourth dimension, under either name', async () => {
    const { train } = await readDataDirectory(
      directoryWith({
        'train-images-idx3-ubyte': null,
        'train-images-idx4-ubyte': idxBytes([3, 2, 2, 3], ramp(36)),
        't10k-images-idx3-ubyte': idxBytes([2, 2, 2, 3], ramp(24)),
      }),
    );
    expect(train).toMatchObject({ shape: [2, 2, 3], count: 3 });
  });

  it('may hold float32 images', async () => {
    const images = { 'train-images-idx3-ubyte': idxFloats([3, 1, 1], [0.5, 1, 2]) };
    const { train } = await readDataDirectory(
      directoryWith({ ...images, 't10k-images-idx3-ubyte': idxFloats([2, 1, 1], [3, 4]) }),
    );
    expect(train).toMatchObject({ shape: [1, 1, 1], inputType: 'float32' });
    expect([...train.inputs]).toEqual([0.5, 1, 2]);
  });

  it('may have the labels of QMNIST, of whose 8 columns the first is the class', async () => {
    const rows = (classes: number[]) => {
      const values = Buffer.alloc(32 * classes.length, 7);
      for (const [row, label] of classes.entries()) values.writeInt32BE(label, 32 * row);
      return Buffer.concat([idxHeader(0x0c, classes.length, 8), values]);
    };
    const { train, test, notes } = await readDataDirectory(
      directoryWith({
        'train-labels-idx1-ubyte': null,
        'train-labels-idx2-int': rows([1, 4, 0]),
        't10k-labels-idx1-ubyte': rows([4, 2]),
      }),
    );
    expect([[...train.labels], [...test.labels]]).toEqual([
      [1, 4, 0],
      [4, 2],
    ]);
    expect(notes).toEqual([
      expect.stringMatching(/train-labels-idx2-int: labels of 8 columns, as QMNIST has them; the first one/),
      expect.stringMatching(/t10k-labels-idx1-ubyte: labels of 8 columns/),
    ]);
  });

  it('takes the plain file where a packed one lies beside it', async () => {
    const { train } = await readDataDirectory(directoryWith({ 'train-images-idx3-ubyte.gz': ramp(3) }));
    expect(train.count).toBe(3);
  });
});

describe('A data directory is refused', () => {
  const refused = (changes: Record<string, Uint8Array | null>, ...parts: (string | RegExp)[]) =>
    expectRefused(readDataDirectory(directoryWith(changes)), ...parts);

  it('when there is none', async () => {
    await expectRefused(readDataDirectory(files.path('none')), /none: expected a directory.*ENOENT/);
    await expectRefused(
      readDataDirectory(files.write('plain', ramp(1))),
      /plain: expected a directory.*ENOTDIR/,
    );
  });

  it.each(Object.keys(whole))('when it lacks %s, with all names that were looked for', (name) =>
    refused({ [name]: null }, `${name} or ${name}.gz or ${name.replace('-idx', '.idx')}`),
  );

  it('when a directory or a pipe has the place of a file', async () => {
    const directory = directoryWith({ 't10k-labels-idx1-ubyte': null });
    mkdirSync(join(directory, 't10k-labels-idx1-ubyte'));
    await expectRefused(
      readDataDirectory(directory),
      /t10k-labels-idx1-ubyte: expected a file, got a directory/,
    );
    const other = directoryWith({ 'train-images-idx3-ubyte': null });
    files.makePipe(join(`data-${made - 1}`, 'train-images-idx3-ubyte'));
    await expectRefused(readDataDirectory(other), /train-images-idx3-ubyte: expected a file, got a pipe/);
  });

  it('when images and labels differ in number, with both files and numbers', async () => {
    const parts = [/train-labels.*expected 3 labels.*train-images-idx3-ubyte has images, got 2/];
    await refused({ 'train-labels-idx1-ubyte': idxBytes([2], [0, 1]) }, ...parts);
    await refused(
      { 't10k-labels-idx1-ubyte': idxBytes([3], [0, 1, 2]) },
      /t10k-labels.*2 labels.*t10k-images.*got 3/,
    );
  });

  it('when training and test images differ in size, channels or type, with both files', async () => {
    const both =
      /t10k-images-idx3-ubyte: expected images of 2 x 2 x 1 uint8, as in .*train-images-idx3-ubyte, got/;
    await refused({ 't10k-images-idx3-ubyte': idxBytes([2, 2, 3], ramp(12)) }, both, /2 x 3 x 1 uint8$/);
    await refused({ 't10k-images-idx3-ubyte': idxBytes([2, 2, 2, 2], ramp(16)) }, both, /2 x 2 x 2 uint8$/);
    await refused(
      { 't10k-images-idx3-ubyte': idxFloats([1, 2, 2], [1, 2, 3, 4]) },
      both,
      /2 x 2 x 1 float32$/,
    );
  });

  it('when a test label is outside the classes of training', () =>
    refused(
      { 't10k-labels-idx1-ubyte': idxBytes([2], [0, 5]) },
      /t10k-labels.*example 1.*from 0 to 4, got 5/,
    ));

  it('when its labels have other columns', () =>
    refused(
      { 'train-labels-idx1-ubyte': idxBytes([3, 2], ramp(6)) },
      /train-labels.*expected labels of 1 dimension, or QMNIST's 8 columns of int32, got 3 x 2 of uint8/,
    ));

  it('when a label is negative', () => {
    const labels = Buffer.concat([Buffer.from('00000c0100000003', 'hex'), Buffer.alloc(12, 0xff)]);
    return refused({ 'train-labels-idx1-ubyte': labels }, /train-labels.*example 0.*got -1/);
  });

  it('when a file is broken, by its name', () =>
    refused({ 't10k-images-idx3-ubyte': ramp(30) }, /t10k-images-idx3-ubyte: expected an IDX file/));
});

describe('A data directory too large for a training is refused from its headers', () => {
  const message =
    /data-\d+: expected data that fit into the .* MiB .*, got 4769 MiB: train-images-idx3-ubyte 2862 MiB, t10k-images-idx3-ubyte 1908 MiB; use fewer/;
  const train = idxHeader(0x08, 3000, 1000, 1000);
  const test = idxHeader(0x08, 2000, 1000, 1000);

  it('also when each file alone would fit', async () => {
    const directory = directoryWith({ 'train-images-idx3-ubyte': train, 't10k-images-idx3-ubyte': test });
    // Sparse: they take no place on the disk.
    truncateSync(join(directory, 'train-images-idx3-ubyte'), 16 + 3e9);
    truncateSync(join(directory, 't10k-images-idx3-ubyte'), 16 + 2e9);
    await expectRefused(readDataDirectory(directory), message);
  });

  it('also of gzip files, before they are unpacked', () =>
    expectRefused(
      readDataDirectory(
        directoryWith({
          'train-images-idx3-ubyte': gzipSync(Buffer.concat([train, ramp(9)])),
          't10k-images-idx3-ubyte': gzipSync(Buffer.concat([test, ramp(9)])),
        }),
      ),
      message,
    ));

  it('and one file by its own header', () =>
    expectRefused(
      readDataDirectory(directoryWith({ 'train-images-idx3-ubyte': idxHeader(0x0d, 2000, 1000, 1000) })),
      /train-images.*at most 4294901760 bytes.*2000 x 1000 x 1000 of float32, which is 8000000016 bytes/,
    ));
});

describe('A file of images alone', () => {
  it('is read with its shape and count', async () => {
    const { shape, count, inputs } = await readImages(files.write('images', whole['t10k-images-idx3-ubyte']));
    expect({ shape, count, inputs: [...inputs] }).toEqual({
      shape: [2, 2, 1],
      count: 2,
      inputs: [...ramp(8)],
    });
  });

  it('is refused when it holds labels', () =>
    expectRefused(readImages(files.write('labels', whole['t10k-labels-idx1-ubyte'])), /3 or 4 dimensions/));
});
