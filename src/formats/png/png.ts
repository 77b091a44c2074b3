import { type DecodedPng, decode } from 'fast-png';
import { inputError } from '../../errors.ts';
import { describe } from '../../files/open-file.ts';
import type { Bitmap } from '../image/bitmap.ts';
import { pngColours } from './png-colours.ts';
import { guardPng } from './png-guard.ts';

/** @throws GradpoolError for everything that is wrong with the file */
export function decodePng(path: string, bytes: Uint8Array): Bitmap {
  const { file, orientation } = guardPng(path, bytes);
  const image = decodeGuarded(path, file);
  const { width, height, depth, channels, palette } = image;
  return {
    ...{ width, height, depth, orientation },
    isColour: palette !== undefined || channels >= 3,
    hasAlpha: hasAlpha(image),
    readColour: pngColours(path, image),
  };
}

function decodeGuarded(path: string, file: Uint8Array): DecodedPng {
  try {
    return decode(file);
  } catch (error) {
    throw inputError(`${path}: expected a PNG image, got damaged data (${describe(error)})`, error);
  }
}

const hasAlpha = ({ channels, palette, transparency }: DecodedPng): boolean =>
  palette?.some((entry) => entry.length === 4) || transparency !== undefined || channels % 2 === 0;
