import { crc32, deflateSync, inflateSync } from 'node:zlib';
import { inputError } from '../../errors.ts';
import { describe } from '../../files/open-file.ts';
import { counted } from '../../shown.ts';
import { foreignFormat, isIdx } from '../foreign-format.ts';
import { type ImageHeader, imageLimits, type Orientation } from '../image/bitmap.ts';
import { readOrientation } from '../image/orientation.ts';

export interface GuardedPng {
  readonly file: Uint8Array;
  readonly orientation: Orientation;
}

/**
 * The same image in a PNG file that a decoder can open without a care. A decoder inflates whatever it finds, image data
 * and colour profiles, without a limit, and does not notice missing rows; so this checks every chunk's bounds and
 * CRC, inflates the image data to exactly the size that width, height and format ask for, and writes a new file of
 * these stored bytes and the chunks that decide the pixels' values.
 * Specification: https://www.w3.org/TR/png-3/
 * @returns the new file, and how the image is to be turned, which the decoder does not say
 * @throws GradpoolError for everything that is wrong with the file
 */
export function guardPng(path: string, bytes: Uint8Array): GuardedPng {
  const chunks = readChunks(path, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  const format = readFormat(path, chunks[0]);
  const data = chunks.filter(({ type }) => type === 'IDAT').map((chunk) => chunk.data);
  const pixels = inflateExactly(path, Buffer.concat(data), rawBytes(format));
  const palette = format.indexed ? theOnly(path, chunks, 'PLTE') : undefined;
  if (format.indexed && palette === undefined)
    throw inputError(`${path}: expected a palette (PNG chunk PLTE), as its format says, found none`);
  const file = Buffer.concat([
    signature,
    ...writeChunk('IHDR', theOnly(path, chunks, 'IHDR')),
    ...writeChunk('PLTE', palette),
    ...writeChunk('tRNS', theOnly(path, chunks, 'tRNS')),
    ...writeChunk('IDAT', deflateSync(pixels, { level: 0 })),
    ...writeChunk('IEND', Buffer.alloc(0)),
  ]);
  return { file, orientation: readOrientation(theOnly(path, chunks, 'eXIf')) };
}

/**
 * What the beginning of a PNG file says of it.
 * @param start its first 33 bytes, or more
 * @throws GradpoolError as `guardPng` does, for what they show
 */
export function pngHeader(path: string, start: Uint8Array): ImageHeader {
  const file = Buffer.from(start.buffer, start.byteOffset, start.byteLength);
  checkSignature(path, file);
  const { width, height, isColour } = readFormat(path, readChunk(path, file, signature.length));
  return { width, height, isColour };
}

interface Chunk {
  readonly type: string;
  readonly data: Buffer;
}

interface Format {
  readonly width: number;
  readonly height: number;
  readonly bitsPerPixel: number;
  readonly indexed: boolean;
  readonly isColour: boolean;
  readonly interlaced: boolean;
}

const signature = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);
const known = ['IHDR', 'PLTE', 'IDAT', 'IEND'];

/** Samples a pixel and the bit depths that each colour type allows. */
const colourTypes: Readonly<Record<number, { samples: number; depths: readonly number[] }>> = {
  0: { samples: 1, depths: [1, 2, 4, 8, 16] },
  2: { samples: 3, depths: [8, 16] },
  3: { samples: 1, depths: [1, 2, 4, 8] },
  4: { samples: 2, depths: [8, 16] },
  6: { samples: 4, depths: [8, 16] },
};

/** All chunks up to IEND, each whole and with the right CRC. */
function readChunks(path: string, file: Buffer): Chunk[] {
  checkSignature(path, file);
  const chunks: Chunk[] = [];
  for (let offset = 8; chunks.at(-1)?.type !== 'IEND'; ) {
    const chunk = readChunk(path, file, offset);
    chunks.push(chunk);
    offset += 12 + chunk.data.length;
  }
  return chunks;
}

function checkSignature(path: string, file: Buffer): void {
  if (!file.subarray(0, 8).equals(signature))
    throw inputError(`${path}: expected a PNG file, got ${formatOf(file)}`);
}

function formatOf(file: Buffer): string {
  if (isIdx(file)) return 'an IDX file; name it without .png';
  return foreignFormat(file) ?? `one that begins ${file.toString('hex', 0, 8) || 'empty'}`;
}

