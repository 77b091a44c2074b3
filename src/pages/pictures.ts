/** Pictures in a page: as addresses that hold their own bytes. */
import { bytesOf, type Picture } from '../formats/picture.ts';
import { encodePng } from '../formats/png/write-png.ts';
import type { ImageShape, Shape } from '../shape.ts';
import type { PictureData } from './page-data.ts';

export const pictureData = (picture: Picture): PictureData => ({
  png: `data:image/png;base64,${Buffer.from(encodePng(picture)).toString('base64')}`,
  ...{ width: picture.width, height: picture.height },
});

/** The shape of an example that is a picture: [height, width] or [height, width, 1 or 3]. */
export function pictureShape(shape: Shape): ImageShape | undefined {
  const [height, width, channels = 1] = shape;
  if (shape.length !== 2 && shape.length !== 3) return undefined;
  return channels === 1 || channels === 3 ? [height, width, channels] : undefined;
}

/** Whether one can draw what a model takes: vectors of two or three sizes may be anything else. */
export const isImage = (input: Shape): boolean =>
  pictureShape(input) !== undefined && input[0] >= 8 && input[1] >= 8;

/** Values from 0 to 1, or bytes, as a picture. */
export const pictureOf = (
  values: Uint8Array | Float32Array,
  [height, width, channels]: ImageShape,
): Picture => ({
  ...{ width, height, channels },
  values: values instanceof Uint8Array ? values : bytesOf(values),
});
