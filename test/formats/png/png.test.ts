import { crc32, deflateSync } from 'node:zlib';
import { encode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { readPng } from '../../../src/formats/image-files/read-image.ts';
import { expectRefused, ramp, temporaryDirectory } from '../../../testing/data/files.ts';

const files = temporaryDirectory();
let written = 0;

type Shape = [number, number, number];

/** Reads bytes as a model's input and gives values and notes as plain arrays. */
async function read(bytes: Uint8Array, shape: Shape) {
  const { values, notes } = await readPng(files.write(`${written++}.png`, bytes), shape);
  return { values: [...values], notes };
}

/** A PNG file by fast-png: 8 or 16 bits, grey, grey and alpha, RGB or RGBA. */
const encoded = (width: number, height: number, channels: number, data: number[], depth: 8 | 16 = 8) =>
  encode({ width, height, channels, depth, data: (depth === 16 ? Uint16Array : Uint8Array).from(data) });

/** A chunk with its length and CRC. */
function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const bytes = Buffer.alloc(body.length + 8);
  bytes.writeUInt32BE(data.length);
  bytes.set(body, 4);
  bytes.writeUInt32BE(crc32(body), body.length + 4);
  return bytes;
}

interface Parts {
  width: number;
  height: number;
  depth: number;
  colourType: number;
  interlace?: number;
  /** Inflated image data: for each row a filter byte and the pixels. */
  rows: ArrayLike<number>;
  /** Chunks before the image data. */
  before?: Buffer[];
}

/** A PNG file chunk by chunk, for what fast-png does not write. */
function assembled({ width, height, depth, colourType, interlace = 0, rows, before = [] }: Parts): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width);
  header.writeUInt32BE(height, 4);
  header.set([depth, colourType, 0, 0, interlace], 8);
  const signature = Buffer.from('89504e470d0a1a0a', 'hex');
  const data = chunk('IDAT', deflateSync(Uint8Array.from(rows)));
  return Buffer.concat([signature, chunk('IHDR', header), ...before, data, chunk('IEND', Buffer.alloc(0))]);
}

const palette = (...colours: number[]) => chunk('PLTE', Uint8Array.from(colours));
const transparency = (...values: number[]) => chunk('tRNS', Uint8Array.from(values));
const grey2x2 = { width: 2, height: 2, depth: 8, colourType: 0, rows: [0, 10, 20, 0, 30, 40] };

describe('A PNG image that fits', () => {
  it('comes out as it stands, without a note', async () => {
    const values = [...ramp(12)];
    expect(await read(encoded(4, 3, 1, values), [3, 4, 1])).toEqual({ values, notes: [] });
    expect(await read(encoded(2, 2, 3, values), [2, 2, 3])).toEqual({ values, notes: [] });
  });

  it('is read interlaced too', async () => {
    const values = Array.from({ length: 11 * 9 * 3 }, (_, index) => (index * 37) % 256);
    const image = { width: 11, height: 9, channels: 3, depth: 8, data: Uint8Array.from(values) } as const;
    expect(await read(encode(image, { interlace: 'Adam7' }), [9, 11, 3])).toEqual({ values, notes: [] });
  });

  it('is read with every row filter', async () => {
    // Sub, Up, Average, Paeth (each worked out by hand), None.
    const rows = [1, 1, 2, 2, 2, 3, 3, 4, 4, 4, 5, 5, 0, 6, 7];
    const { values } = await read(assembled({ ...grey2x2, height: 5, rows }), [5, 2, 1]);
    expect(values).toEqual([1, 3, 3, 6, 5, 9, 10, 15, 6, 7]);
  });

  it('of 1, 2 or 4 bits of grey becomes one of 8 without loss', async () => {
    const bits = (depth: number, rows: number[], width: number) =>
      read(assembled({ width, height: 2, depth, colourType: 0, rows }), [2, width, 1]);
    const of1 = await bits(1, [0, 0b10110100, 0b10000000, 0, 0, 0b10000000], 9);
    expect(of1).toEqual({
      values: [1, 0, 1, 1, 0, 1, 0, 0, 1, ...Array(8).fill(0), 1].map((bit) => bit * 255),
      notes: [],
    });
    expect((await bits(2, [0, 0b00011011, 0b11000000, 0, 0, 0], 5)).values).toEqual([
      0, 85, 170, 255, 255, 0, 0, 0, 0, 0,
    ]);
    expect((await bits(4, [0, 0x0f, 0x10, 0, 0x23, 0x40], 3)).values).toEqual([0, 255, 17, 34, 51, 68]);
  });
});

