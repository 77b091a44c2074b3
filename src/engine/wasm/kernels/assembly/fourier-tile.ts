/**
 * A tile of [16][16][8] floats, 8 channels at a time, and its spectrum of [130 bins, 2 (re, im), channels], column by
 * column. ../fourier.ts writes the transforms of a line and says how a tile becomes 130 bins.
 */
import { complexColumn, complexColumnInverse, realColumn, realColumnInverse } from './fourier-lines';

export const tileBytes: usize = 8192;
export const rowBytes: usize = 512;
export const cellBytes: usize = 32;

export function transformColumns(tile: usize, bin: usize, binBytes: usize, partBytes: usize): void {
  for (let column: usize = 0; column < 2; column++) {
    realColumn(tile + column * cellBytes, bin, binBytes, partBytes);
    bin += 9 * binBytes;
  }
  for (let column: usize = 2; column < 16; column += 2) {
    complexColumn(tile + column * cellBytes, bin, binBytes, partBytes);
    bin += 16 * binBytes;
  }
}

export function invertColumns(bin: usize, binBytes: usize, partBytes: usize, tile: usize): void {
  for (let column: usize = 0; column < 2; column++) {
    realColumnInverse(bin, binBytes, partBytes, tile + column * cellBytes);
    bin += 9 * binBytes;
  }
  for (let column: usize = 2; column < 16; column += 2) {
    complexColumnInverse(bin, binBytes, partBytes, tile + column * cellBytes);
    bin += 16 * binBytes;
  }
}

@inline
export function copyCell(to: usize, from: usize): void {
  const low = v128.load(from, 0);
  const high = v128.load(from, 16);
  v128.store(to, low, 0);
  v128.store(to, high, 16);
}

/** A loop, as memory.fill is a call, which costs more than this. */
@inline
export function clearRow(row: usize): void {
  const zero = f32x4.splat(0);
  for (let cell = row; cell < row + rowBytes; cell += 64) {
    v128.store(cell, zero, 0);
    v128.store(cell, zero, 16);
    v128.store(cell, zero, 32);
    v128.store(cell, zero, 48);
  }
}
