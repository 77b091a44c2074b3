import { appendFileSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { encode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import type { DataOptions } from '../../../src/data/data-options.ts';
import { readData } from '../../../src/data/sources/read-data.ts';
import { expectRefused, temporaryDirectory } from '../../../testing/data/files.ts';
import { imageOf, plainData, pngOf, put, writeImages } from '../../../testing/data/forms.ts';
import { jpegs } from '../../../testing/data/jpegs.ts';

const files = temporaryDirectory();
let made = 0;
const directory = () => writeImages(files.path(`images-${made++}`), plainData);
const grey = (width: number, height: number) =>
  encode({ width, height, channels: 1, depth: 8, data: new Uint8Array(width * height).fill(7) });

/** A directory of two classes, an image each, and what is added. */
function small(add: Readonly<Record<string, Uint8Array | string>>): string {
  const path = files.path(`small-${made++}`);
  for (const [name, bytes] of Object.entries({ 'a/1.png': grey(2, 3), 'b/1.png': grey(2, 3), ...add }))
    put(`${path}/${name}`, bytes);
  return path;
}

describe('A directory of images by class', () => {
  it('may have its test part under another name, links, and directories in classes', async () => {
    const path = small({});
    const named = files.path(`named-${made++}`);
    mkdirSync(named);
    symlinkSync(path, `${named}/train`);
    put(`${named}/val/a/deep/1.png`, grey(2, 3));
    const { train, test, notes } = await readData(named);
    expect([train.count, test.count, notes]).toEqual([2, 1, undefined]);
  });

  it('passes over what systems leave there, and says which parts it does not read', async () => {
    const path = directory();
    for (const name of ['.DS_Store', 'train/.hidden', 'train/ant/Thumbs.db', 'README.md'])
      put(`${path}/${name}`, 'x');
    put(`${path}/extra/1.png`, 'x');
    const { train, notes } = await readData(path);
    expect([train.count, notes]).toEqual([12, [`${path}/extra is not read`]]);
  });

  it('is in grey where all images are, and in colour where one is', async () => {
    expect((await readData(small({ 'a/2.png': grey(2, 3) }))).train.shape).toEqual([3, 2, 1]);
    const colour = encode({ width: 2, height: 3, channels: 3, depth: 8, data: new Uint8Array(18) });
    const { train, notes } = await readData(small({ 'a/2.png': grey(2, 3), 'b/2.png': colour }));
    expect(train.shape).toEqual([3, 2, 3]);
    expect(notes).toEqual(['3 images grey repeated over red, green and blue']);
  });

  it('is resized and converted to a shape that is asked for', async () => {
    const { train, test, notes } = await readData(
      small({ 'a/2.jpg': jpegs.colour.bytes, 'b/2.png': grey(4, 4) }),
      { shape: [3, 2, 1] },
    );
    expect([train.shape, train.count + test.count]).toEqual([[3, 2, 1], 4]);
    expect(notes).toEqual([
      '1 image colour converted to grey',
      '1 image resized from 8 x 6 to 2 x 3, its proportions changed',
      '1 image resized from 4 x 4 to 2 x 3, its proportions changed',
    ]);
  });

  it('numbers classes by value where all names are whole numbers', async () => {
    const path = files.path('numbers');
    for (const name of ['10', '2', '9']) put(`${path}/train/${name}/1.png`, grey(1, 1));
    put(`${path}/test/9/1.png`, grey(1, 1));
    expect((await readData(path)).train.classNames).toEqual(['2', '9', '10']);
    expect([...(await readData(path)).test.labels]).toEqual([1]);
  });

  it('takes an image as it is to be seen for its size', async () => {
    const { train } = await readData(
      small({
        'a/1.png': grey(6, 8),
        'b/1.png': jpegs.turned.bytes,
        'b/2.png': grey(6, 8),
        'a/2.png': grey(6, 8),
      }),
    );
    expect(train.shape).toEqual([8, 6, 3]);
  });
});

describe('A directory of images is refused', () => {
  const truncated = pngOf(imageOf(plainData.train, 0)).subarray(0, 500);
  it.each<[string, () => string, RegExp, DataOptions?]>([
    [
      'for a file that is no image',
      () => small({ 'b/77.png': 'no image' }),
      /b\/77\.png: expected a PNG or JPEG image, got text/,
    ],
    [
      'for an image of another kind',
      () => small({ 'b/2.gif': 'GIF89a....' }),
      /b\/2\.gif: .*got a GIF image; convert it to PNG/,
    ],
    ['for a cut image', () => small({ 'b/2.png': truncated }), /b\/2\.png: .*it is cut off/],
    [
      'for a cut JPEG',
      () =>
        small({
          'a/1.png': jpegs.colour.bytes,
          'b/1.png': jpegs.colour.bytes.subarray(0, 640),
          'a/2.png': jpegs.colour.bytes,
        }),
      /b\/1\.png: expected a whole JPEG image, got damaged data \(Premature end/,
    ],
    ['for an empty file', () => small({ 'a/2.png': '' }), /a\/2\.png: .*got an empty file/],
    [
      'for images of different sizes',
      () => small({ 'b/2.png': grey(3, 3) }),
      /b\/2\.png: expected 2 x 3 pixels, as the first image has, got 3 x 3; give `shape` to resize all, e\.g\. 3,2,1/,
    ],
    [
      'for an image beside the classes',
      () => small({ 'c.JPG': jpegs.colour.bytes }),
      /c\.JPG: expected images in a directory for each class/,
    ],
    [
      'for a class without images',
      () => small({ 'c/.keep': '' }),
      /c: expected PNG or JPEG images of the class c, found none/,
    ],
    ['for classes of one image each', () => small({}), /expected a class with at least 2 examples/],
    [
      'for a shape that is no image',
      () => small({ 'a/2.png': grey(2, 3) }),
      /`shape` to be height, width and 1 or 3 channels for images, got 4/,
      { shape: [4] },
    ],
  ])('%s', async (_, make, message, options) => {
    await expectRefused(readData(make(), options), message);
  });

  it('for a class that only the test part has', async () => {
    const path = directory();
    put(`${path}/test/zebra/1.png`, grey(32, 32));
    await expectRefused(readData(path), /test\/zebra: expected a class that .*train has too, got zebra/);
  });

  it('for a directory that is empty, and where links lead in a circle', async () => {
    const path = small({ 'a/2.png': grey(2, 3) });
    symlinkSync(path, `${path}/b/circle`);
    await expectRefused(readData(path), /at most 8 directories deep/);
    rmSync(path, { recursive: true });
    mkdirSync(path);
    await expectRefused(readData(path), /got none of these/);
  });

  it('by the name of the one damaged image among many', async () => {
    const path = directory();
    const damaged = `${path}/test/jay/0009.png`;
    appendFileSync(damaged, '');
    put(damaged, Buffer.from(pngOf(imageOf(plainData.test, 9))).fill(0, 60, 70));
    await expectRefused(readData(path), /test\/jay\/0009\.png: .*damaged data/);
  });
});
