import type { Bitmap, Orientation, PixelReader } from './bitmap.ts';

/**
 * The orientation in EXIF data (a PNG chunk eXIf, a JPEG segment APP1), which are a TIFF file: byte order, 42, offset
 * of the first directory; there the number of entries, and each of 12 bytes: tag, type, count, value.
 * @returns 1 where there is none, or the data are damaged: an image is shown without them too
 */
export function readOrientation(exif: Buffer | undefined): Orientation {
  if (exif === undefined || exif.length < 8) return 1;
  const order = exif.toString('latin1', 0, 2);
  if (order !== 'II' && order !== 'MM') return 1;
  const isLittle = order === 'II';
  const uint16 = (at: number) => (isLittle ? exif.readUInt16LE(at) : exif.readUInt16BE(at));
  const uint32 = (at: number) => (isLittle ? exif.readUInt32LE(at) : exif.readUInt32BE(at));
  const directory = uint32(4);
  if (uint16(2) !== 42 || directory + 2 > exif.length) return 1;
  for (let entry = 0; entry < uint16(directory); entry++) {
    const at = directory + 2 + 12 * entry;
    if (at + 12 > exif.length) return 1;
    if (uint16(at) !== orientationTag) continue;
    const value = uint16(at + 2) === longType ? uint32(at + 8) : uint16(at + 8);
    return value >= 1 && value <= 8 ? (value as Orientation) : 1;
  }
  return 1;
}

const orientationTag = 0x0112;
const longType = 4;

export interface OrientedImage {
  readonly width: number;
  readonly height: number;
  readonly read: PixelReader;
}

/** An image as it is to be seen. */
export function orient({ width, height, read }: OrientedImage, orientation: Orientation): OrientedImage {
  const [right, bottom] = [width - 1, height - 1];
  const sources: Record<Orientation, (x: number, y: number) => readonly [number, number]> = {
    1: (x, y) => [x, y],
    2: (x, y) => [right - x, y],
    3: (x, y) => [right - x, bottom - y],
    4: (x, y) => [x, bottom - y],
    5: (x, y) => [y, x],
    6: (x, y) => [y, bottom - x],
    7: (x, y) => [right - y, bottom - x],
    8: (x, y) => [right - y, x],
  };
  const source = sources[orientation];
  return {
    ...uprightSize({ width, height, orientation }),
    read: (x, y, out) => read(...source(x, y), out),
  };
}

/** The size of an image as it is to be seen. */
export const uprightSize = ({
  width,
  height,
  orientation,
}: Pick<Bitmap, 'width' | 'height' | 'orientation'>) =>
  orientation > 4 ? { width: height, height: width } : { width, height };