describe('A PNG image that does not fit is converted, and that is said', () => {
  it('from 16 bits to 8', async () => {
    const notes = ['16-bit values scaled to 8 bits'];
    const values = [0, 0xffff, 0x8080, 128, 129, 0x1234];
    expect(await read(encoded(3, 2, 1, values, 16), [2, 3, 1])).toEqual({
      values: [0, 255, 128, 0, 1, 18],
      notes,
    });
  });

  it('from colour to grey by Rec. 601', async () => {
    const colours = [255, 0, 0, 0, 255, 0, 0, 0, 255, 7, 7, 7, 10, 20, 30, 255, 255, 255];
    expect(await read(encoded(3, 2, 3, colours), [2, 3, 1])).toEqual({
      values: [76, 150, 29, 7, 18, 255],
      notes: ['colour converted to grey'],
    });
  });

  it('from grey to colour', async () => {
    expect(await read(encoded(2, 1, 1, [9, 200]), [1, 2, 3])).toEqual({
      values: [9, 9, 9, 200, 200, 200],
      notes: ['grey repeated over red, green and blue'],
    });
  });

  it('with its alpha composited on black, where what is visible is bright', async () => {
    const notes = ['alpha composited on black'];
    expect(await read(encoded(3, 1, 2, [200, 255, 200, 51, 200, 0]), [1, 3, 1])).toEqual({
      values: [200, 40, 0],
      notes,
    });
    expect(await read(encoded(1, 1, 4, [255, 100, 0, 128]), [1, 1, 3])).toEqual({
      values: [128, 50, 0],
      notes,
    });
  });

  it('with its alpha composited on white, where what is visible is dark', async () => {
    const notes = ['alpha composited on white'];
    // Ink that is in the alpha alone: black everywhere.
    expect(await read(encoded(3, 1, 2, [0, 255, 0, 51, 0, 0]), [1, 3, 1])).toEqual({
      values: [0, 204, 255],
      notes,
    });
    // Blue is dark; that the transparent pixel is white does not count.
    expect(await read(encoded(2, 1, 4, [0, 0, 255, 255, 255, 255, 255, 0]), [1, 2, 3])).toEqual({
      values: [0, 0, 255, 255, 255, 255],
      notes,
    });
  });

  it('but not for an alpha channel without a transparent pixel, nor for one without a visible one', async () => {
    expect(await read(encoded(2, 1, 2, [7, 255, 9, 255]), [1, 2, 1])).toEqual({ values: [7, 9], notes: [] });
    expect(await read(encoded(2, 1, 2, [7, 0, 9, 0]), [1, 2, 1])).toEqual({
      values: [0, 0],
      notes: ['alpha composited on black'],
    });
  });

  it('with one colour of its own transparent', async () => {
    const grey = assembled({ ...grey2x2, before: [transparency(0, 30)] });
    const notes = ['alpha composited on white'];
    expect(await read(grey, [2, 2, 1])).toEqual({ values: [10, 20, 255, 40], notes });
    const rows = [0, 1, 2, 3, 1, 2, 4, 0, 1, 2, 3, 9, 2, 3];
    const colour = assembled({ ...grey2x2, colourType: 2, rows, before: [transparency(0, 1, 0, 2, 0, 3)] });
    expect(await read(colour, [2, 2, 3])).toEqual({
      values: [255, 255, 255, 1, 2, 4, 255, 255, 255, 9, 2, 3],
      notes,
    });
  });

  it('from a palette, also a transparent one', async () => {
    const image = { width: 3, height: 1, depth: 2, colourType: 3, rows: [0, 0b00011000] };
    const before = [palette(255, 0, 0, 1, 2, 3, 40, 50, 60)];
    expect(await read(assembled({ ...image, before }), [1, 3, 3])).toEqual({
      values: [255, 0, 0, 1, 2, 3, 40, 50, 60],
      notes: [],
    });
    expect(await read(assembled({ ...image, before: [...before, transparency(255, 0)] }), [1, 3, 1])).toEqual(
      {
        values: [76, 255, 48],
        notes: ['alpha composited on white', 'colour converted to grey'],
      },
    );
  });

  it('from a larger size by the mean of each area', async () => {
    expect(await read(encoded(4, 2, 1, [0, 100, 8, 8, 50, 50, 8, 10]), [1, 2, 1])).toEqual({
      values: [50, 9],
      notes: ['resized from 4 x 2 to 2 x 1'],
    });
    // Three columns on two: the middle one belongs half to each.
    const { values, notes } = await read(encoded(3, 1, 1, [30, 60, 240]), [1, 2, 1]);
    expect({ values, notes }).toEqual({
      values: [40, 180],
      notes: ['resized from 3 x 1 to 2 x 1, its proportions changed'],
    });
  });

  it('from a smaller size', async () => {
    const { values } = await read(encoded(2, 1, 1, [10, 30]), [2, 4, 1]);
    expect(values).toEqual([10, 10, 30, 30, 10, 10, 30, 30]);
    expect((await read(encoded(2, 1, 1, [10, 40]), [1, 3, 1])).values).toEqual([10, 25, 40]);
  });

  it('keeping an even surface even, whatever the two sizes', async () => {
    for (const [width, height] of [
      [1, 1],
      [7, 64],
      [29, 27],
      [100, 3],
    ]) {
      const { values } = await read(encoded(width, height, 1, Array(width * height).fill(255)), [28, 28, 1]);
      expect(values).toEqual(Array(784).fill(255));
    }
  });

  it('in all ways at once, in the order in which it was done', async () => {
    const { notes } = await read(encoded(56, 56, 4, Array(56 * 56 * 4).fill(70), 16), [28, 28, 1]);
    expect(notes).toEqual([
      '16-bit values scaled to 8 bits',
      'alpha composited on white',
      'colour converted to grey',
      'resized from 56 x 56 to 28 x 28',
    ]);
  });
});

