import type { Conv2dLayer } from '../../../../model/network.ts';

/** Neighbouring taps of a row of a window that lie on the image, and the pixel under the first of them. */
export interface TapRow {
  /** Numbers of taps and of pixels, row by row. */
  readonly firstTap: number;
  readonly taps: number;
  readonly firstPixel: number;
}

/** A tap of a window, and the two pixels that it joins. */
export interface Meeting {
  readonly tap: number;
  readonly inputPixel: number;
  readonly outputPixel: number;
}

/** Of each output pixel, in order, what of its window lies on the image, row by row. */
export function tapRowsOf({ input, output, kernelSize, strides, padding }: Conv2dLayer): TapRow[][] {
  const [rows, columns] = [0, 1].map((axis) => {
    const before = axis === 0 ? padding.top : padding.left;
    return Array.from({ length: output[axis] }, (_, pixel) => {
      const start = pixel * strides[axis] - before;
      const first = Math.max(0, -start);
      return { start, first, end: Math.min(kernelSize[axis], input[axis] - start) };
    });
  });
  return rows.flatMap((row) =>
    columns.map((column) => {
      const taps = column.end - column.first;
      if (taps <= 0) return [];
      return Array.from({ length: Math.max(0, row.end - row.first) }, (_, index) => ({
        firstTap: (row.first + index) * kernelSize[1] + column.first,
        taps,
        firstPixel: (row.start + row.first + index) * input[1] + column.start + column.first,
      }));
    }),
  );
}

/** Every tap that lies on the image, output pixel by output pixel, tap by tap. */
export const meetingsOf = (layer: Conv2dLayer): Meeting[] =>
  tapRowsOf(layer).flatMap((rows, outputPixel) =>
    rows.flatMap(({ firstTap, taps, firstPixel }) =>
      Array.from({ length: taps }, (_, index) => ({
        ...{ tap: firstTap + index, inputPixel: firstPixel + index, outputPixel },
      })),
    ),
  );
