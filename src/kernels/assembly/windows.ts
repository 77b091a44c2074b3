/**
 * The windows of an image as rows of a matrix, [pixels, windowHeight, windowWidth, channels], and back: with them a
 * convolution of any kind is a matrix product. Plain form: src/engine/reference/layers/conv2d.ts.
 */

import { addFloats, copyFloats } from './floats';

@unmanaged
export class WindowMatrixShape {
  height: i32;
  width: i32;
  channels: i32;
  /** How many windows there are. */
  outputHeight: i32;
  outputWidth: i32;
  windowHeight: i32;
  windowWidth: i32;
  strideY: i32;
  strideX: i32;
  dilationY: i32;
  dilationX: i32;
  /** Rows of padding above the image, and columns on its left. */
  top: i32;
  left: i32;
}

/** Copies them; the padding is zero. */
export function gatherWindows(shape: WindowMatrixShape, image: usize, windows: usize): void {
  const pixelBytes = (<usize>shape.channels) << 2;
  const rowBytes = <usize>shape.windowWidth * pixelBytes;
  for (let y = 0; y < shape.outputHeight; y++) {
    for (let x = 0; x < shape.outputWidth; x++) {
      const column = x * shape.strideX - shape.left;
      const first = firstInside(shape, column);
      const end = endInside(shape, column);
      for (let i = 0; i < shape.windowHeight; i++) {
        const row = y * shape.strideY + i * shape.dilationY - shape.top;
        if (row < 0 || row >= shape.height || first >= end) memory.fill(windows, 0, rowBytes);
        else {
          const before = <usize>first * pixelBytes;
          const behind = <usize>end * pixelBytes;
          if (before > 0) memory.fill(windows, 0, before);
          const from = image + <usize>(row * shape.width + column + first * shape.dilationX) * pixelBytes;
          if (shape.dilationX === 1) copyFloats(windows + before, from, behind - before);
          else copyPixels(windows + before, from, behind - before, pixelBytes, shape.dilationX);
          if (behind < rowBytes) memory.fill(windows + behind, 0, rowBytes - behind);
        }
        windows += rowBytes;
      }
    }
  }
}

/** Adds each window to where it lies in the image. */
export function addWindows(shape: WindowMatrixShape, windows: usize, image: usize): void {
  const pixelBytes = (<usize>shape.channels) << 2;
  const rowBytes = <usize>shape.windowWidth * pixelBytes;
  for (let y = 0; y < shape.outputHeight; y++) {
    for (let x = 0; x < shape.outputWidth; x++) {
      const column = x * shape.strideX - shape.left;
      const first = firstInside(shape, column);
      const bytes = <usize>max(0, endInside(shape, column) - first) * pixelBytes;
      const from = windows + <usize>first * pixelBytes;
      for (let i = 0; i < shape.windowHeight; i++) {
        const row = y * shape.strideY + i * shape.dilationY - shape.top;
        if (row >= 0 && row < shape.height) {
          const to = image + <usize>(row * shape.width + column + first * shape.dilationX) * pixelBytes;
          if (shape.dilationX === 1) addFloats(to, from + <usize>i * rowBytes, bytes);
          else addPixels(to, from + <usize>i * rowBytes, bytes, pixelBytes, shape.dilationX);
        }
      }
      windows += <usize>shape.windowHeight * rowBytes;
    }
  }
}

/** The first column of a window that is inside of the image; its column 0 is at `column`. */
@inline
function firstInside(shape: WindowMatrixShape, column: i32): i32 {
  return column >= 0 ? 0 : (shape.dilationX - 1 - column) / shape.dilationX;
}

/** The one behind the last of them. */
@inline
function endInside(shape: WindowMatrixShape, column: i32): i32 {
  const left = shape.width - column;
  return left <= 0 ? 0 : min(shape.windowWidth, (left + shape.dilationX - 1) / shape.dilationX);
}

/** Pixels of a row of the image that are `step` apart. */
function copyPixels(window: usize, image: usize, bytes: usize, pixelBytes: usize, step: i32): void {
  for (let at: usize = 0; at < bytes; at += pixelBytes) {
    copyFloats(window + at, image, pixelBytes);
    image += <usize>step * pixelBytes;
  }
}

function addPixels(image: usize, window: usize, bytes: usize, pixelBytes: usize, step: i32): void {
  for (let at: usize = 0; at < bytes; at += pixelBytes) {
    addFloats(image, window + at, pixelBytes);
    image += <usize>step * pixelBytes;
  }
}