describe('The EXIF orientation of a PNG image', () => {
  /** A TIFF file with two entries: a width of no interest, and the orientation. */
  function exif(orientation: number, order: 'II' | 'MM' = 'MM'): Buffer {
    const bytes = Buffer.alloc(34);
    const uint16 = (value: number, at: number) =>
      order === 'II' ? bytes.writeUInt16LE(value, at) : bytes.writeUInt16BE(value, at);
    bytes.write(order, 'latin1');
    for (const [value, at] of [
      [42, 2],
      [2, 8],
      [0x0100, 10],
      [3, 12],
      [0x0112, 22],
      [3, 24],
      [orientation, 30],
    ])
      uint16(value, at);
    bytes[order === 'II' ? 4 : 7] = 8;
    bytes[order === 'II' ? 26 : 29] = 1;
    return chunk('eXIf', bytes);
  }

  const stored = { width: 3, height: 2, depth: 8, colourType: 0, rows: [0, 1, 2, 3, 0, 4, 5, 6] };

  // The values as they are to be seen, row by row: Exif 2.32, table 4 (which side of the scene is row 0 and column 0).
  it.each([
    [2, [3, 2, 1, 6, 5, 4], 'mirrored'],
    [3, [6, 5, 4, 3, 2, 1], 'turned by 180 degrees'],
    [4, [4, 5, 6, 1, 2, 3], 'mirrored upside down'],
    [5, [1, 4, 2, 5, 3, 6], 'mirrored and turned by 270 degrees'],
    [6, [4, 1, 5, 2, 6, 3], 'turned by 90 degrees'],
    [7, [6, 3, 5, 2, 4, 1], 'mirrored and turned by 90 degrees'],
    [8, [3, 6, 2, 5, 1, 4], 'turned by 270 degrees'],
  ])('%i is applied and said, in both byte orders', async (orientation, values, words) => {
    const shape: Shape = orientation > 4 ? [3, 2, 1] : [2, 3, 1];
    const notes = [`${words} as its EXIF orientation ${orientation} says`];
    for (const order of ['II', 'MM'] as const)
      expect(await read(assembled({ ...stored, before: [exif(orientation, order)] }), shape)).toEqual({
        values,
        notes,
      });
  });

  it('changes nothing where it is 1, unknown or damaged', async () => {
    const whole = exif(1);
    const data = whole.subarray(8, -4);
    const cut = Array.from({ length: data.length }, (_, length) => chunk('eXIf', data.subarray(0, length)));
    for (const odd of [whole, exif(0), exif(9), chunk('eXIf', Buffer.alloc(40, 0xff)), ...cut])
      expect(await read(assembled({ ...stored, before: [odd] }), [2, 3, 1])).toEqual({
        values: [1, 2, 3, 4, 5, 6],
        notes: [],
      });
  });
});

