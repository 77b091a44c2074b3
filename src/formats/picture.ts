/** Pictures made of examples. */
import { inputError } from '../errors.ts';
import { type Shape, sizeOf } from '../shape.ts';

export interface Picture {
  readonly width: number;
  readonly height: number;
  /** 1: grey, 3: red, green, blue. */
  readonly channels: number;
  /** [height, width, channels] */
  readonly values: Uint8Array;
}

/**
 * Examples side by side, as nearly a square as their number allows, with a pixel of black between them.
 * @param images [count, ...shape], from 0 to 1; what is beyond is cut off
 * @param shape [height, width] or [height, width, channels], 1 or 3 channels
 * @param columns how many stand in a row; default: as many as rows
 * @throws GradpoolError for a shape that is no picture's
 */
export function gridOf(
  images: Float32Array,
  shape: Shape,
  columns: number = Math.ceil(Math.sqrt(images.length / sizeOf(shape))),
): Picture {
  const [height, width, channels] = pictureShape(shape);
  const count = images.length / sizeOf(shape);
  const rows = Math.ceil(count / columns);
  const gridWidth = columns * (width + 1) - 1;
  const gridHeight = rows * (height + 1) - 1;
  const values = new Uint8Array(gridWidth * gridHeight * channels);
  const line = width * channels;
  for (let example = 0; example < count; example++) {
    const left = (example % columns) * (width + 1);
    const top = Math.floor(example / columns) * (height + 1);
    for (let row = 0; row < height; row++) {
      const from = (example * height + row) * line;
      values.set(bytesOf(images.subarray(from, from + line)), ((top + row) * gridWidth + left) * channels);
    }
  }
  return { width: gridWidth, height: gridHeight, channels, values };
}

/** From 0 to 1 becomes 0 to 255. */
export const bytesOf = (values: Float32Array): Uint8Array =>
  Uint8Array.from(values, (value) => Math.round(255 * Math.min(1, Math.max(0, value))));

function pictureShape(shape: Shape): readonly [height: number, width: number, channels: number] {
  const [height, width, channels = 1] = shape;
  if ((shape.length === 2 || shape.length === 3) && (channels === 1 || channels === 3))
    return [height, width, channels];
  throw inputError(
    `Expected pictures, [height, width, channels] with 1 or 3 channels, got examples of [${shape.join(', ')}]`,
  );
}
