/** Image files of any format that is read, told by their first bytes. */
import { path as checkedPath, shape as checkedShape, checkOptions, flag } from '../../check.ts';
import { inputError } from '../../errors.ts';
import { readBoundedFile, readShared, withOpenFile } from '../../files/open-file.ts';
import type { ImageShape } from '../../shape.ts';
import { foreignFormat, isIdx } from '../foreign-format.ts';
import { type Bitmap, type ImageHeader, imageLimits } from '../image/bitmap.ts';
import { type ConvertedImage, convertImage, type ReadImageOptions } from '../image/convert.ts';
import { decodeJpeg } from '../jpeg/jpeg.ts';
import { jpegHeader } from '../jpeg/jpeg-segments.ts';
import { decodePng } from '../png/png.ts';
import { pngHeader } from '../png/png-guard.ts';

/** How a format is told and read. */
interface ImageFormat {
  /** The first bytes, in Latin-1. */
  readonly mark: string;
  readonly decode: (path: string, bytes: Uint8Array) => Bitmap | Promise<Bitmap>;
  /** @returns undefined where more of the file has to be read */
  readonly header: (path: string, start: Uint8Array, isWhole: boolean) => ImageHeader | undefined;
}

const imageFormats = {
  png: { mark: '\x89PNG\r\n\x1a\n', decode: decodePng, header: pngHeader },
  jpeg: { mark: '\xff\xd8\xff', decode: decodeJpeg, header: jpegHeader },
} as const satisfies Record<string, ImageFormat>;

/**
 * Reads a PNG or JPEG file as a model's input. Values count as they stand in the file (MNIST's digits are white on black;
 * gamma and colour profiles are not looked at). Whatever does not fit is converted, in this order, and noted:
 * - the EXIF orientation is applied
 * - 16-bit samples to 8 bits: value / 257. 1, 2 and 4 bits become 8 without loss and without a note.
 * - transparency: laid over white where the visible part is dark on the whole (its mean luma, weighted with alpha, is
 *   below 127.5), else over black. An alpha channel without a transparent pixel changes nothing.
 * - colour (and a palette) to grey: 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601); grey to colour: three times the same
 * - another size: each value is the mean of the area that it covers in the file's image
 * - inverted, where asked for
 *
 * Everything is computed in float64 and rounded once, at the end. A JPEG image has the pixels that libjpeg gives it.
 * @param shape the model's input; 1 or 3 channels
 * @throws GradpoolError for everything that is wrong with the file, and for other numbers of channels
 * @example const { values } = await readImage('cat.jpg', [32, 32, 3]);
 */
export async function readImage(
  given: string | URL,
  shape: ImageShape,
  options: ReadImageOptions = {},
): Promise<ConvertedImage> {
  const { path, invert } = checked(given, shape, options);
  return convertImage(path, await openImage(path), shape, invert);
}

/**
 * Reads a PNG file, as `readImage` does.
 * @param shape the model's input; 1 or 3 channels
 * @throws GradpoolError for everything that is wrong with the file, and for other numbers of channels
 */
export async function readPng(
  given: string | URL,
  shape: ImageShape,
  options: ReadImageOptions = {},
): Promise<ConvertedImage> {
  const { path, invert } = checked(given, shape, options);
  return convertImage(path, decodePng(path, await readImageFile(path)), shape, invert);
}

function checked(given: string | URL, shape: ImageShape, options: ReadImageOptions) {
  const path = checkedPath(given, 'path');
  checkedShape(shape, 'shape', 3);
  checkOptions(options, { invert: flag });
  return { path, invert: options.invert ?? false };
}

/** The image in a file. @throws GradpoolError for everything that is wrong with it */
export const openImage = async (path: string): Promise<Bitmap> =>
  decodeImage(path, await readImageFile(path));

/** @throws GradpoolError for bytes that are no image, of a format that is not read, or damaged */
export async function decodeImage(path: string, bytes: Uint8Array): Promise<Bitmap> {
  return formatOf(path, bytes).decode(path, bytes);
}

/** Whether bytes begin as those of an image that is read. */
export const isImage = (start: Uint8Array): boolean => findFormat(start) !== undefined;

/**
 * Size and colour of the image in a file, mostly without reading the whole of it.
 * @throws GradpoolError as `openImage` does, for what the header shows
 */
export function readImageHeader(path: string): Promise<ImageHeader> {
  return withOpenFile(path, async (file) => {
    const start = await readShared(file, Math.min(file.size, headerBytes));
    const { header } = formatOf(path, start);
    const found = header(path, start, file.size <= headerBytes);
    return found ?? (jpegHeader(path, await readImageFile(path), true) as ImageHeader);
  });
}

/** In front of the frame a photograph has EXIF data with a preview, and a colour profile. */
const headerBytes = 2 ** 16;

const readImageFile = (path: string): Promise<Uint8Array> => readBoundedFile(path, imageLimits.fileBytes);

function formatOf(path: string, bytes: Uint8Array): ImageFormat {
  const format = findFormat(bytes);
  if (format !== undefined) return format;
  throw inputError(`${path}: expected a PNG or JPEG image, got ${whatElse(bytes)}`);
}

function findFormat(bytes: Uint8Array): ImageFormat | undefined {
  const start = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 8)).toString('latin1');
  return Object.values(imageFormats).find(({ mark }) => start.startsWith(mark));
}

function whatElse(bytes: Uint8Array): string {
  if (isIdx(bytes)) return 'an IDX file';
  const start = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 8));
  return (
    foreignFormat(bytes) ??
    (start.length === 0 ? 'an empty file' : `one that begins ${start.toString('hex')}`)
  );
}
