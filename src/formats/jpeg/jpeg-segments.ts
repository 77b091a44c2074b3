import { inputError } from '../../errors.ts';
import { counted } from '../../shown.ts';
import { type ImageHeader, imageLimits, type Orientation } from '../image/bitmap.ts';
import { readOrientation } from '../image/orientation.ts';

export interface JpegHeader extends ImageHeader {
  readonly orientation: Orientation;
}

/** What each byte behind 0xff begins. Specification: https://www.w3.org/Graphics/JPEG/itu-t81.pdf, table B.1 */
const marker = { startOfScan: 0xda, endOfImage: 0xd9, app1: 0xe1, fill: 0xff } as const;
/** Of a frame: SOF0 to SOF15, without the tables and extensions between them. */
const isFrame = (code: number): boolean => code >= 0xc0 && code <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(code);

/**
 * What the segments in front of a JPEG file's data say of it.
 * @param isWhole whether `bytes` is the whole file; of its beginning, segments may be cut off
 * @returns undefined where the beginning does not reach to the frame
 * @throws GradpoolError for a frame that is missing, cut off, too large or neither grey nor of three colours
 */
export function jpegHeader(path: string, bytes: Uint8Array, isWhole: true): JpegHeader;
export function jpegHeader(path: string, bytes: Uint8Array, isWhole: boolean): JpegHeader | undefined;
export function jpegHeader(path: string, bytes: Uint8Array, isWhole: boolean): JpegHeader | undefined {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let exif: Buffer | undefined;
  for (let at = 2; at + 4 <= file.length; ) {
    if (file[at] !== 0xff)
      throw inputError(`${path}: expected a JPEG segment at byte ${at}, got damaged data`);
    const code = file[at + 1];
    if (code === marker.fill) {
      at++;
      continue;
    }
    if (code === marker.startOfScan || code === marker.endOfImage) break;
    const end = at + 2 + file.readUInt16BE(at + 2);
    if (end > file.length) break;
    const content = file.subarray(at + 4, end);
    if (code === marker.app1 && content.toString('latin1', 0, 6) === 'Exif\0\0') exif ??= content.subarray(6);
    if (isFrame(code)) return { ...frameOf(path, content), orientation: readOrientation(exif) };
    at = end;
  }
  if (!isWhole) return undefined;
  throw inputError(
    `${path}: expected a JPEG image, got no frame in ${counted(file.length, 'byte')}; it is cut off`,
  );
}

/** A frame: precision, height, width, number of components, and three bytes for each. */
function frameOf(path: string, content: Buffer): ImageHeader {
  if (content.length < 6) throw inputError(`${path}: expected a whole JPEG frame, got damaged data`);
  const [height, width, components] = [content.readUInt16BE(1), content.readUInt16BE(3), content[5]];
  if (width === 0 || height === 0 || width * height > imageLimits.pixels)
    throw inputError(
      `${path}: expected an image of 1 to ${imageLimits.pixels} pixels, got ${width} x ${height}`,
    );
  if (components !== 1 && components !== 3)
    throw inputError(
      `${path}: expected a JPEG image in grey or red, green and blue, got one of ${counted(components, 'component')}${components === 4 ? ' (CMYK)' : ''}; convert it first, e.g. with \`magick image.jpg -colorspace sRGB image.png\``,
    );
  return { width, height, isColour: components === 3 };
}

/** Of a progressive image each scan goes over all pixels again; an encoder makes some ten. */
const mostPixelsOfScans = 2 ** 30;

/** @throws GradpoolError for an image of so many scans that it would take minutes to decode */
export function checkScans(path: string, bytes: Uint8Array, { width, height }: ImageHeader): void {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const scan = Buffer.from([0xff, marker.startOfScan]);
  let scans = 0;
  for (let at = file.indexOf(scan); at >= 0; at = file.indexOf(scan, at + 2)) scans++;
  if (scans * width * height > mostPixelsOfScans)
    throw inputError(
      `${path}: expected a JPEG image of some ten scans, got ${scans} of ${width} x ${height}`,
    );
}
