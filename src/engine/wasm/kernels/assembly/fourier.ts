/**
 * From images and weights to their spectra and back, 8 channels at a time, in a tile of [16][16][8] floats of scratch.
 * ../fourier.ts writes the transforms and says how a tile becomes 130 bins; src/engine/wasm/fourier-convolution.ts
 * says what the spectra are for. The spectrum of a tile is [130 bins, 2 (re, im), channels].
 */
import {
  complexColumn,
  complexColumnInverse,
  realColumn,
  realColumnInverse,
  rowForward,
  rowInverse,
} from './fourier-lines';

const tileBytes: usize = 8192;
const rowBytes: usize = 512;
const cellBytes: usize = 32;
const bins: i32 = 130;
/** A row of a panel: 16 filters. */
const panelRow: usize = 64;
/** The scratch of weights holds 16 channels: from re to im, and from bin to bin, an odd number of cache lines. */
const scratchRows: i32 = 16;
const scratchPart: usize = 1024;
const scratchBin: usize = 2112;
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

/** The spectrum of a part of an image; around it the tile is zero. */
export function imageSpectrum(shape: ImageTile, image: usize, tile: usize, bin: usize): void {
  const first = tile + <usize>shape.firstRow * rowBytes;
  const partBytes = <usize>shape.wideChannels << 2;
  memory.fill(tile, 0, tileBytes);
  for (let channel = 0; channel < shape.wideChannels; channel += 8) {
    readCells(shape, image, first, shape.channels - channel);
    for (let row = 0; row < shape.rows; row++) rowForward(first + <usize>row * rowBytes);
    transformColumns(tile, bin, 2 * partBytes, partBytes);
    image += cellBytes;
    bin += cellBytes;
  }
}

function transformColumns(tile: usize, bin: usize, binBytes: usize, partBytes: usize): void {
  for (let column: usize = 0; column < 2; column++) {
    realColumn(tile + column * cellBytes, bin, binBytes, partBytes);
    bin += 9 * binBytes;
  }
  for (let column: usize = 2; column < 16; column += 2) {
    complexColumn(tile + column * cellBytes, bin, binBytes, partBytes);
    bin += 16 * binBytes;
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
    writeCells(shape, tile, image, <usize>shape.channels << 2, image, shape.channels - channel);
    image += cellBytes;
    bin += cellBytes;
  }
}