/** A chunk: length of its data, type, data, CRC-32 of type and data. */
function readChunk(path: string, file: Buffer, offset: number): Chunk {
  const end = offset + 8 > file.length ? Number.POSITIVE_INFINITY : offset + 8 + file.readUInt32BE(offset);
  if (end + 4 > file.length)
    throw inputError(
      `${path}: expected a whole PNG chunk at byte ${offset}, got the end of the file; it is cut off`,
    );
  const type = file.toString('latin1', offset + 4, offset + 8);
  if (crc32(file.subarray(offset + 4, end)) !== file.readUInt32BE(end))
    throw inputError(`${path}: expected the PNG chunk at byte ${offset} to match its CRC, got damaged data`);
  // An upper-case first letter says: whoever does not know this chunk cannot show the image.
  if (/^[A-Z]/.test(type) && !known.includes(type))
    throw inputError(`${path}: expected PNG chunks ${known.join(', ')}, got ${type} at byte ${offset}`);
  return { type, data: file.subarray(offset + 8, end) };
}

function readFormat(path: string, { type, data }: Chunk): Format {
  if (type !== 'IHDR' || data.length !== 13)
    throw inputError(
      `${path}: expected the first PNG chunk to be IHDR of 13 bytes, got ${type} of ${data.length}`,
    );
  const [width, height] = [data.readUInt32BE(0), data.readUInt32BE(4)];
  const [depth, colourType, compression, filter, interlace] = data.subarray(8);
  if (width === 0 || height === 0 || width * height > imageLimits.pixels)
    throw inputError(
      `${path}: expected an image of 1 to ${imageLimits.pixels} pixels, got ${width} x ${height}`,
    );
  const colour = colourTypes[colourType];
  if (!colour?.depths.includes(depth) || compression !== 0 || filter !== 0 || interlace > 1)
    throw inputError(`${path}: expected a known PNG format, got ${data.toString('hex', 8)} (bytes 24 to 28)`);
  // fast-png reads interlaced rows as whole bytes a pixel.
  if (interlace === 1 && depth < 8)
    throw inputError(
      `${path}: expected no interlacing with ${counted(depth, 'bit')} a sample; save the image without it`,
    );
  return {
    width,
    height,
    bitsPerPixel: depth * colour.samples,
    indexed: colourType === 3,
    isColour: colour.samples > 2 || colourType === 3,
    interlaced: interlace === 1,
  };
}

/** Bytes of the inflated image data: each row is a filter byte and its pixels; an interlaced image is seven images. */
function rawBytes({ width, height, bitsPerPixel, interlaced }: Format): number {
  const ofImage = (columns: number, rows: number) =>
    columns > 0 && rows > 0 ? rows * (1 + Math.ceil((columns * bitsPerPixel) / 8)) : 0;
  if (!interlaced) return ofImage(width, height);
  return adam7
    .map(([x, y, stepX, stepY]) => ofImage(Math.ceil((width - x) / stepX), Math.ceil((height - y) / stepY)))
    .reduce((sum, size) => sum + size, 0);
}

/** First column and row, and distance between columns and rows, of each pass. */
const adam7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

function inflateExactly(path: string, compressed: Buffer, size: number): Buffer {
  try {
    const pixels = inflateSync(compressed, { maxOutputLength: size });
    if (pixels.length === size) return pixels;
    throw new Error(`only ${counted(pixels.length, 'byte')}`);
  } catch (error) {
    throw inputError(
      `${path}: expected ${counted(size, 'byte')} of image data, got ${describe(error)}`,
      error,
    );
  }
}

function theOnly(path: string, chunks: readonly Chunk[], type: string): Buffer | undefined {
  const found = chunks.filter((chunk) => chunk.type === type);
  if (found.length > 1)
    throw inputError(`${path}: expected at most one PNG chunk ${type}, got ${found.length}`);
  return found[0]?.data;
}

/** A chunk as bytes; nothing where there is no data. Without CRC: its reader does not look at it. */
function writeChunk(type: string, data: Buffer | undefined): Buffer[] {
  if (data === undefined) return [];
  const head = Buffer.alloc(8);
  head.writeUInt32BE(data.length);
  head.write(type, 4, 'latin1');
  return [head, data, Buffer.alloc(4)];
}
