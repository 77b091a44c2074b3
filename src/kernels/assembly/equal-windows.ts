/**
 * Which windows of an image are all zero, or equal to the next one on the left or above. A sum over a window gives
 * such windows the bias, or equal outputs, to the last bit; relu and max pooling rely on it (a zero passes no gradient,
 * the first of equal ones is taken). Transforms round every output in its own way, so these outputs are set afterwards.
 */

/** Bits of a mark: the pixel (then: the window's pixels) is zero, or equal to its left or upper neighbour. */
const zero: u8 = 1;
const likeLeft: u8 = 2;
const likeUpper: u8 = 4;
const all: u8 = 7;

/** */
@unmanaged
class WindowShape {
  height: i32;
  width: i32;
  channels: i32;
  top: i32;
  left: i32;
  paddedHeight: i32;
  paddedWidth: i32;
  kernelHeight: i32;
  kernelWidth: i32;
  strideY: i32;
  strideX: i32;
  outputHeight: i32;
  outputWidth: i32;
  filters: i32;
  /** From row to row of the marks: [paddedHeight] rows of at least paddedWidth + 15 + kernelWidth bytes, in vectors. */
  markRow: usize;
}

/** Marks the windows of an image. */
export function markWindows(shape: WindowShape, image: usize, marks: usize): void {
  memory.fill(marks, all, <usize>shape.paddedHeight * shape.markRow);
  const first = marks + <usize>shape.top * shape.markRow + <usize>shape.left;
  for (let y = 0; y < shape.height; y++) markRow(shape, y, image, first + <usize>y * shape.markRow);
  if (shape.top + shape.height < shape.paddedHeight) {
    for (let x = 0; x < shape.width; x++) {
      const below = first + <usize>shape.height * shape.markRow + <usize>x;
      if (!(load<u8>(below - shape.markRow) & zero)) store<u8>(below, all ^ likeUpper);
    }
  }
  joinColumns(shape, marks);
  joinRows(shape, marks);
}

/** The pixels of a row of the image, and the one behind it. What lies around the image is zero. */
@inline
function markRow(shape: WindowShape, y: i32, image: usize, marks: usize): void {
  const pixelBytes = (<usize>shape.channels) << 2;
  const rowBytes = <usize>shape.width * pixelBytes;
  let pixel = image + <usize>y * rowBytes;
  for (let x = 0; x < shape.width; x++) {
    const isZero = isZeroPixel(pixel, pixelBytes);
    let mark: u8 = isZero ? zero : 0;
    if (x === 0 ? isZero : isSamePixel(pixel, pixel - pixelBytes, pixelBytes)) mark |= likeLeft;
    if (y === 0 ? isZero : isSamePixel(pixel, pixel - rowBytes, pixelBytes)) mark |= likeUpper;
    store<u8>(marks + <usize>x, mark);
    pixel += pixelBytes;
  }
  if (shape.left + shape.width === shape.paddedWidth) return;
  const behind = marks + <usize>shape.width;
  if (!(load<u8>(behind - 1) & zero)) store<u8>(behind, all ^ likeLeft);
}

@inline
function isZeroPixel(pixel: usize, bytes: usize): bool {
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) {
    if (v128.any_true(f32x4.ne(v128.load(pixel + at), f32x4.splat(0)))) return false;
  }
  for (; at < bytes; at += 4) if (load<f32>(pixel + at) !== 0) return false;
  return true;
}

@inline
function isSamePixel(a: usize, b: usize, bytes: usize): bool {
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) {
    if (v128.any_true(f32x4.ne(v128.load(a + at), v128.load(b + at)))) return false;
  }
  for (; at < bytes; at += 4) if (load<f32>(a + at) !== load<f32>(b + at)) return false;
  return true;
}

/** Each mark becomes what it and the next kernelWidth - 1 ones in its row have in common. */
@inline
function joinColumns(shape: WindowShape, marks: usize): void {
  for (let y = 0; y < shape.paddedHeight; y++) {
    for (let x = 0; x < windows(shape.outputWidth, shape.strideX); x += 16) {
      let common = v128.load(marks + <usize>x);
      for (let next = 1; next < shape.kernelWidth; next++) {
        common = v128.and(common, v128.load(marks + <usize>(x + next)));
      }
      v128.store(marks + <usize>x, common);
    }
    marks += shape.markRow;
  }
}

/** The same along columns, kernelHeight rows. */
@inline
function joinRows(shape: WindowShape, marks: usize): void {
  for (let y = 0; y < windows(shape.outputHeight, shape.strideY); y++) {
    for (let x = 0; x < windows(shape.outputWidth, shape.strideX); x += 16) {
      let common = v128.load(marks + <usize>x);
      for (let next = 1; next < shape.kernelHeight; next++) {
        common = v128.and(common, v128.load(marks + <usize>x + <usize>next * shape.markRow));
      }
      v128.store(marks + <usize>x, common);
    }
    marks += shape.markRow;
  }
}

/** From the first window to the last one that is taken, those between the strides included. */
@inline
function windows(outputs: i32, stride: i32): i32 {
  return (outputs - 1) * stride + 1;
}

/**
 * Sets the outputs of marked windows, [outputHeight, outputWidth, filters], from the first to the last. A window is like
 * the one a stride before it where each of those between is like the one before.
 */
export function settleWindows(shape: WindowShape, marks: usize, bias: usize, output: usize): void {
  const pixelBytes = (<usize>shape.filters) << 2;
  for (let y = 0; y < shape.outputHeight; y++) {
    for (let x = 0; x < shape.outputWidth; x++) {
      const mark = marks + <usize>(x * shape.strideX);
      if (load<u8>(mark) & zero) copyPixel(output, bias, pixelBytes);
      else if (x > 0 && isLike(mark, likeLeft, shape.strideX, 1))
        copyPixel(output, output - pixelBytes, pixelBytes);
      else if (y > 0 && isLike(mark, likeUpper, shape.strideY, shape.markRow))
        copyPixel(output, output - <usize>shape.outputWidth * pixelBytes, pixelBytes);
      output += pixelBytes;
    }
    marks += <usize>shape.strideY * shape.markRow;
  }
}

/** Whether a mark and those before it, `stride` in all, have this bit. */
@inline
function isLike(mark: usize, bit: u8, stride: i32, step: usize): bool {
  for (let before = 0; before < stride; before++) {
    if (!(load<u8>(mark - <usize>before * step) & bit)) return false;
  }
  return true;
}

@inline
function copyPixel(to: usize, from: usize, bytes: usize): void {
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) v128.store(to + at, v128.load(from + at));
  for (; at < bytes; at += 4) store<f32>(to + at, load<f32>(from + at));
}
