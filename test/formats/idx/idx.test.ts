import { mkdirSync, statSync, symlinkSync, truncateSync } from 'node:fs';
import { createServer } from 'node:net';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { idxImages, idxLabels, readIdx } from '../../../src/formats/idx/idx.ts';
import {
  expectRefused,
  idxBytes,
  idxFloats,
  idxHeader,
  ramp,
  temporaryDirectory,
} from '../../../testing/data/files.ts';

const files = temporaryDirectory();
const images = idxBytes([2, 3, 2], ramp(12));
let written = 0;
const readImages = (bytes: Uint8Array) => readIdx(files.write(`${written++}`, bytes), idxImages);
const readLabels = (bytes: Uint8Array) => readIdx(files.write(`${written++}`, bytes), idxLabels);

describe('An IDX file', () => {
  it('is read with its shape and values, into shared memory', async () => {
    const { shape, type, values } = await readImages(images);
    expect({ shape, type, values: [...values] }).toEqual({
      shape: [2, 3, 2],
      type: 'uint8',
      values: [...ramp(12)],
    });
    expect(values.buffer).toBeInstanceOf(SharedArrayBuffer);
  });

  it('may have four dimensions', async () => {
    const { shape, values } = await readImages(idxBytes([1, 2, 2, 3], ramp(12)));
    expect(shape).toEqual([1, 2, 2, 3]);
    expect([...values]).toEqual([...ramp(12)]);
  });

  it('may hold big-endian float32 images and int32 labels', async () => {
    const floats = await readImages(idxFloats([1, 2, 2], [0.5, -1.25, 3e-20, 0]));
    expect(floats.values).toBeInstanceOf(Float32Array);
    expect([...floats.values]).toEqual([0.5, -1.25, 3e-20, 0].map(Math.fround));
    const labels = await readLabels(
      Buffer.concat([idxHeader(0x0c, 2), Buffer.from([0, 0, 1, 2, 255, 255, 255, 255])]),
    );
    expect([...labels.values]).toEqual([258, -1]);
  });

  it('may be gzip, whatever its name, also in several parts', async () => {
    const cut = [images.subarray(0, 5), images.subarray(5, 21), images.subarray(21)];
    for (const bytes of [gzipSync(images), Buffer.concat(cut.map((part) => gzipSync(part)))]) {
      const { shape, values } = await readImages(bytes);
      expect(shape).toEqual([2, 3, 2]);
      expect([...values]).toEqual([...ramp(12)]);
      expect(values.buffer).toBeInstanceOf(SharedArrayBuffer);
    }
  });

  it('of several megabytes comes out of gzip whole', async () => {
    const large = idxBytes(
      [4000, 28, 28],
      Uint8Array.from({ length: 4000 * 784 }, (_, i) => (i * 2654435761) >>> 24),
    );
    const { values } = await readImages(gzipSync(large));
    expect(Buffer.compare(Buffer.from(values), large.subarray(16))).toBe(0);
  });

  it('is read through a symbolic link', async () => {
    symlinkSync(files.write('target', images), files.path('link'));
    expect((await readIdx(files.path('link'), idxImages)).shape).toEqual([2, 3, 2]);
  });
});

describe('What is not a file', () => {
  it('is refused when missing', () =>
    expectRefused(readIdx(files.path('none'), idxImages), /none: .*found nothing/));

  it('is refused when below a file', () =>
    expectRefused(readIdx(`${files.write('below', images)}/x`, idxImages), /ENOTDIR/));

  it('is refused when a directory', async () => {
    mkdirSync(files.path('directory'));
    await expectRefused(
      readIdx(files.path('directory'), idxImages),
      /directory: expected a file, got a directory/,
    );
  });

  it('is refused at once when a pipe that nobody writes into', async () => {
    const pipe = files.makePipe('pipe');
    expect(statSync(pipe).isFIFO()).toBe(true);
    await expectRefused(readIdx(pipe, idxImages), /got a pipe/);
  });

  it('is refused when an endless device', () =>
    expectRefused(readIdx('/dev/zero', idxImages), /got a device/));

  it('is refused when a socket', async () => {
    const server = createServer().listen(files.path('socket'));
    await new Promise((resolve) => server.once('listening', resolve));
    await expectRefused(readIdx(files.path('socket'), idxImages), /got a socket/);
    server.close();
  });
});

