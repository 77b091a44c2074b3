/**
 * From images and weights to their spectra and back, 8 channels at a time, in a tile of [16][16][8] floats of scratch.
 * ../fourier.ts writes the transforms and says how a tile becomes 130 bins; src/engine/wasm/fourier-convolution.ts
 * says what the spectra are for. A bin of images is a matrix [images, parts * channels], so that the product of all
 * images with the weights of a bin is one matrix product.
 */
import {
  complexColumnInverse,
  complexColumnPanels,
  complexColumnRows,
  realColumnInverse,
  realColumnPanels,
  realColumnRows,
  rowForward,
  rowInverse,
} from './fourier-lines';

const tileBytes: usize = 8192;
const rowBytes: usize = 512;
const cellBytes: usize = 32;
/** 1 / (16 * 16): what the inverse is to be divided by. */
const scale: f32 = 0.00390625;

/** Which part of an image is in a tile. Written by src/engine/wasm/fourier-convolution.ts, in this order. */
@unmanaged
class ImageTile {
  rows: i32;
  columns: i32;
  channels: i32;
  /** The channels of a spectrum: rounded up to whole panels. */
  wideChannels: i32;
  /** From row to row of the image. */
  imageRow: usize;
  /** Row and column of the tile where the part begins. */
  firstRow: i32;
  firstColumn: i32;
}

/** The bins [re, im, -re] of a part of an image; around it the tile is zero. */
export function imageSpectrum(shape: ImageTile, image: usize, tile: usize, bin: usize, binBytes: usize): void {
  const first = tile + <usize>shape.firstRow * rowBytes;
  const partBytes = <usize>shape.wideChannels << 2;
  memory.fill(tile, 0, tileBytes);
  for (let channel = 0; channel < shape.wideChannels; channel += 8) {
    memory.fill(first, 0, <usize>shape.rows * rowBytes);
    readCells(shape, image, tile, min(8, shape.channels - channel));
    for (let row = 0; row < shape.rows; row++) rowForward(first + <usize>row * rowBytes);
    let next = bin;
    for (let column: usize = 0; column < 2; column++) {
      realColumnRows(tile + column * cellBytes, next, binBytes, partBytes);
      next += 9 * binBytes;
    }
    for (let column: usize = 2; column < 16; column += 2) {
      complexColumnRows(tile + column * cellBytes, next, binBytes, partBytes);
      next += 16 * binBytes;
    }
    image += cellBytes;
    bin += cellBytes;
  }
}

/** image = bias + the image of a spectrum [re, im]. */
export function imageOfSpectrum(
  shape: ImageTile,
  bin: usize,
  binBytes: usize,
  tile: usize,
  bias: usize,
  image: usize,
): void {
  for (let channel = 0; channel < shape.channels; channel += 8) {
    invert(shape, bin, binBytes, tile);
    writeCells(shape, tile, bias, 0, image, min(8, shape.channels - channel));
    image += cellBytes;
    bias += cellBytes;
    bin += cellBytes;
  }
}

/** image += the image of a spectrum [re, im]. */
export function addImageOfSpectrum(shape: ImageTile, bin: usize, binBytes: usize, tile: usize, image: usize): void {
  for (let channel = 0; channel < shape.channels; channel += 8) {
    invert(shape, bin, binBytes, tile);
    writeCells(shape, tile, image, <usize>shape.channels << 2, image, min(8, shape.channels - channel));
    image += cellBytes;
    bin += cellBytes;
  }
}

/** Those rows of a tile that the part of the image needs. */
@inline
function invert(shape: ImageTile, bin: usize, binBytes: usize, tile: usize): void {
  const first = tile + <usize>shape.firstRow * rowBytes;
  invertColumns(bin, binBytes, <usize>shape.wideChannels << 2, tile);
  for (let row = 0; row < shape.rows; row++) rowInverse(first + <usize>row * rowBytes);
}

function invertColumns(bin: usize, binBytes: usize, partBytes: usize, tile: usize): void {
  for (let column: usize = 0; column < 2; column++) {
    realColumnInverse(bin, binBytes, partBytes, tile + column * cellBytes);
    bin += 9 * binBytes;
  }
  for (let column: usize = 2; column < 16; column += 2) {
    complexColumnInverse(bin, binBytes, partBytes, tile + column * cellBytes);
    bin += 16 * binBytes;
  }
}

/** @param count channels that exist, of the 8 of a cell */
function readCells(shape: ImageTile, image: usize, tile: usize, count: i32): void {
  if (count <= 0) return;
  const pixelBytes = <usize>shape.channels << 2;
  for (let row = 0; row < shape.rows; row++) {
    let from = image + <usize>row * shape.imageRow;
    let to = cellOf(shape, tile, row);
    for (let column = 0; column < shape.columns; column++) {
      if (count == 8) {
        v128.store(to, v128.load(from, 0), 0);
        v128.store(to, v128.load(from, 16), 16);
      } else memory.copy(to, from, <usize>count << 2);
      from += pixelBytes;
      to += cellBytes;
    }
  }
}

