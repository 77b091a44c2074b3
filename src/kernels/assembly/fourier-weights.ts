/**
 * From packed weights to their spectrum and back (fourier-tile.ts); src/engine/wasm/convolution/fourier/fourier-convolution.ts says what
 * the spectra are for.
 */
import {
  binsOf,
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
import { transposePanels } from './transpose';

/** A row of a panel: 16 filters. */
const panelRow: usize = 64;
/** The scratch of weights holds 16 channels: from re to im, and from bin to bin, an odd number of cache lines. */
const scratchRows: i32 = 16;
const scratchPart: usize = 1024;
const scratchBin: usize = 2112;

/** */
@unmanaged
class KernelTile {
  /** Rows and columns of a tile: 16 or 8. */
  points: i32;
  /** Of the taps that are in the tile: all of a kernel's, or every stride-th. */
  height: i32;
  width: i32;
  channels: i32;
  /** Bytes from one of these taps to the next one in a row, and from row to row. */
  tapBytes: usize;
  tapRowBytes: usize;
  /** Rows of the spectrum's matrices: channels, rounded up to whole panels, of all tiles that are multiplied together. */
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
 * The spectrum of a panel of packed weights, [taps, channels, 16], divided by points^2 for the way back. Bins lie
 * pages apart, so those of 16 channels are made in scratch, [bins, 2 (re, im), 16, 16], and copied.
 */
export function kernelSpectrum(
  shape: KernelTile,
  weights: usize,
  tile: usize,
  scratch: usize,
  spectrum: usize,
): void {
  memory.fill(tile, 0, tileBytesOf(shape.points));
  for (let channel = 0; channel < shape.channels; channel += scratchRows) {
    const rows = <usize>min(scratchRows, shape.channels - channel) * panelRow;
    const offset = <usize>channel * panelRow;
    for (let cell: usize = 0; cell < rows; cell += cellBytes) {
      readTaps(shape, weights + offset + cell, tile);
      transformColumns(shape.points, tile, scratch + cell, scratchBin, scratchPart);
    }
    if (rows < scratchPart) clearRows(shape, scratch, rows);
    copyBins(shape, scratch, spectrum + offset);
  }
}

/**
 * The spectrum of the weights turned by half a turn, with channels and filters exchanged: in each bin the transposed
 * conjugate, [wideChannels / 16, 2 (re, im), 16 * panels, 16].
 */
export function turnSpectrum(shape: KernelTile, spectrum: usize, turned: usize): void {
  const part = partOf(shape);
  const turnedPart = (<usize>shape.panels) << 10;
  for (let bin = 0; bin < binsOf(shape.points); bin++) {
    transposePanels(spectrum, 2 * part, turned, 2 * turnedPart, shape.panels, shape.wideChannels);
    const imaginary = turned + turnedPart;
    transposePanels(spectrum + part, 2 * part, imaginary, 2 * turnedPart, shape.panels, shape.wideChannels);
    for (let panel = 0; panel < shape.wideChannels >> 4; panel++)
      negate(imaginary + 2 * panel * turnedPart, turnedPart);
    spectrum += shape.binBytes;
    turned += shape.binBytes;
  }
}

@inline
function negate(values: usize, bytes: usize): void {
  for (let at: usize = 0; at < bytes; at += 32) {
    const low = f32x4.neg(v128.load(values + at, 0));
    const high = f32x4.neg(v128.load(values + at, 16));
    v128.store(values + at, high, 16);
    v128.store(values + at, low, 0);
  }
}

/** Channels that do not exist have a spectrum of zeros. @param rows bytes of those that do */
function clearRows(shape: KernelTile, scratch: usize, rows: usize): void {
  for (let bin = 0; bin < binsOf(shape.points); bin++) {
    memory.fill(scratch + rows, 0, scratchPart - rows);
    memory.fill(scratch + scratchPart + rows, 0, scratchPart - rows);
    scratch += scratchBin;
  }
}

/** From scratch to the spectrum: 16 channels of each bin. */
@inline
function copyBins(shape: KernelTile, scratch: usize, spectrum: usize): void {
  const partBytes = partOf(shape);
  for (let bin = 0; bin < binsOf(shape.points); bin++) {
    for (let at: usize = 0; at < scratchPart; at += cellBytes) copyCell(spectrum + at, scratch + at);
    const imaginary = spectrum + partBytes;
    for (let at: usize = 0; at < scratchPart; at += cellBytes)
      copyCell(imaginary + at, scratch + scratchPart + at);
    scratch += scratchBin;
    spectrum += shape.binBytes;
  }
}

/** Only the rows that have taps: the others are zero and stay so. */
@inline
function readTaps(shape: KernelTile, weights: usize, tile: usize): void {
  const factor = f32x4.splat(scaleOf(shape));
  for (let y = 0; y < shape.height; y++) {
    const row = rowOf(shape, tile, y);
    clearRow(row, rowBytesOf(shape.points));
    for (let x = 0; x < shape.width; x++) {
      const cell = columnOf(shape, row, x);
      scaleCell(cell, weights + <usize>x * shape.tapBytes, factor);
    }
    weights += shape.tapRowBytes;
    rowForward(shape.points, row);
  }
}

/** A panel of packed weights of their spectrum. @param channelBytes from channel to channel of it */
export function kernelOfSpectrum(
  shape: KernelTile,
  spectrum: usize,
  channelBytes: usize,
  binBytes: usize,
  partBytes: usize,
  tile: usize,
  weights: usize,
): void {
  for (let channel = 0; channel < shape.channels; channel++) {
    for (let cell: usize = 0; cell < panelRow; cell += cellBytes) {
      invertColumns(shape.points, spectrum + cell, binBytes, partBytes, tile);
      writeTaps(shape, tile, weights + cell);
    }
    spectrum += channelBytes;
    weights += panelRow;
  }
}

/** What the inverse is to be divided by. */
@inline
function scaleOf(shape: KernelTile): f32 {
  return <f32>1 / <f32>(shape.points * shape.points);
}

/** From re to im in a panel of a spectrum. */
@inline
function partOf(shape: KernelTile): usize {
  return (<usize>shape.wideChannels) << 6;
}

@inline
function writeTaps(shape: KernelTile, tile: usize, weights: usize): void {
  const factor = f32x4.splat(scaleOf(shape));
  for (let y = 0; y < shape.height; y++) {
    const row = rowOf(shape, tile, y);
    rowInverse(shape.points, row);
    for (let x = 0; x < shape.width; x++) {
      const cell = columnOf(shape, row, x);
      scaleCell(weights + <usize>x * shape.tapBytes, cell, factor);
    }
    weights += shape.tapRowBytes;
  }
}

@inline
function scaleCell(to: usize, from: usize, factor: v128): void {
  const low = f32x4.mul(v128.load(from, 0), factor);
  const high = f32x4.mul(v128.load(from, 16), factor);
  v128.store(to, high, 16);
  v128.store(to, low, 0);
}

@inline
function rowOf(shape: KernelTile, tile: usize, y: i32): usize {
  return tile + <usize>((y - shape.shiftY) & (shape.points - 1)) * rowBytesOf(shape.points);
}

@inline
function columnOf(shape: KernelTile, row: usize, x: i32): usize {
  return row + <usize>((x - shape.shiftX) & (shape.points - 1)) * cellBytes;
}