describe('A PNG image of dark on bright', () => {
  const paper = encoded(
    4,
    4,
    1,
    Array.from({ length: 16 }, (_, at) => ([5, 6, 9, 10].includes(at) ? 10 : 250)),
  );
  const readPaper = (shape: Shape, invert = false) =>
    readPng(files.write(`${written++}.png`, paper), shape, { invert });

  it('is read as it stands, with a doubt about its border', async () => {
    const { values, notes, doubts } = await readPaper([4, 4, 1]);
    expect([values[0], values[5], notes]).toEqual([250, 10, []]);
    expect(doubts).toEqual([
      'its border is bright (250 of 255 on average): if the model learnt bright on dark (as MNIST is), give `invert`',
    ]);
  });

  it('is inverted where asked for, and has no doubt then', async () => {
    const { values, notes, doubts } = await readPaper([4, 4, 1], true);
    expect([values[0], values[5], notes, doubts]).toEqual([5, 245, ['inverted'], []]);
  });

  it('is not doubted in colour', async () => expect((await readPaper([4, 4, 3])).doubts).toEqual([]));

  it('has the doubt also where inverting made it so', async () => {
    const path = files.write('dark.png', encoded(2, 2, 1, [0, 0, 0, 0]));
    expect((await readPng(path, [2, 2, 1], { invert: true })).doubts).toEqual([
      'its border is bright (255 of 255 on average): inverting made it so: leave out `invert`',
    ]);
  });
});

