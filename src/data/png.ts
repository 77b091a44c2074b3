import { type DecodedPng, decode } from 'fast-png';
import { path as checkedPath, shape as checkedShape } from '../check.ts';
import { inputError } from '../errors.ts';
import type { ImageShape } from '../model/network.ts';
import { describe, readShared, withFile } from './file.ts';
import { guardPng, pngLimits } from './png-guard.ts';
import { pixelReader } from './png-pixels.ts';
import { resample } from './resample.ts';

/** An image in the form that a model takes in. */
export interface ConvertedImage {
  /** [height, width, channels], row-major; a value stands for value / 255. */
  readonly values: Uint8Array;
  /** What had to be changed, in words, e.g. `resized from 64 x 64 to 28 x 28`; empty when nothing was. */
  readonly notes: readonly string[];
}

/**
 * Reads a PNG file as a model's input. Values count as they stand in the file (MNIST's digits are white on black;
 * gamma and colour profiles are not looked at). Whatever does not fit is converted, in this order, and noted:
 * - 16-bit samples to 8 bits: value / 257. 1, 2 and 4 bits become 8 without loss and without a note.
 * - transparency: laid over black, colour * alpha
 * - colour (and a palette) to grey: 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601); grey to colour: three times the same
 * - another size: each value is the mean of the area that it covers in the file's image
 * Everything is computed in float64 and rounded once, at the end.
 * @param shape the model's input; 1 or 3 channels
 * @throws GradpoolError for everything that is wrong with the file, and for other numbers of channels
 */
export async function readPng(given: string | URL, shape: ImageShape): Promise<ConvertedImage> {
  const path = checkedPath(given, 'path');
  const [height, width, channels] = checkedShape(shape, 'shape', 3);
  if (channels !== 1 && channels !== 3)
    throw inputError(
      `${path}: expected a model of 1 or 3 channels for a PNG image, got a model of ${channels}`,
    );
  const image = await decodeFile(path);
  const values = resample(image.width, image.height, pixelReader(path, image, channels), shape);
  return { values, notes: [...formatNotes(image, channels), ...sizeNotes(image, width, height)] };
}

async function decodeFile(path: string): Promise<DecodedPng> {
  const bytes = await withFile(path, (file) => {
    if (file.size <= pngLimits.fileBytes) return readShared(file, file.size);
    throw inputError(
      `${path}: expected at most ${pngLimits.fileBytes} bytes for an image, got ${file.size} bytes`,
    );
  });
  const safe = guardPng(path, bytes);
  try {
    return decode(safe);
  } catch (error) {
    throw inputError(`${path}: expected a PNG image, got damaged data (${describe(error)})`, error);
  }
}

/** In the order in which `readPng` makes the changes. */
function formatNotes({ channels, depth, palette, transparency }: DecodedPng, wanted: 1 | 3): string[] {
  const colour = palette !== undefined || channels >= 3;
  const alpha =
    palette?.some((entry) => entry.length === 4) || transparency !== undefined || channels % 2 === 0;
  return [
    ...(depth === 16 ? ['16-bit values scaled to 8 bits'] : []),
    ...(alpha ? ['alpha composited on black'] : []),
    ...(colour && wanted === 1 ? ['colour converted to grey'] : []),
    ...(!colour && wanted === 3 ? ['grey repeated over red, green and blue'] : []),
  ];
}

function sizeNotes({ width, height }: DecodedPng, toWidth: number, toHeight: number): string[] {
  if (width === toWidth && height === toHeight) return [];
  const stretched = width * toHeight === height * toWidth ? '' : ', its proportions changed';
  return [`resized from ${width} x ${height} to ${toWidth} x ${toHeight}${stretched}`];
}
