import { describe, expect, it } from 'vitest';
import {
  openImage,
  readImage,
  readImageHeader,
  readPng,
} from '../../../src/formats/image-files/read-image.ts';
import { sha256 } from '../../../src/sha256.ts';
import { expectRefused, temporaryDirectory } from '../../../testing/data/files.ts';
import { jpegs } from '../../../testing/data/jpegs.ts';

const files = temporaryDirectory();
let written = 0;
const put = (bytes: Uint8Array) => files.write(`${written++}.jpg`, bytes);

describe('A JPEG image', () => {
  it.each(['colour', 'grey', 'progressive'] as const)(
    'has the pixels that Pillow gives it: %s',
    async (name) => {
      const { bytes, pixelsSha256 } = jpegs[name];
      const { values, notes } = await readImage(put(bytes), [6, 8, name === 'grey' ? 1 : 3]);
      expect([sha256(values), notes]).toEqual([pixelsSha256, []]);
    },
  );

  it('is turned as its EXIF orientation says', async () => {
    const upright = await readImage(put(jpegs.colour.bytes), [6, 8, 3]);
    const { values, notes } = await readImage(put(jpegs.turned.bytes), [8, 6, 3]);
    expect(notes).toEqual(['turned by 90 degrees as its EXIF orientation 6 says']);
    for (let channel = 0; channel < 3; channel++)
      // The lower left corner comes to the upper left.
      expect(values[channel]).toBe(upright.values[5 * 8 * 3 + channel]);
  });

  it('tells its size and colour by its beginning, however long that is', async () => {
    const comment = Buffer.alloc(65_533, 'x');
    const segment = Buffer.concat([Buffer.from([0xff, 0xfe, 0xff, 0xff]), comment]);
    const long = Buffer.concat([jpegs.grey.bytes.subarray(0, 2), segment, jpegs.grey.bytes.subarray(2)]);
    for (const bytes of [jpegs.grey.bytes, long])
      expect(await readImageHeader(put(bytes))).toMatchObject({ width: 8, height: 6, isColour: false });
  });

  it('is decoded also after one that is damaged, and of several at once each for itself', async () => {
    const cut = put(jpegs.colour.bytes.subarray(0, 630));
    const whole = put(jpegs.colour.bytes);
    const [first, second, third] = await Promise.allSettled([
      openImage(whole),
      openImage(cut),
      openImage(whole),
    ]);
    expect([first.status, second.status, third.status]).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });
});

describe('A JPEG image is refused', () => {
  const { bytes } = jpegs.colour;
  const frame = bytes.indexOf(Buffer.from([0xff, 0xc0]));
  const changed = (change: (copy: Buffer) => unknown) => {
    const copy = Buffer.from(bytes);
    change(copy);
    return copy;
  };
  it.each<[string, Uint8Array, RegExp]>([
    [
      'where it is cut off in its data',
      bytes.subarray(0, 630),
      /expected a whole JPEG image, got damaged data \(Premature end of JPEG file\)/,
    ],
    ['where it is cut off before', bytes.subarray(0, 100), /got no frame in 100 bytes; it is cut off/],
    [
      'where its data are damaged',
      changed((copy) => copy.fill(0xff, bytes.length - 12, bytes.length - 8)),
      /damaged data/,
    ],
    [
      'where a segment is no segment',
      changed((copy) => copy.writeUInt8(0, 20)),
      /expected a JPEG segment at byte 20/,
    ],
    [
      'of more pixels than can be meant',
      changed((copy) => copy.writeUInt32BE(0xffffffff, frame + 5)),
      /got 65535 x 65535/,
    ],
    ['without a size', changed((copy) => copy.writeUInt16BE(0, frame + 5)), /got 8 x 0/],
    ['of four colours', jpegs.cmyk.bytes, /of 4 components \(CMYK\); convert it first/],
    [
      'of scans without end',
      Buffer.concat([
        changed((copy) => copy.writeUInt32BE(0x0fff_0fff, frame + 5)),
        Buffer.alloc(400, Buffer.from([0xff, 0xda])),
      ]),
      /some ten scans, got \d+ of 4095 x 4095/,
    ],
  ])('%s', async (_, file, message) => {
    await expectRefused(openImage(put(file)), message);
  });

  it('by what reads PNG alone', async () => {
    await expectRefused(readPng(put(bytes), [6, 8, 3]), /expected a PNG file, got a JPEG image/);
  });
});
