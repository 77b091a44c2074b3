/** Shapes of values, and how many values a shape has. */

/** Sizes without the examples' dimension, e.g. [28, 28, 1]. */
export type Shape = readonly number[];

/** [height, width, channels] */
export type ImageShape = readonly [height: number, width: number, channels: number];

/** [vertical, horizontal] */
export type Pair = readonly [vertical: number, horizontal: number];

export const sizeOf = (shape: Shape): number => shape.reduce((product, size) => product * size, 1);
