import type { Windows } from '../../../../model/network.ts';
import type { ImageShape } from '../../../../shape.ts';

/** The windows of an image, one for each pixel of a grid, as the rows of a matrix. */
export interface WindowGrid extends Windows {
  readonly image: ImageShape;
  /** The last dimension is that of the matrix that the windows are multiplied with. */
  readonly grid: ImageShape;
}
