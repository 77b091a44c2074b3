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
  for (let y = 0; y < shape.outputHeight; y++) {
    for (let x = 0; x < shape.outputWidth; x++) {
      for (let i = 0; i < shape.windowHeight; i++) {
        const row = y * shape.strideY + i * shape.dilationY - shape.top;
        for (let j = 0; j < shape.windowWidth; j++) {
          const column = x * shape.strideX + j * shape.dilationX - shape.left;
          if (isInside(shape, row, column)) {
            copyFloats(windows, image + <usize>(row * shape.width + column) * pixelBytes, pixelBytes);
          } else memory.fill(windows, 0, pixelBytes);
          windows += pixelBytes;
        }
      }
    }
  }
}

/** Adds each window to where it lies in the image. */
export function addWindows(shape: WindowMatrixShape, windows: usize, image: usize): void {
  const pixelBytes = (<usize>shape.channels) << 2;
  for (let y = 0; y < shape.outputHeight; y++) {
    for (let x = 0; x < shape.outputWidth; x++) {
      for (let i = 0; i < shape.windowHeight; i++) {
        const row = y * shape.strideY + i * shape.dilationY - shape.top;
        for (let j = 0; j < shape.windowWidth; j++) {
          const column = x * shape.strideX + j * shape.dilationX - shape.left;
          if (isInside(shape, row, column)) {
            addFloats(image + <usize>(row * shape.width + column) * pixelBytes, windows, pixelBytes);
          }
          windows += pixelBytes;
        }
      }
    }
  }
}

@inline
function isInside(shape: WindowMatrixShape, row: i32, column: i32): bool {
  return row >= 0 && row < shape.height && column >= 0 && column < shape.width;
}
