/**
 * From packed weights to their spectrum and back (fourier-tile.ts); src/engine/wasm/fourier-convolution.ts says what
 * the spectra are for.
 */
import { rowForward, rowInverse } from './fourier-lines';
import { cellBytes, clearRow, copyCell, invertColumns, rowBytes, tileBytes, transformColumns } from './fourier-tile';
import { transposePanels } from './transpose';

const bins: i32 = 130;
/** A row of a panel: 16 filters. */
const panelRow: usize = 64;
/** The scratch of weights holds 16 channels: from re to im, and from bin to bin, an odd number of cache lines. */
const scratchRows: i32 = 16;
const scratchPart: usize = 1024;
const scratchBin: usize = 2112;
/** 1 / (16 * 16): what the inverse is to be divided by. */
const scale: f32 = 0.00390625;

/** Written by src/engine/wasm/fourier-shapes.ts, in this order. */
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
      if (rows < scratchPart) clearRows(scratch, rows);
      copyBins(shape, scratch, spectrum + offset);
    }
    weights += taps(shape) * panelRow;
    spectrum += 2 * partOf(shape);
  }
}

/**
 * The spectrum of the weights turned by half a turn, with channels and filters exchanged: in each bin the transposed
 * conjugate, [wideChannels / 16, 2 (re, im), 16 * panels, 16].
 */
export function turnSpectrum(shape: KernelTile, spectrum: usize, turned: usize): void {
  const part = partOf(shape);
  const turnedPart = <usize>shape.panels << 10;
  for (let bin = 0; bin < bins; bin++) {
    transposePanels(spectrum, 2 * part, turned, 2 * turnedPart, shape.panels, shape.wideChannels);
    const imaginary = turned + turnedPart;
    transposePanels(spectrum + part, 2 * part, imaginary, 2 * turnedPart, shape.panels, shape.wideChannels);
    for (let panel = 0; panel < shape.wideChannels >> 4; panel++) negate(imaginary + 2 * panel * turnedPart, turnedPart);
    spectrum += shape.binBytes;
    turned += shape.binBytes;
  }
}

@inline
function negate(values: usize, bytes: usize): void {
  for (let at: usize = 0; at < bytes; at += 32) {
    const low = f32x4.neg(v128.load(values + at, 0));
    const high = f32x4.neg(v128.load(values + at, 16));
    v128.store(values + at, low, 0);
    v128.store(values + at, high, 16);
  }
}

/** Channels that do not exist have a spectrum of zeros. @param rows bytes of those that do */
function clearRows(scratch: usize, rows: usize): void {
  for (let bin = 0; bin < bins; bin++) {
    memory.fill(scratch + rows, 0, scratchPart - rows);
    memory.fill(scratch + scratchPart + rows, 0, scratchPart - rows);
    scratch += scratchBin;
  }
}

/** From scratch to the spectrum: 16 channels of each bin. */
@inline
function copyBins(shape: KernelTile, scratch: usize, spectrum: usize): void {
  const partBytes = partOf(shape);
  for (let bin = 0; bin < bins; bin++) {
    for (let at: usize = 0; at < scratchPart; at += cellBytes) copyCell(spectrum + at, scratch + at);
    const imaginary = spectrum + partBytes;
    for (let at: usize = 0; at < scratchPart; at += cellBytes) copyCell(imaginary + at, scratch + scratchPart + at);
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
