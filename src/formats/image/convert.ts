/** An image in the form that a model takes in. */
import { inputError } from '../../errors.ts';
import type { ImageShape } from '../../shape.ts';
import type { Bitmap, Orientation } from './bitmap.ts';
import { type OrientedImage, orient } from './orientation.ts';
import { type Backdrop, backdropOf, pixelReader } from './pixels.ts';
import { resample } from './resample.ts';

/** An image in the form that a model takes in. */
export interface ConvertedImage {
  /** [height, width, channels], row-major; a value stands for value / 255. */
  readonly values: Uint8Array;
  /** What had to be changed, in words, e.g. `resized from 64 x 64 to 28 x 28`; empty when nothing was. */
  readonly notes: readonly string[];
  /** What was not changed and may be wrong: a bright border. Empty for most. */
  readonly doubts: readonly string[];
}

/** How `readImage` and `readPng` read. */
export interface ReadImageOptions {
  /** Makes bright what is dark: 255 - value. For dark ink on paper, where a model knows bright on dark. Default false. */
  readonly invert?: boolean;
}

/** An image as it is to be seen: laid over its backdrop, in grey or colour, upright, of its own size. */
export interface SeenImage extends OrientedImage {
  /** What had to be changed for that, in words. */
  readonly notes: readonly string[];
}

/** @param channels 1: grey, 3: red, green, blue */
export function seenImage(bitmap: Bitmap, channels: 1 | 3): SeenImage {
  const { width, height, orientation } = bitmap;
  const backdrop = backdropOf(bitmap);
  const read = pixelReader(bitmap.readColour, channels, backdrop);
  return {
    ...orient({ width, height, read }, orientation),
    notes: [
      ...(orientation === 1
        ? []
        : [`${orientationWords[orientation]} as its EXIF orientation ${orientation} says`]),
      ...formatNotes(bitmap, channels, backdrop),
    ],
  };
}

/**
 * In this order, what `readImage` says of each change.
 * @throws GradpoolError for a model of other than 1 or 3 channels
 */
export function convertImage(
  path: string,
  bitmap: Bitmap,
  shape: ImageShape,
  invert: boolean,
): ConvertedImage {
  const [height, width, channels] = shape;
  const seen = seenImage(bitmap, greyOrColour(path, channels));
  const values = resample(seen.width, seen.height, seen.read, shape);
  if (invert)
    values.forEach((value, index) => {
      values[index] = 255 - value;
    });
  return {
    values,
    notes: [...seen.notes, ...sizeNotes(seen, width, height), ...(invert ? ['inverted'] : [])],
    doubts: borderDoubts(values, shape, invert),
  };
}

function greyOrColour(path: string, channels: number): 1 | 3 {
  if (channels === 1 || channels === 3) return channels;
  throw inputError(`${path}: expected a model of 1 or 3 channels for an image, got a model of ${channels}`);
}

/** What is done for each orientation, after "got one to be". */
const orientationWords: Record<Orientation, string> = {
  1: 'left',
  2: 'mirrored',
  3: 'turned by 180 degrees',
  4: 'mirrored upside down',
  5: 'mirrored and turned by 270 degrees',
  6: 'turned by 90 degrees',
  7: 'mirrored and turned by 90 degrees',
  8: 'turned by 270 degrees',
};

/** In the order in which the changes are made. */
function formatNotes({ isColour, depth }: Bitmap, wanted: 1 | 3, backdrop: Backdrop): string[] {
  return [
    ...(depth === 16 ? ['16-bit values scaled to 8 bits'] : []),
    ...(backdrop === 'nothing' ? [] : [`alpha composited on ${backdrop}`]),
    ...(isColour && wanted === 1 ? ['colour converted to grey'] : []),
    ...(!isColour && wanted === 3 ? ['grey repeated over red, green and blue'] : []),
  ];
}

function sizeNotes({ width, height }: SeenImage, toWidth: number, toHeight: number): string[] {
  if (width === toWidth && height === toHeight) return [];
  const stretched = width * toHeight === height * toWidth ? '' : ', its proportions changed';
  return [`resized from ${width} x ${height} to ${toWidth} x ${toHeight}${stretched}`];
}

/** Of grey images, whose background is likely to reach their border; a colour photograph may well have a bright one. */
function borderDoubts(
  values: Uint8Array,
  [height, width, channels]: ImageShape,
  inverted: boolean,
): string[] {
  if (channels !== 1) return [];
  const border = values.filter((_, index) => {
    const [row, column] = [Math.floor(index / width), index % width];
    return row === 0 || row === height - 1 || column === 0 || column === width - 1;
  });
  const mean = border.reduce((sum, value) => sum + value, 0) / border.length;
  if (mean <= 127.5) return [];
  const advice = inverted
    ? 'inverting made it so: leave out `invert`'
    : 'if the model learnt bright on dark (as MNIST is), give `invert`';
  return [`its border is bright (${Math.round(mean)} of 255 on average): ${advice}`];
}
