/**
 * A tile of [points][points][8] floats, 8 channels at a time, and its spectrum of [bins, 2 (re, im), channels], column by
 * column: 130 bins of 16 points, 34 of 8. ../generators/fourier.ts writes the transforms of a line and says how a tile
 * becomes bins.
 */
import {
  complexColumn8,
  complexColumn16,
  complexColumnInverse8,
  complexColumnInverse16,
  realColumn8,
  realColumn16,
  realColumnInverse8,
  realColumnInverse16,
  rowForward8,
  rowForward16,
  rowInverse8,
  rowInverse16,
} from './fourier-lines';

export const cellBytes: usize = 32;

@inline
export function rowBytesOf(points: i32): usize {
  return (<usize>points) << 5;
}

@inline
export function tileBytesOf(points: i32): usize {
  return (<usize>(points * points)) << 5;
}

@inline
export function binsOf(points: i32): i32 {
  return (points * points) / 2 + 2;
}

@inline
export function rowForward(points: i32, line: usize): void {
  if (points === 16) rowForward16(line);
  else rowForward8(line);
}

@inline
export function rowInverse(points: i32, line: usize): void {
  if (points === 16) rowInverse16(line);
  else rowInverse8(line);
}

export function transformColumns(
  points: i32,
  tile: usize,
  bin: usize,
  binBytes: usize,
  partBytes: usize,
): void {
  if (points === 16) transformColumns16(tile, bin, binBytes, partBytes);
  else transformColumns8(tile, bin, binBytes, partBytes);
}

export function invertColumns(points: i32, bin: usize, binBytes: usize, partBytes: usize, tile: usize): void {
  if (points === 16) invertColumns16(bin, binBytes, partBytes, tile);
  else invertColumns8(bin, binBytes, partBytes, tile);
}

function transformColumns16(tile: usize, bin: usize, binBytes: usize, partBytes: usize): void {
  for (let column: usize = 0; column < 2; column++) {
    realColumn16(tile + column * cellBytes, bin, binBytes, partBytes);
    bin += 9 * binBytes;
  }
  for (let column: usize = 2; column < 16; column += 2) {
    complexColumn16(tile + column * cellBytes, bin, binBytes, partBytes);
    bin += 16 * binBytes;
  }
}

function invertColumns16(bin: usize, binBytes: usize, partBytes: usize, tile: usize): void {
  for (let column: usize = 0; column < 2; column++) {
    realColumnInverse16(bin, binBytes, partBytes, tile + column * cellBytes);
    bin += 9 * binBytes;
  }
  for (let column: usize = 2; column < 16; column += 2) {
    complexColumnInverse16(bin, binBytes, partBytes, tile + column * cellBytes);
    bin += 16 * binBytes;
  }
}

function transformColumns8(tile: usize, bin: usize, binBytes: usize, partBytes: usize): void {
  for (let column: usize = 0; column < 2; column++) {
    realColumn8(tile + column * cellBytes, bin, binBytes, partBytes);
    bin += 5 * binBytes;
  }
  for (let column: usize = 2; column < 8; column += 2) {
    complexColumn8(tile + column * cellBytes, bin, binBytes, partBytes);
    bin += 8 * binBytes;
  }
}

function invertColumns8(bin: usize, binBytes: usize, partBytes: usize, tile: usize): void {
  for (let column: usize = 0; column < 2; column++) {
    realColumnInverse8(bin, binBytes, partBytes, tile + column * cellBytes);
    bin += 5 * binBytes;
  }
  for (let column: usize = 2; column < 8; column += 2) {
    complexColumnInverse8(bin, binBytes, partBytes, tile + column * cellBytes);
    bin += 8 * binBytes;
  }
}

@inline
export function copyCell(to: usize, from: usize): void {
  const low = v128.load(from, 0);
  const high = v128.load(from, 16);
  v128.store(to, high, 16);
  v128.store(to, low, 0);
}

/** A loop, as memory.fill is a call, which costs more than this. */
@inline
export function clearRow(row: usize, bytes: usize): void {
  const zero = f32x4.splat(0);
  for (let cell = row; cell < row + bytes; cell += 64) {
    v128.store(cell, zero, 48);
    v128.store(cell, zero, 32);
    v128.store(cell, zero, 16);
    v128.store(cell, zero, 0);
  }
}
