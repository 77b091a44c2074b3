import type { ImageShape } from '../../shape.ts';
import type { PixelReader } from './bitmap.ts';

/**
 * An image in another size by area averaging: each value is the mean of the source area that it covers, in float64,
 * rounded once. In the same size every value stays as it is. Keeps no copy of the source.
 * @param width of the source
 * @param height of the source
 * @param readPixel gives the source's channels, 0 to 255
 * @param shape of the result
 */
export function resample(
  width: number,
  height: number,
  readPixel: PixelReader,
  [toHeight, toWidth, channels]: ImageShape,
): Uint8Array {
  const means = new Float64Array(toHeight * toWidth * channels);
  const pixel = new Float64Array(channels);
  for (let y = 0; y < height; y++) {
    const [top, bottom] = cover(y, height, toHeight);
    for (let x = 0; x < width; x++) {
      const [left, right] = cover(x, width, toWidth);
      readPixel(x, y, pixel);
      for (let row = Math.floor(top); row < bottom; row++)
        for (let column = Math.floor(left); column < right; column++) {
          const share = overlap(top, bottom, row) * overlap(left, right, column);
          const first = (row * toWidth + column) * channels;
          for (let channel = 0; channel < channels; channel++)
            means[first + channel] += share * pixel[channel];
        }
    }
  }
  return Uint8Array.from(means, Math.round);
}

/** Where a source pixel lies on an axis of the result. Neighbours share a border to the bit. */
const cover = (position: number, from: number, to: number): readonly [number, number] => [
  (position * to) / from,
  ((position + 1) * to) / from,
];

/** How much of cell [cell, cell + 1] lies within [start, end]. */
const overlap = (start: number, end: number, cell: number): number =>
  Math.min(end, cell + 1) - Math.max(start, cell);
