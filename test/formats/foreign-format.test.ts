import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { readImages } from '../../src/data/idx-directory.ts';
import { readPng } from '../../src/formats/image-files/read-image.ts';
import { expectRefused, idxBytes, idxFloats, temporaryDirectory } from '../../testing/data/files.ts';

const files = temporaryDirectory();

const box = (brand: string) => Buffer.from(`\0\0\0\x1cftyp${brand}\0\0\0\0mif1`, 'latin1');
const latin1 = (text: string) => Buffer.from(text, 'latin1');
const bitmap = Buffer.alloc(54);
bitmap.write('BM');
const tar = Buffer.alloc(512);
tar.write('image.png');
tar.write('ustar', 257);

const foreign: [string, Uint8Array, RegExp][] = [
  ['a JPEG image', Buffer.from('ffd8ffe000104a46494600010100', 'hex'), /give it to `predict`/],
  ['a JPEG image', Buffer.from('ffd8ffe1001845786966000049492a00', 'hex'), /give it to `predict`/],
  ['a WebP image', latin1('RIFF\x24\0\0\0WEBPVP8L'), /convert it/],
  ['a GIF image', latin1('GIF89a\x01\0\x01\0'), /convert it/],
  ['a BMP image', bitmap, /convert it/],
  ['a TIFF image', latin1('II*\0\x08\0\0\0'), /convert it/],
  ['a TIFF image', latin1('MM\0*\0\0\0\x08'), /convert it/],
  ['a HEIC image', box('heic'), /convert it/],
  ['an AVIF image', box('avif'), /convert it/],
  ['a video', box('isom'), /take a picture/],
  ['a JPEG XL image', Buffer.from('ff0a7a7a7a', 'hex'), /convert it/],
  ['an icon', Buffer.from('0000010001002020', 'hex'), /convert it/],
  ['a netpbm image', latin1('P5\n2 2\n255\n\0\0\0\0'), /convert it/],
  ['an SVG image', latin1('<svg xmlns="http://www.w3.org/2000/svg"/>'), /render it as PNG first/],
  [
    'an SVG image',
    Buffer.from('\ufeff<?xml version="1.0"?>\n<!-- a long comment -->\n<!DOCTYPE svg>\n<svg>é</svg>'),
    /render it/,
  ],
  ['a PDF document', latin1('%PDF-1.7\n'), /render it/],
  ['a zip archive', latin1('PK\x03\x04\x14\0'), /unpack it/],
  ['a tar archive', tar, /unpack it/],
  ['bzip2 data', latin1('BZh91AY&SY'), /unpack it/],
  ['a NumPy array', latin1("\x93NUMPY\x01\0v\0{'descr'"), /give `readData` their directory/],
  ['a web page', latin1('<!DOCTYPE html>\n<html>'), /download the file itself/],
  ['a Git LFS pointer', latin1('version https://git-lfs.github.com/spec/v1\n'), /git lfs pull/],
  ['text', latin1('label,1x1,1x2\n5,0,0\n'), /PNG or IDX/],
];

describe('A file of another format is named, with what to do', () => {
  it.each(foreign)('%s', async (name, bytes, advice) => {
    const path = files.write('file', bytes);
    const message = new RegExp(`file: expected an IDX file .*, got ${name}; `);
    await expectRefused(readImages(path), message, advice);
    await expectRefused(readImages(files.write('zipped-file', gzipSync(bytes))), message);
    await expectRefused(
      readPng(path, [2, 2, 1]),
      new RegExp(`file: expected a PNG file, got ${name}; `),
      advice,
    );
  });

  it('and so is gzip in the place of a PNG image, and a PNG image in gzip', async () => {
    await expectRefused(readPng(files.write('a.png', gzipSync('a')), [2, 2, 1]), /got gzip data; unpack it/);
    const png = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex');
    await expectRefused(
      readImages(files.write('b.gz', gzipSync(png))),
      /got a PNG image; give it to `predict` or `readImage`/,
    );
  });
});

describe('A file of the expected format', () => {
  it('is not taken for another, whatever its values are', async () => {
    for (const [, bytes] of foreign) {
      const { inputs } = await readImages(files.write('idx', idxBytes([1, 1, bytes.length], bytes)));
      expect(Buffer.compare(Buffer.from(inputs as Uint8Array), bytes)).toBe(0);
    }
    await expect(readImages(files.write('idx', idxFloats([1, 1, 1], [1])))).resolves.toMatchObject({
      count: 1,
    });
  });

  it('is named where it is in the place of a PNG image', () =>
    expectRefused(
      readPng(files.write('idx.png', idxBytes([1, 2, 2], [1, 2, 3, 4])), [2, 2, 1]),
      /expected a PNG file, got an IDX file; name it without \.png/,
    ));
});
