import type { DecodedPng } from 'fast-png';
import { inputError } from '../../errors.ts';
import type { PixelReader } from '../image/bitmap.ts';

/** Reads a decoded image's pixels as red, green, blue (0 to 255) and alpha (0 to 1). */
export const pngColours = (path: string, image: DecodedPng): PixelReader =>
  image.palette === undefined ? sampleColours(image) : paletteColours(path, image, image.palette);

/** Red, green, blue (0 to 255) and alpha (0 to 1) of an image whose samples are indices of a palette. */
function paletteColours(
  path: string,
  image: DecodedPng,
  palette: readonly (readonly number[])[],
): PixelReader {
  const sample = sampleReader(image);
  return (x, y, out) => {
    const index = sample(x, y, 0);
    const entry = palette[index];
    if (entry === undefined)
      throw inputError(
        `${path}: expected a colour from 0 to ${palette.length - 1} of its palette, got ${index} at pixel (${x}, ${y})`,
      );
    for (let channel = 0; channel < 3; channel++) out[channel] = entry[channel];
    out[3] = (entry[3] ?? 255) / 255;
  };
}

/** The same of an image whose samples are grey or red, green and blue, with or without alpha. */
function sampleColours(image: DecodedPng): PixelReader {
  const { channels, depth, transparency } = image;
  const sample = sampleReader(image);
  const largest = 2 ** depth - 1;
  const colours = channels < 3 ? 1 : 3;
  return (x, y, out) => {
    let transparent = transparency !== undefined;
    for (let channel = 0; channel < 3; channel++) {
      const source = channel % colours;
      const value = sample(x, y, source);
      out[channel] = (value * 255) / largest;
      if (value !== transparency?.[source]) transparent = false;
    }
    if (channels > colours) out[3] = sample(x, y, colours) / largest;
    else out[3] = transparent ? 0 : 1;
  };
}

/** Reads one sample as it stands in the file; those of less than 8 bits lie packed, each row from a new byte on. */
function sampleReader({ width, channels, depth, data }: DecodedPng) {
  if (depth >= 8)
    return (x: number, y: number, channel: number): number => data[(y * width + x) * channels + channel];
  const rowBytes = Math.ceil((width * depth) / 8);
  return (x: number, y: number): number => {
    const bit = x * depth;
    return (data[y * rowBytes + (bit >> 3)] >> (8 - depth - (bit & 7))) & (2 ** depth - 1);
  };
}
