/**
 * A convolution of stride 1 of an image that is mostly zero, such as a digit: for each value that is not zero, the
 * kernel is added to the outputs whose windows have it. An output's sum runs over its window in ascending order, as in
 * the matrix product, and so has the same bits, up to the sign of a sum that is zero.
 */
import { multiplyAdd } from './multiply-add';

/** */
@unmanaged
class SparseImageShape {
  height: i32;
  width: i32;
  channels: i32;
  /** Of the output, a multiple of 16. */
  filters: i32;
  outputHeight: i32;
  outputWidth: i32;
  kernelHeight: i32;
  kernelWidth: i32;
  /** How far above and left of a pixel the outputs begin whose windows have it. */
  above: i32;
  left: i32;
}

/** How many values are not zero. @param count a multiple of 4 */
export function countNonzeros(values: usize, count: i32): i32 {
  const zero = f32x4.splat(0);
  let sum = i32x4.splat(0);
  // A comparison gives -1 where it holds.
  for (let i = 0; i < count; i += 4) {
    sum = i32x4.sub(sum, f32x4.ne(v128.load(values), zero));
    values += 16;
  }
  return (
    i32x4.extract_lane(sum, 0) +
    i32x4.extract_lane(sum, 1) +
    i32x4.extract_lane(sum, 2) +
    i32x4.extract_lane(sum, 3)
  );
}

/**
 * Packed weights [filters / 16, kernelHeight, kernelWidth, channels, 16], with the taps turned, as rows:
 * [channels, kernelHeight, kernelWidth, filters].
 */
export function turnedRows(shape: SparseImageShape, weights: usize, rows: usize): void {
  const taps = shape.kernelHeight * shape.kernelWidth;
  const panel = (<usize>(taps * shape.channels)) << 6;
  for (let channel = 0; channel < shape.channels; channel++) {
    for (let tap = taps - 1; tap >= 0; tap--) {
      let from = weights + ((<usize>(tap * shape.channels + channel)) << 6);
      for (let filter = 0; filter < shape.filters; filter += 16) {
        for (let at: usize = 0; at < 64; at += 16) v128.store(rows + at, v128.load(from + at));
        from += panel;
        rows += 64;
      }
    }
  }
}

/**
 * @param rows of `turnedRows`
 * @param bias [filters]
 */
export function convolveNonzeros(
  shape: SparseImageShape,
  image: usize,
  rows: usize,
  bias: usize,
  output: usize,
): void {
  const pixelBytes = (<usize>shape.filters) << 2;
  const outputRow = <usize>shape.outputWidth * pixelBytes;
  const kernelRow = <usize>shape.kernelWidth * pixelBytes;
  const channelRows = <usize>shape.kernelHeight * kernelRow;
  fillPixels(bias, pixelBytes, output, output + <usize>shape.outputHeight * outputRow);
  for (let y = 0; y < shape.height; y++) {
    const firstRow = y - shape.above;
    const top = max(0, firstRow);
    const count = min(shape.outputHeight, firstRow + shape.kernelHeight) - top;
    const kernelTop = rows + <usize>(top - firstRow) * kernelRow;
    const outputTop = output + <usize>top * outputRow;
    for (let x = 0; x < shape.width; x++) {
      for (let channel = 0; channel < shape.channels; channel++) {
        const value = load<f32>(image);
        image += 4;
        if (value === 0 || count <= 0) continue;
        const firstColumn = x - shape.left;
        const from = max(0, firstColumn);
        const columns = min(shape.outputWidth, firstColumn + shape.kernelWidth) - from;
        if (columns <= 0) continue;
        const b = kernelTop + <usize>channel * channelRows + <usize>(from - firstColumn) * pixelBytes;
        const c = outputTop + <usize>from * pixelBytes;
        addScaledRows(value, count, <usize>columns * pixelBytes, b, kernelRow, c, outputRow);
      }
    }
  }
}

@inline
function fillPixels(pixel: usize, pixelBytes: usize, to: usize, end: usize): void {
  while (to < end) {
    for (let at: usize = 0; at < pixelBytes; at += 32) {
      const low = v128.load(pixel + at, 0);
      const high = v128.load(pixel + at, 16);
      v128.store(to + at, high, 16);
      v128.store(to + at, low, 0);
    }
    to += pixelBytes;
  }
}

/** Rows of C += value * rows of B */
@inline
function addScaledRows(
  value: f32,
  count: i32,
  bytes: usize,
  b: usize,
  bRow: usize,
  c: usize,
  cRow: usize,
): void {
  const x = f32x4.splat(value);
  for (; count !== 0; count--) {
    for (let at: usize = 0; at < bytes; at += 64) {
      const from = b + at;
      const to = c + at;
      const sum0 = multiplyAdd(x, v128.load(from, 0), v128.load(to, 0));
      const sum1 = multiplyAdd(x, v128.load(from, 16), v128.load(to, 16));
      const sum2 = multiplyAdd(x, v128.load(from, 32), v128.load(to, 32));
      const sum3 = multiplyAdd(x, v128.load(from, 48), v128.load(to, 48));
      v128.store(to, sum3, 48);
      v128.store(to, sum2, 32);
      v128.store(to, sum1, 16);
      v128.store(to, sum0, 0);
    }
    b += bRow;
    c += cRow;
  }
}
