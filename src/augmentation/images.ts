/** Images as a training gets them: turned, moved and cut as was drawn. */
import { borders } from './border.ts';
import type { Drawn } from './draw.ts';
import type { Augmentation } from './settings.ts';
import { turnBy } from './turn.ts';

export interface ImageSize {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/** @param image [height, width, channels] @param target the same, written */
export type Change = (image: Float32Array, target: Float32Array, drawn: Drawn) => void;

/**
 * What is drawn happens in this order: the image is turned, moved (a crop of a padded image is a move), turned over, and a
 * square is set to 0. The first three are one map from each pixel to its source, so nothing is lost of what is moved out and
 * back. Turned images are interpolated between the four nearest pixels; others are copied.
 * @param zero [channels] what stands beyond the border with the fill mode 'constant': a value of 0, normalized
 */
export function createChange(
  size: ImageSize,
  { fillMode, cutout }: Pick<Augmentation, 'fillMode' | 'cutout'>,
  zero: Float32Array,
): Change {
  const { height, width, channels } = size;
  const border = borders[fillMode];
  /** Of each row and column of the target, the one of the image before it is turned. */
  const rows = new Int32Array(height);
  const columns = new Int32Array(width);
  /** Where a pixel's values begin; -1 for those beyond the border. */
  const placeOf = (row: number, column: number): number => {
    const [y, x] = [border(row, height), border(column, width)];
    return y < 0 || x < 0 ? -1 : (y * width + x) * channels;
  };
  const turned = (image: Float32Array, target: Float32Array, angle: number): void => {
    const [cos, sin] = turnBy(angle);
    const [middleRow, middleColumn] = [(height - 1) / 2, (width - 1) / 2];
    const value = (place: number, channel: number) => (place < 0 ? zero[channel] : image[place + channel]);
    let to = 0;
    for (let at = 0; at < height; at++) {
      const down = rows[at] - middleRow;
      for (let beside = 0; beside < width; beside++) {
        const right = columns[beside] - middleColumn;
        const y = cos * down + sin * right + middleRow;
        const x = cos * right - sin * down + middleColumn;
        const row = Math.floor(y);
        const column = Math.floor(x);
        const [lower, righter] = [y - row, x - column];
        const isInside = row >= 0 && row + 1 < height && column >= 0 && column + 1 < width;
        const first = isInside ? (row * width + column) * channels : placeOf(row, column);
        const second = isInside ? first + channels : placeOf(row, column + 1);
        const third = isInside ? first + width * channels : placeOf(row + 1, column);
        const fourth = isInside ? third + channels : placeOf(row + 1, column + 1);
        for (let channel = 0; channel < channels; channel++) {
          const upper = value(first, channel) * (1 - righter) + value(second, channel) * righter;
          const under = value(third, channel) * (1 - righter) + value(fourth, channel) * righter;
          target[to++] = upper * (1 - lower) + under * lower;
        }
      }
    }
  };
  const moved = (image: Float32Array, target: Float32Array): void => {
    for (let at = 0; at < width; at++) columns[at] = border(columns[at], width);
    let to = 0;
    for (let at = 0; at < height; at++) {
      const row = border(rows[at], height);
      for (let beside = 0; beside < width; beside++) {
        const column = columns[beside];
        const isBeyond = row < 0 || column < 0;
        const from = (row * width + column) * channels;
        for (let channel = 0; channel < channels; channel++)
          target[to++] = isBeyond ? zero[channel] : image[from + channel];
      }
    }
  };
  return (image, target, drawn) => {
    place(rows, drawn.down, drawn.isFlippedVertically);
    place(columns, drawn.right, drawn.isFlippedHorizontally);
    if (drawn.angle === 0) moved(image, target);
    else turned(image, target, drawn.angle);
    if (cutout > 0) cutOut(target, size, cutout, drawn);
  };
}

/** Where each line of the target comes from. */
function place(lines: Int32Array, offset: number, isFlipped: boolean): void {
  for (let at = 0; at < lines.length; at++) lines[at] = (isFlipped ? lines.length - 1 - at : at) + offset;
}

/** As in DeVries and Taylor, Improved Regularization of Convolutional Neural Networks with Cutout, 2017. */
function cutOut(
  target: Float32Array,
  { height, width, channels }: ImageSize,
  side: number,
  { cutoutRow, cutoutColumn }: Drawn,
): void {
  const top = cutoutRow - Math.floor(side / 2);
  const left = cutoutColumn - Math.floor(side / 2);
  const [first, end] = [Math.max(left, 0), Math.min(left + side, width)];
  for (let row = Math.max(top, 0); row < Math.min(top + side, height); row++)
    target.fill(0, (row * width + first) * channels, (row * width + end) * channels);
}
