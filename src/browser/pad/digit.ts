/**
 * Strokes of a pen as an image like MNIST's: scaled into a box of 20 x 20 pixels with their aspect kept, anti-aliased,
 * and moved so that their centre of mass is that of the image of 28 x 28 (LeCun, Cortes and Burges, yann.lecun.com/exdb/mnist).
 * The pen is as wide as MNIST's digits are drawn, however large the drawing was.
 */

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Points that a pen went through without being lifted. */
export type Stroke = readonly Point[];

/** As MNIST has it; images of other sizes get the same proportions. */
const side = 28;
const box = 20;
/** Of the lines in MNIST's digits, in pixels. */
const penWidth = 2.6;
/** Samples of a pixel along each axis. */
const samples = 4;

/**
 * @param height of the image
 * @param width of the image
 * @returns [height, width] from 0 for paper to 255 for ink
 */
export function digitOf(strokes: readonly Stroke[], height = side, width = side): Uint8Array<ArrayBuffer> {
  const image = new Uint8Array(height * width);
  const points = strokes.flat();
  if (points.length === 0) return image;
  const scale = Math.min(height, width) / side;
  const scaled = intoBox(strokes, points, box * scale, penWidth * scale);
  const ink = drawn(scaled, height, width, (penWidth * scale) / 2);
  const [dx, dy] = toCentre(ink, height, width);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const [fromX, fromY] = [x - dx, y - dy];
      const isInside = fromX >= 0 && fromX < width && fromY >= 0 && fromY < height;
      image[y * width + x] = isInside ? Math.round(255 * ink[fromY * width + fromX]) : 0;
    }
  return image;
}

/** The strokes in a box at the origin, so large that the ink's longer side is the box's. */
function intoBox(strokes: readonly Stroke[], points: readonly Point[], size: number, pen: number): Stroke[] {
  const [left, right] = ends(points.map(({ x }) => x));
  const [top, bottom] = ends(points.map(({ y }) => y));
  // A point is a dot of the pen, not a blot as large as the box.
  const extent = Math.max(right - left, bottom - top);
  const factor = extent === 0 ? 0 : (size - pen) / extent;
  return strokes.map((stroke) =>
    stroke.map(({ x, y }) => ({ x: (x - left) * factor + pen / 2, y: (y - top) * factor + pen / 2 })),
  );
}

const ends = (values: readonly number[]): [number, number] =>
  values.reduce<[number, number]>(
    ([least, most], value) => [Math.min(least, value), Math.max(most, value)],
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  );

/** How much of each pixel is within `radius` of a stroke, from 0 to 1. */
function drawn(strokes: readonly Stroke[], height: number, width: number, radius: number): Float32Array {
  const covered = new Uint8Array(height * width * samples * samples);
  for (const stroke of strokes)
    for (const [index, end] of stroke.entries())
      cover(covered, width * samples, height * samples, stroke[Math.max(0, index - 1)], end, radius);
  const ink = new Float32Array(height * width);
  for (let y = 0; y < height * samples; y++)
    for (let x = 0; x < width * samples; x++) {
      const pixel = Math.floor(y / samples) * width + Math.floor(x / samples);
      ink[pixel] += covered[y * width * samples + x] / samples ** 2;
    }
  return ink;
}

/** Marks the samples near the line from `from` to `to`. */
function cover(
  covered: Uint8Array,
  columns: number,
  rows: number,
  from: Point,
  to: Point,
  radius: number,
): void {
  const [left, right] = ends([from.x, to.x]);
  const [top, bottom] = ends([from.y, to.y]);
  const first = (value: number) => Math.max(0, Math.floor((value - radius) * samples));
  const last = (value: number, most: number) => Math.min(most, Math.ceil((value + radius) * samples));
  for (let row = first(top); row < last(bottom, rows); row++)
    for (let column = first(left); column < last(right, columns); column++) {
      const sample = { x: (column + 0.5) / samples, y: (row + 0.5) / samples };
      if (squaredDistance(sample, from, to) <= radius ** 2) covered[row * columns + column] = 1;
    }
}

function squaredDistance(point: Point, from: Point, to: Point): number {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const length = dx * dx + dy * dy;
  const along = length === 0 ? 0 : ((point.x - from.x) * dx + (point.y - from.y) * dy) / length;
  const nearest = Math.min(1, Math.max(0, along));
  return (point.x - from.x - nearest * dx) ** 2 + (point.y - from.y - nearest * dy) ** 2;
}

/** By how many pixels the ink has to move so that its centre of mass is the image's centre. */
function toCentre(ink: Float32Array, height: number, width: number): [number, number] {
  let [mass, sumX, sumY] = [0, 0, 0];
  for (const [index, value] of ink.entries()) {
    mass += value;
    sumX += value * ((index % width) + 0.5);
    sumY += value * (Math.floor(index / width) + 0.5);
  }
  if (mass === 0) return [0, 0];
  return [Math.round(width / 2 - sumX / mass), Math.round(height / 2 - sumY / mass)];
}
