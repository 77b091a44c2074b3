import type { Bitmap, PixelReader } from './bitmap.ts';

/** What lies behind the transparent parts of an image; 'nothing' where it has none. */
export type Backdrop = 'black' | 'white' | 'nothing';

/**
 * What an image is to be laid over so that what is visible of it stands out: white where that is dark on the whole
 * (its luma's mean, weighted with alpha, is below the middle), as ink on a transparent sheet is; else black.
 */
export function backdropOf({ width, height, hasAlpha, readColour }: Bitmap): Backdrop {
  if (!hasAlpha) return 'nothing';
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