/** Those rows of a tile that the part of the image needs. */
@inline
function invert(shape: ImageTile, bin: usize, tile: usize): void {
  const first = tile + <usize>shape.firstRow * rowBytes;
  const partBytes = <usize>shape.wideChannels << 2;
  invertColumns(bin, 2 * partBytes, partBytes, tile);
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

/** Whole rows of cells, zero where the part of the image does not reach. @param left channels that exist from here on */
function readCells(shape: ImageTile, image: usize, row: usize, left: i32): void {
  const pixelBytes = <usize>shape.channels << 2;
  for (let y = 0; y < shape.rows; y++) {
    clearRow(row);
    let from = image + <usize>y * shape.imageRow;
    let to = row + <usize>shape.firstColumn * cellBytes;
    for (let column = 0; column < shape.columns; column++) {
      if (left >= 8) copyCell(to, from);
      else if (left > 0) memory.copy(to, from, <usize>left << 2);
      from += pixelBytes;
      to += cellBytes;
    }
    row += rowBytes;
  }
}

/** Loads first, stores after them: V8 fuses no two stores with a load between. */
@inline
function copyCell(to: usize, from: usize): void {
  const low = v128.load(from, 0);
  const high = v128.load(from, 16);
  v128.store(to, low, 0);
  v128.store(to, high, 16);
}

@inline
function addCells(to: usize, a: usize, b: usize): void {
  const low = f32x4.add(v128.load(a, 0), v128.load(b, 0));
  const high = f32x4.add(v128.load(a, 16), v128.load(b, 16));
  v128.store(to, low, 0);
  v128.store(to, high, 16);
}

/** A loop, as memory.fill is a call, which costs more than this. */
@inline
function clearRow(row: usize): void {
  const zero = f32x4.splat(0);
  for (let cell = row; cell < row + rowBytes; cell += 64) {
    v128.store(cell, zero, 0);
    v128.store(cell, zero, 16);
    v128.store(cell, zero, 32);
    v128.store(cell, zero, 48);
  }
}

/** image[pixel] = init[pixel] + tile[pixel] @param initStep from one pixel's init to the next one's in a row; 0: one for all */
@inline
function writeCells(shape: ImageTile, tile: usize, init: usize, initStep: usize, image: usize, left: i32): void {
  const pixelBytes = <usize>shape.channels << 2;
  for (let row = 0; row < shape.rows; row++) {
    let from = tile + <usize>(shape.firstRow + row) * rowBytes + <usize>shape.firstColumn * cellBytes;
    let to = image + <usize>row * shape.imageRow;
    let start = initStep == 0 ? init : to;
    for (let column = 0; column < shape.columns; column++) {
      if (left >= 8) addCells(to, start, from);
      else {
        for (let byte: usize = 0; byte < <usize>left << 2; byte += 4) {
          store<f32>(to + byte, load<f32>(start + byte) + load<f32>(from + byte));
        }
      }
      from += cellBytes;
      to += pixelBytes;
      start += initStep;
    }
  }
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

/**
 * The spectrum of packed weights [panels, height * width * channels, 16], divided by 256 for the way back. Bins lie
 * pages apart, so a panel's bins of 16 channels are made in scratch, [130, 2 (re, im), 16, 16], and copied.
 */
export function kernelSpectrum(shape: KernelTile, weights: usize, tile: usize, scratch: usize, spectrum: usize): void {
  memory.fill(tile, 0, tileBytes);
  for (let panel = 0; panel < shape.panels; panel++) {
    for (let channel = 0; channel < shape.channels; channel += scratchRows) {
      const rows = <usize>min(scratchRows, shape.channels - channel) * panelRow;
      const offset = <usize>channel * panelRow;
      for (let cell: usize = 0; cell < rows; cell += cellBytes) {
        readTaps(shape, weights + offset + cell, tile);
        transformColumns(tile, scratch + cell, scratchBin, scratchPart);
      }
      copyBins(shape, rows, scratch, spectrum + offset);
    }
    weights += taps(shape) * panelRow;
    spectrum += 2 * partOf(shape);
  }
}

/** From scratch to the spectrum, `bytes` of each part of each bin. */
@inline
function copyBins(shape: KernelTile, bytes: usize, scratch: usize, spectrum: usize): void {
  const partBytes = partOf(shape);
  for (let bin = 0; bin < bins; bin++) {
    for (let at: usize = 0; at < bytes; at += cellBytes) copyCell(spectrum + at, scratch + at);
    const imaginary = spectrum + partBytes;
    for (let at: usize = 0; at < bytes; at += cellBytes) copyCell(imaginary + at, scratch + scratchPart + at);
    scratch += scratchBin;
    spectrum += shape.binBytes;
  }
}

/** Only the rows that have taps: the others are zero and stay so. */
@inline
function readTaps(shape: KernelTile, weights: usize, tile: usize): void {
  const factor = f32x4.splat(scale);
  for (let y = 0; y < shape.height; y++) {
    const row = rowOf(shape, tile, y);
    clearRow(row);
    for (let x = 0; x < shape.width; x++) {
      const cell = columnOf(shape, row, x);
      scaleCell(cell, weights, factor);
      weights += <usize>shape.channels << 6;
    }
    rowForward(row);
  }
}

/** A panel of packed weights of their spectrum [channels (channelBytes apart), 130, 2 (re, im), 16]. */
export function kernelOfSpectrum(
  shape: KernelTile,
  spectrum: usize,
  channelBytes: usize,
  tile: usize,
  weights: usize,
): void {
  for (let channel = 0; channel < shape.channels; channel++) {
    for (let cell: usize = 0; cell < panelRow; cell += cellBytes) {
      invertColumns(spectrum + cell, 2 * panelRow, panelRow, tile);
      writeTaps(shape, tile, weights + cell);
    }
    spectrum += channelBytes;
    weights += panelRow;
  }
}

@inline
function taps(shape: KernelTile): usize {
  return <usize>(shape.height * shape.width * shape.channels);
}

/** From re to im in a panel of a spectrum. */
@inline
function partOf(shape: KernelTile): usize {
  return <usize>shape.wideChannels << 6;
}

@inline
function writeTaps(shape: KernelTile, tile: usize, weights: usize): void {
  const factor = f32x4.splat(scale);
  for (let y = 0; y < shape.height; y++) {
    const row = rowOf(shape, tile, y);
    rowInverse(row);
    for (let x = 0; x < shape.width; x++) {
      const cell = columnOf(shape, row, x);
      scaleCell(weights, cell, factor);
      weights += <usize>shape.channels << 6;
    }
  }
}

@inline
function scaleCell(to: usize, from: usize, factor: v128): void {
  const low = f32x4.mul(v128.load(from, 0), factor);
  const high = f32x4.mul(v128.load(from, 16), factor);
  v128.store(to, low, 0);
  v128.store(to, high, 16);
}

@inline
function rowOf(shape: KernelTile, tile: usize, y: i32): usize {
  return tile + <usize>((y - shape.shiftY) & 15) * rowBytes;
}

@inline
function columnOf(shape: KernelTile, row: usize, x: i32): usize {
  return row + <usize>((x - shape.shiftX) & 15) * cellBytes;
}
