import { type DecodedPng, decode } from 'fast-png';
import { path as checkedPath, shape as checkedShape, checkOptions, flag } from '../check.ts';
import { inputError } from '../errors.ts';
import type { ImageShape } from '../model/network.ts';
import { counted } from '../shown.ts';
import { describe, readShared, withFile } from './file.ts';
import { guardPng, pngLimits } from './png-guard.ts';
import { type Orientation, orient } from './png-orientation.ts';
import { type Backdrop, backdropOf, colourReader, pixelReader } from './png-pixels.ts';
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

export interface ReadPngOptions {
  /** Makes bright what is dark: 255 - value. For dark ink on paper, where a model knows bright on dark. Default false. */
  readonly invert?: boolean;
}

/**
 * Reads a PNG file as a model's input. Values count as they stand in the file (MNIST's digits are white on black;
 * gamma and colour profiles are not looked at). Whatever does not fit is converted, in this order, and noted:
 * - the EXIF orientation (chunk eXIf) is applied
 * - 16-bit samples to 8 bits: value / 257. 1, 2 and 4 bits become 8 without loss and without a note.
 * - transparency: laid over white where the visible part is dark on the whole (its mean luma, weighted with alpha, is
 *   below 127.5), else over black. An alpha channel without a transparent pixel changes nothing.
 * - colour (and a palette) to grey: 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601); grey to colour: three times the same
 * - another size: each value is the mean of the area that it covers in the file's image
 * - inverted, where asked for
 *
 * Everything is computed in float64 and rounded once, at the end.
 * @param shape the model's input; 1 or 3 channels
 * @throws GradpoolError for everything that is wrong with the file, and for other numbers of channels
 */
export async function readPng(
  given: string | URL,
  shape: ImageShape,
  options: ReadPngOptions = {},
): Promise<ConvertedImage> {
  const path = checkedPath(given, 'path');
  const [height, width, channels] = checkedShape(shape, 'shape', 3);
  checkOptions(options, { invert: flag });
  const invert = options.invert ?? false;
  if (channels !== 1 && channels !== 3)
    throw inputError(
      `${path}: expected a model of 1 or 3 channels for a PNG image, got a model of ${channels}`,
    );
  const { image, orientation } = await decodeFile(path);
  const readColour = colourReader(path, image);
  const backdrop = hasAlpha(image) ? backdropOf(image, readColour) : 'nothing';
  const read = pixelReader(readColour, channels, backdrop);
  const seen = orient({ width: image.width, height: image.height, read }, orientation);
  const values = resample(seen.width, seen.height, seen.read, shape);
  if (invert)
    values.forEach((value, index) => {
      values[index] = 255 - value;
    });
  return {
    values,
    notes: [
      ...(orientation === 1
        ? []
        : [`${orientationWords[orientation]} as its EXIF orientation ${orientation} says`]),
      ...formatNotes(image, channels, backdrop),
      ...sizeNotes(seen, width, height),
      ...(invert ? ['inverted'] : []),
    ],
    doubts: borderDoubts(values, shape, invert),
  };
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

async function decodeFile(path: string): Promise<{ image: DecodedPng; orientation: Orientation }> {
  const bytes = await withFile(path, (file) => {
    if (file.size <= pngLimits.fileBytes) return readShared(file, file.size);
    throw inputError(
      `${path}: expected at most ${pngLimits.fileBytes} bytes for an image, got ${counted(file.size, 'byte')}`,
    );
  });
  const { file, orientation } = guardPng(path, bytes);
  try {
    return { image: decode(file), orientation };
  } catch (error) {
    throw inputError(`${path}: expected a PNG image, got damaged data (${describe(error)})`, error);
  }
}

const hasAlpha = ({ channels, palette, transparency }: DecodedPng): boolean =>
  palette?.some((entry) => entry.length === 4) || transparency !== undefined || channels % 2 === 0;

/** In the order in which `readPng` makes the changes. */
function formatNotes({ channels, depth, palette }: DecodedPng, wanted: 1 | 3, backdrop: Backdrop): string[] {
  const colour = palette !== undefined || channels >= 3;
  return [
    ...(depth === 16 ? ['16-bit values scaled to 8 bits'] : []),
    ...(backdrop === 'nothing' ? [] : [`alpha composited on ${backdrop}`]),
    ...(colour && wanted === 1 ? ['colour converted to grey'] : []),
    ...(!colour && wanted === 3 ? ['grey repeated over red, green and blue'] : []),
  ];
}

type Size = Pick<DecodedPng, 'width' | 'height'>;

function sizeNotes({ width, height }: Size, toWidth: number, toHeight: number): string[] {
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