const broken: [string, Uint8Array, RegExp][] = [
  ['an empty file', Buffer.alloc(0), /header of 4 bytes, got only 0/],
  ['a file that ends in the magic number', images.subarray(0, 3), /header of 4 bytes, got only 3/],
  ['a file that ends in the header', images.subarray(0, 15), /header of 16 bytes, got only 15/],
  [
    'a wrong magic number',
    Buffer.from('89504e4700000000000000000d0a1a0a', 'hex'),
    /first two bytes are 00 00, got 89 50 4e 47/,
  ],
  [
    'an element type that is not read',
    Buffer.concat([idxHeader(0x0b, 1, 1, 1), ramp(2)]),
    /08 \(uint8\) or 0d \(float32\).*got 0b/,
  ],
  ['labels in the place of images', idxBytes([12], ramp(12)), /expected 3 or 4 dimensions.*got 1/],
  ['a file of too many dimensions', idxBytes([1, 1, 1, 1, 1], ramp(1)), /expected 3 or 4 dimensions.*got 5/],
  ['a file that lacks a byte', images.subarray(0, 27), /2 x 3 x 2 values.*28 bytes, got only 27.*cut off/],
  ['a file with a byte too many', Buffer.concat([images, ramp(1)]), /28 bytes, got 29 bytes.*too long/],
  ['a dimension of zero', idxBytes([2, 0, 2], []), /at least 1, got 2 x 0 x 2/],
  [
    'a header that claims more than the file holds',
    Buffer.concat([idxHeader(0x08, 60000, 28, 28), ramp(9)]),
    /60000 x 28 x 28.*got only 25/,
  ],
  [
    'a header beyond four gigabytes',
    idxHeader(0x08, 65535, 65535, 2),
    /at most 4294901760.*65535 x 65535 x 2/,
  ],
  ['a header whose product overflows', idxHeader(0x08, ...Array(4).fill(0xffffffff)), /claims 4294967295 x/],
  [
    'a header whose product is a power of two to the 64',
    idxHeader(0x0d, 65536, 65536, 65536, 65536),
    /claims 65536 x/,
  ],
  ['a value that is not finite', idxFloats([1, 1, 2], [1, Number.NaN]), /finite values, got NaN at byte 20/],
];

describe('A broken IDX file', () => {
  it.each(broken)('is refused: %s', (_, bytes, message) => expectRefused(readImages(bytes), message));

  it.each(broken.filter(([name]) => !/byte too many|lacks a byte|more than the file/.test(name)))(
    'is refused in gzip as well: %s',
    (_, bytes, message) => expectRefused(readImages(gzipSync(bytes)), message),
  );

  it('is refused as labels when it holds images, and as labels of uint8 and int32 only', async () => {
    await expectRefused(readLabels(images), /expected 1 or 2 dimensions at.*got 3/);
    await expectRefused(readLabels(idxFloats([2], [1, 2])), /08 \(uint8\) or 0c \(int32\).*got 0d/);
  });

  it('is refused wherever it is cut off', async () => {
    for (let length = 0; length < images.length; length++)
      await expectRefused(readImages(images.subarray(0, length)));
  });

  it('takes no memory for a sparse file of a terabyte', async () => {
    const path = files.write('sparse', idxHeader(0x08, 0xffffffff, 28, 28));
    truncateSync(path, 2 ** 40);
    await expectRefused(readIdx(path, idxImages), /at most 4294901760/);
  });
});

describe('Broken gzip', () => {
  const packed = gzipSync(images);
  const changed = (offset: number) => packed.map((byte, index) => (index === offset ? byte ^ 0xff : byte));

  it('is refused wherever it is cut off', async () => {
    for (let length = 2; length < packed.length; length++)
      await expectRefused(readImages(packed.subarray(0, length)), /expected whole gzip data|cut off/);
  });

  it('is refused when its checksum or its length is wrong', async () => {
    await expectRefused(
      readImages(changed(packed.length - 8)),
      /gzip data, got damaged data \(incorrect data check\)/,
    );
    await expectRefused(
      readImages(changed(packed.length - 1)),
      /gzip data, got damaged data \(incorrect length/,
    );
  });

  it('is refused with more values than the header says', () =>
    expectRefused(
      readImages(gzipSync(Buffer.concat([images, ramp(1)]))),
      /in 28 bytes, got more than that.*too long/,
    ));

  it('is refused with fewer values than the header says', () =>
    expectRefused(readImages(gzipSync(images.subarray(0, 27))), /28 bytes, got only 27.*cut off/));

  it('is refused with other bytes behind it', async () => {
    await expectRefused(
      readImages(Buffer.concat([packed, Buffer.from('garbage')])),
      /damaged data|nothing behind/,
    );
    for (const zeros of [1, 100, 1_000_000])
      await expectRefused(
        readImages(Buffer.concat([packed, Buffer.alloc(zeros)])),
        /nothing behind.*from byte/,
      );
  });

  it('is refused when its header claims more than deflate can hold, and takes no memory for it', async () => {
    const bytes = gzipSync(Buffer.concat([idxHeader(0x08, 4_000_000, 28, 28), ramp(100)]));
    await withinBounds(() =>
      expectRefused(readImages(bytes), /expected at most .* gzip data.*claims 4000000 x 28 x 28/),
    );
  });

  it('that never ends is left as soon as it holds more than its header says', async () => {
    const zeros = gzipSync(Buffer.alloc(2 ** 25));
    const endless = Buffer.concat([gzipSync(idxHeader(0x08, 1000, 28, 28)), ...Array(256).fill(zeros)]);
    expect(gunzipSync(zeros).length * 256).toBe(2 ** 33);
    await withinBounds(() => expectRefused(readImages(endless), /1000 x 28 x 28.*got more than that/));
  });

  it('that never ends is left at once when it does not begin with an IDX header', async () => {
    const endless = Buffer.concat(Array(256).fill(gzipSync(Buffer.alloc(2 ** 25))));
    await withinBounds(() => expectRefused(readImages(endless), /element type/));
  });
});

/** Three seconds (all of the data would take more than ten), and less than 64 MB more than the most that this process ever took. */
async function withinBounds(work: () => Promise<void>): Promise<void> {
  const [start, before] = [performance.now(), process.resourceUsage().maxRSS];
  await work();
  expect(performance.now() - start).toBeLessThan(3000);
  expect(process.resourceUsage().maxRSS - before).toBeLessThan(64 * 1024);
}
