/**
 * From images to their spectra and back (fourier-tile.ts); src/engine/wasm/convolution/fourier/fourier-convolution.ts says what the spectra
 * are for.
 */
import {
  cellBytes,
  clearRow,
  copyCell,
  invertColumns,
  rowBytesOf,
  rowForward,
  rowInverse,
  tileBytesOf,
  transformColumns,
} from './fourier-tile';

/** Which part of an image, or of every stride-th of its pixels, is in a tile. */
@unmanaged
class ImageTile {
  /** Rows and columns of a tile: 16 or 8. */
  points: i32;
  rows: i32;
  columns: i32;
  channels: i32;
  /** The channels of a spectrum: rounded up to whole panels. */
  wideChannels: i32;
  /** From row to row of the image, and from pixel to pixel, of those that are in the tile. */
  imageRow: usize;
  pixelBytes: usize;
  /** Row and column of the tile where the part begins. */
  firstRow: i32;
  firstColumn: i32;
  /** From bin to bin of the spectrum, and from the real part to the imaginary one. */
  binBytes: usize;
  partBytes: usize;
}

/** The spectrum of a part of an image; around it the tile is zero. */
export function imageSpectrum(shape: ImageTile, image: usize, tile: usize, bin: usize): void {
  const points = shape.points;
  const rowBytes = rowBytesOf(points);
  const first = tile + <usize>shape.firstRow * rowBytes;
  memory.fill(tile, 0, tileBytesOf(points));
  for (let channel = 0; channel < shape.wideChannels; channel += 8) {
    readCells(shape, image, first, shape.channels - channel);
    for (let row = 0; row < shape.rows; row++) rowForward(points, first + <usize>row * rowBytes);
    transformColumns(points, tile, bin, shape.binBytes, shape.partBytes);
    image += cellBytes;
    bin += cellBytes;
  }
}

/** image = bias + the image of a spectrum. */
export function imageOfSpectrum(shape: ImageTile, bin: usize, tile: usize, bias: usize, image: usize): void {
  for (let channel = 0; channel < shape.channels; channel += 8) {
    invert(shape, bin, tile);
    writeCells(shape, tile, bias, 0, image, shape.channels - channel);
    image += cellBytes;
    bias += cellBytes;
    bin += cellBytes;
  }
}

/** image += the image of a spectrum. */
export function addImageOfSpectrum(shape: ImageTile, bin: usize, tile: usize, image: usize): void {
  for (let channel = 0; channel < shape.channels; channel += 8) {
    invert(shape, bin, tile);
    writeCells(shape, tile, image, shape.pixelBytes, image, shape.channels - channel);
    image += cellBytes;
    bin += cellBytes;
  }
}

/** Those rows of a tile that the part of the image needs. */
@inline
function invert(shape: ImageTile, bin: usize, tile: usize): void {
  const points = shape.points;
  const rowBytes = rowBytesOf(points);
  const first = tile + <usize>shape.firstRow * rowBytes;
  invertColumns(points, bin, shape.binBytes, shape.partBytes, tile);
  for (let row = 0; row < shape.rows; row++) rowInverse(points, first + <usize>row * rowBytes);
}

/** Whole rows of cells, zero where the part of the image does not reach. @param left channels that exist from here on */
function readCells(shape: ImageTile, image: usize, row: usize, left: i32): void {
  const pixelBytes = shape.pixelBytes;
  const rowBytes = rowBytesOf(shape.points);
  for (let y = 0; y < shape.rows; y++) {
    clearRow(row, rowBytes);
    let from = image + <usize>y * shape.imageRow;
    let to = row + <usize>shape.firstColumn * cellBytes;
    for (let column = 0; column < shape.columns; column++) {
      if (left >= 8) copyCell(to, from);
      else if (left > 0) memory.copy(to, from, (<usize>left) << 2);
      from += pixelBytes;
      to += cellBytes;
    }
    row += rowBytes;
  }
}

/** Loads first, stores after them: V8 fuses no two stores with a load between. */
@inline
function addCells(to: usize, a: usize, b: usize): void {
  const low = f32x4.add(v128.load(a, 0), v128.load(b, 0));
  const high = f32x4.add(v128.load(a, 16), v128.load(b, 16));
  v128.store(to, high, 16);
  v128.store(to, low, 0);
}

/** image[pixel] = init[pixel] + tile[pixel] @param initStep from one pixel's init to the next one's in a row; 0: one for all */
@inline
function writeCells(
  shape: ImageTile,
  tile: usize,
  init: usize,
  initStep: usize,
  image: usize,
  left: i32,
): void {
  const pixelBytes = shape.pixelBytes;
  const rowBytes = rowBytesOf(shape.points);
  for (let row = 0; row < shape.rows; row++) {
    let from = tile + <usize>(shape.firstRow + row) * rowBytes + <usize>shape.firstColumn * cellBytes;
    let to = image + <usize>row * shape.imageRow;
    let start = initStep === 0 ? init : to;
    for (let column = 0; column < shape.columns; column++) {
      if (left >= 8) addCells(to, start, from);
      else {
        for (let byte: usize = 0; byte < (<usize>left) << 2; byte += 4) {
          store<f32>(to + byte, load<f32>(start + byte) + load<f32>(from + byte));
        }
      }
      from += cellBytes;
      to += pixelBytes;
      start += initStep;
    }
  }
}