/** image[pixel] = init[pixel] + tile[pixel] @param initStep from one pixel's init to the next one's in a row; 0: one for all */
@inline
function writeCells(shape: ImageTile, tile: usize, init: usize, initStep: usize, image: usize, count: i32): void {
  const pixelBytes = <usize>shape.channels << 2;
  for (let row = 0; row < shape.rows; row++) {
    let from = cellOf(shape, tile, row);
    let to = image + <usize>row * shape.imageRow;
    let start = initStep == 0 ? init : to;
    for (let column = 0; column < shape.columns; column++) {
      if (count == 8) {
        v128.store(to, f32x4.add(v128.load(start, 0), v128.load(from, 0)), 0);
        v128.store(to, f32x4.add(v128.load(start, 16), v128.load(from, 16)), 16);
      } else {
        for (let byte: usize = 0; byte < <usize>count << 2; byte += 4) {
          store<f32>(to + byte, load<f32>(start + byte) + load<f32>(from + byte));
        }
      }
      from += cellBytes;
      to += pixelBytes;
      start += initStep;
    }
  }
}

@inline
function cellOf(shape: ImageTile, tile: usize, row: i32): usize {
  return tile + <usize>(shape.firstRow + row) * rowBytes + <usize>shape.firstColumn * cellBytes;
}

/** Written by src/engine/wasm/fourier-convolution.ts, in this order. */
@unmanaged
class KernelTile {
  height: i32;
  width: i32;
  channels: i32;
  /** Rounded up to whole panels. */
  wideChannels: i32;
  /** Panels of 16 filters. */
  panels: i32;
  /** A kernel's first row and column lie that far before the tile's, around its edge. */
  shiftY: i32;
  shiftX: i32;
  /** From bin to bin of the spectrum, [panels, 2 (re, im), wideChannels, 16]. */
  binBytes: usize;
}

/** The spectrum of packed weights [panels, height * width * channels, 16], divided by 256 for the way back. */
export function kernelSpectrum(shape: KernelTile, weights: usize, tile: usize, spectrum: usize): void {
  const binBytes = shape.binBytes;
  const partBytes = <usize>shape.wideChannels << 6;
  memory.fill(tile, 0, tileBytes);
  for (let panel = 0; panel < shape.panels; panel++) {
    for (let channel = 0; channel < shape.channels; channel++) {
      for (let half: usize = 0; half < 64; half += cellBytes) {
        readTaps(shape, weights + (<usize>channel << 6) + half, tile);
        let bin = spectrum + (<usize>channel << 6) + half;
        for (let column: usize = 0; column < 2; column++) {
          realColumnPanels(tile + column * cellBytes, bin, binBytes, partBytes);
          bin += 9 * binBytes;
        }
        for (let column: usize = 2; column < 16; column += 2) {
          complexColumnPanels(tile + column * cellBytes, bin, binBytes, partBytes);
          bin += 16 * binBytes;
        }
      }
    }
    weights += <usize>(shape.height * shape.width * shape.channels) << 6;
    spectrum += 2 * partBytes;
  }
}

/** Only the rows that have taps: the others are zero and stay so. */
@inline
function readTaps(shape: KernelTile, weights: usize, tile: usize): void {
  const factor = f32x4.splat(scale);
  for (let y = 0; y < shape.height; y++) {
    const row = rowOf(shape, tile, y);
    memory.fill(row, 0, rowBytes);
    for (let x = 0; x < shape.width; x++) {
      const cell = columnOf(shape, row, x);
      v128.store(cell, f32x4.mul(v128.load(weights, 0), factor), 0);
      v128.store(cell, f32x4.mul(v128.load(weights, 16), factor), 16);
      weights += <usize>shape.channels << 6;
    }
    rowForward(row);
  }
}

/** The weights of a spectrum, in packed order. */
export function kernelOfSpectrum(shape: KernelTile, spectrum: usize, tile: usize, weights: usize): void {
  const partBytes = <usize>shape.wideChannels << 6;
  for (let panel = 0; panel < shape.panels; panel++) {
    for (let channel = 0; channel < shape.channels; channel++) {
      for (let half: usize = 0; half < 64; half += cellBytes) {
        const offset = (<usize>channel << 6) + half;
        invertColumns(spectrum + offset, shape.binBytes, partBytes, tile);
        writeTaps(shape, tile, weights + offset);
      }
    }
    weights += <usize>(shape.height * shape.width * shape.channels) << 6;
    spectrum += 2 * partBytes;
  }
}

@inline
function writeTaps(shape: KernelTile, tile: usize, weights: usize): void {
  const factor = f32x4.splat(scale);
  for (let y = 0; y < shape.height; y++) {
    const row = rowOf(shape, tile, y);
    rowInverse(row);
    for (let x = 0; x < shape.width; x++) {
      const cell = columnOf(shape, row, x);
      v128.store(weights, f32x4.mul(v128.load(cell, 0), factor), 0);
      v128.store(weights, f32x4.mul(v128.load(cell, 16), factor), 16);
      weights += <usize>shape.channels << 6;
    }
  }
}

@inline
function rowOf(shape: KernelTile, tile: usize, y: i32): usize {
  return tile + <usize>((y - shape.shiftY) & 15) * rowBytes;
}

@inline
function columnOf(shape: KernelTile, row: usize, x: i32): usize {
  return row + <usize>((x - shape.shiftX) & 15) * cellBytes;
}
