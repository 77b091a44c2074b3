import type { DecodedPng } from 'fast-png';
import { inputError } from '../errors.ts';

/** Writes a pixel's values to `out`. */
export type PixelReader = (x: number, y: number, out: Float64Array) => void;

/** What lies behind the transparent parts of an image; 'nothing' where it has none. */
export type Backdrop = 'black' | 'white' | 'nothing';

/** Reads a decoded image's pixels as red, green, blue (0 to 255) and alpha (0 to 1). */
export const colourReader = (path: string, image: DecodedPng): PixelReader =>
  image.palette === undefined ? sampleColours(image) : paletteColours(path, image, image.palette);

/**
 * What an image is to be laid over so that what is visible of it stands out: white where that is dark on the whole
 * (its luma's mean, weighted with alpha, is below the middle), as ink on a transparent sheet is; else black.
 */
export function backdropOf({ width, height }: DecodedPng, readColour: PixelReader): Backdrop {
  const rgba = new Float64Array(4);
  let [light, visible] = [0, 0];
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      readColour(x, y, rgba);
      light += rgba[3] * luma(rgba[0], rgba[1], rgba[2]);
      visible += rgba[3];
    }
  if (visible === width * height) return 'nothing';
  return light < visible * 127.5 ? 'white' : 'black';
}

/** The pixels as grey (1 channel) or red, green and blue (3), 0 to 255, laid over their backdrop. */
export function pixelReader(readColour: PixelReader, channels: 1 | 3, backdrop: Backdrop): PixelReader {
  const rgba = new Float64Array(4);
  const behind = backdrop === 'white' ? 255 : 0;
  return (x, y, out) => {
    readColour(x, y, rgba);
    const alpha = rgba[3];
    const over = (value: number) => alpha * value + (1 - alpha) * behind;
    if (channels === 1) out[0] = over(luma(rgba[0], rgba[1], rgba[2]));
    else for (let channel = 0; channel < 3; channel++) out[channel] = over(rgba[channel]);
  };
}

/** ITU-R BT.601. Grey stays as it is, which the rounded sum of three products would not. */
const luma = (red: number, green: number, blue: number): number =>
  red === green && green === blue ? red : 0.299 * red + 0.587 * green + 0.114 * blue;

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