describe('A PNG file is refused', () => {
  const refused = (bytes: Uint8Array, ...parts: RegExp[]) =>
    expectRefused(read(bytes, [2, 2, 1]), /\.png: /, ...parts);
  const whole = assembled({ ...grey2x2, before: [chunk('tEXt', Buffer.from('key\0value'))] });

  it('when the model takes neither 1 nor 3 channels', () =>
    expectRefused(read(whole, [2, 2, 4]), /1 or 3 channels.*a model of 4/));

  it('when it is something else, or no file', async () => {
    await refused(Buffer.alloc(0), /expected a PNG file, got one that begins empty/);
    await refused(
      Buffer.from('ffd8ffe000104a464946', 'hex'),
      /expected a PNG file, got a JPEG image; give it to `predict`/,
    );
    await expectRefused(readPng(files.path('none'), [2, 2, 1]), /found nothing/);
    await expectRefused(readPng(files.makePipe('pipe'), [2, 2, 1]), /got a pipe/);
  });

  it('wherever it is cut off', async () => {
    for (let length = 0; length < whole.length; length++) await refused(whole.subarray(0, length));
  });

  it('whatever byte of it is changed', async () => {
    for (let offset = 0; offset < whole.length; offset++)
      await refused(whole.map((byte, index) => (index === offset ? byte ^ 0x10 : byte)));
  });

  it('when it claims more pixels than the limit, or none', async () => {
    await refused(assembled({ ...grey2x2, width: 0xffffffff, height: 0xffffffff }), /1 to 16777216 pixels/);
    await refused(
      assembled({ ...grey2x2, width: 4097, height: 4096 }),
      /1 to 16777216 pixels, got 4097 x 4096/,
    );
    await refused(assembled({ ...grey2x2, width: 0 }), /got 0 x 2/);
  });

  it('when its image data are shorter or longer than its size asks for', async () => {
    await refused(
      assembled({ ...grey2x2, rows: [0, 10, 20, 0, 30] }),
      /expected 6 bytes of image data, got only 5/,
    );
    await refused(
      assembled({ ...grey2x2, rows: [0, 10, 20, 0, 30, 40, 50] }),
      /expected 6 bytes of image data/,
    );
    await refused(
      assembled({ ...grey2x2, width: 4096, height: 4096 }),
      /expected 16781312 bytes.*got only 6/,
    );
  });

  it('when its image data inflate without an end, at the size that it asks for', () =>
    refused(
      assembled({ ...grey2x2, rows: new Uint8Array(2 ** 24) }),
      /6 bytes of image data, got .*larger than 6 bytes/,
    ));

  it('when its format is none', async () => {
    await refused(assembled({ ...grey2x2, depth: 3 }), /known PNG format, got 0300/);
    await refused(assembled({ ...grey2x2, colourType: 5 }), /known PNG format, got 0805/);
    await refused(assembled({ ...grey2x2, depth: 4, colourType: 2 }), /known PNG format, got 0402/);
    await refused(assembled({ ...grey2x2, interlace: 2 }), /known PNG format/);
    await refused(assembled({ ...grey2x2, rows: [0, 10, 20, 5, 30, 40] }), /Unsupported filter: 5/);
  });

  it('when it is interlaced with less than 8 bits, which the decoder misreads', () =>
    refused(assembled({ ...grey2x2, depth: 1, interlace: 1 }), /no interlacing with 1 bit a/));

  it('when its palette is missing, double or too short', async () => {
    const indexed = { ...grey2x2, colourType: 3, rows: [0, 0, 1, 0, 2, 3] };
    await refused(assembled(indexed), /expected a palette/);
    await refused(
      assembled({ ...indexed, before: [palette(1, 2, 3), palette(1, 2, 3)] }),
      /at most one PNG chunk PLTE/,
    );
    await refused(
      assembled({ ...indexed, before: [palette(...ramp(9))] }),
      /from 0 to 2.*got 3 at pixel \(1, 1\)/,
    );
    await refused(assembled({ ...indexed, before: [palette(1, 2)] }), /damaged data/);
    await refused(assembled({ ...indexed, before: [palette(1, 2, 3), transparency(1, 2)] }), /damaged data/);
  });

  it('when it has a critical chunk that nobody knows', () =>
    refused(assembled({ ...grey2x2, before: [chunk('ABCD', ramp(3))] }), /got ABCD at byte 33/));
});

describe('What a PNG file says beside its pixels', () => {
  it('is not opened: a broken colour profile does no harm, nor would one that inflates without an end', async () => {
    const profile = chunk('iCCP', Buffer.from('name\0\0broken'));
    expect((await read(assembled({ ...grey2x2, before: [profile] }), [2, 2, 1])).values).toEqual([
      10, 20, 30, 40,
    ]);
  });

  it('is not a suggested palette of a coloured image', async () => {
    const rows = [0, 1, 2, 3, 4, 5, 6, 0, 7, 8, 9, 10, 11, 12];
    const image = assembled({ ...grey2x2, colourType: 2, rows, before: [palette(200, 200, 200)] });
    expect((await read(image, [2, 2, 3])).values).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  });
});
