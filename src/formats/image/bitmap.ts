/** Writes a pixel's values to `out`. */
export type PixelReader = (x: number, y: number, out: Float64Array) => void;

/** How an image is to be turned or mirrored before it is shown (Exif 2.32, tag 0x0112); 1: as it is. */
export type Orientation = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

/** An image file, decoded: what every format comes to. */
export interface Bitmap {
  readonly width: number;
  readonly height: number;
  /** Whether it is kept in colour, as also a palette is. */
  readonly isColour: boolean;
  /** Bits of a sample, as they stand in the file. */
  readonly depth: number;
  /** Whether some of it may be transparent. */
  readonly hasAlpha: boolean;
  /** How it is to be turned, which its pixels do not show. */
  readonly orientation: Orientation;
  /** Red, green, blue (0 to 255) and alpha (0 to 1) of a pixel. */
  readonly readColour: PixelReader;
}

/** What the beginning of an image file says. */
export interface ImageHeader {
  /** Before it is turned. */
  readonly width: number;
  readonly height: number;
  readonly isColour: boolean;
}

/** Bounds of an image file. A photograph of 16 megapixels is far beyond what a classifier takes in. */
export const imageLimits = { fileBytes: 2 ** 26, pixels: 2 ** 24 } as const;
