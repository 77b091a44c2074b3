/**
 * What a product of complex matrices takes as three real ones (Gauss): of A = a + ib and B = c + id,
 *
 *   re(A conj(B)) = (a + b) c + b (d - c)        im(A conj(B)) = (a + b) c - a (c + d)
 *
 * So A has the parts a, b and a + b, and B has c, d - c and -(c + d), in panels of 16 columns.
 */
import { transposePanels } from './transpose';

/** A's third part, of rows of [2 (re, im), width]. @param sums its rows are as far apart as A's */
export function addGaussParts(a: usize, rowBytes: usize, partBytes: usize, rows: i32, sums: usize): void {
  for (let row = 0; row < rows; row++) {
    for (let at: usize = 0; at < partBytes; at += 32) {
      const low = f32x4.add(v128.load(a + at, 0), v128.load(a + partBytes + at, 0));
      const high = f32x4.add(v128.load(a + at, 16), v128.load(a + partBytes + at, 16));
      v128.store(sums + at, high, 16);
      v128.store(sums + at, low, 0);
    }
    a += rowBytes;
    sums += rowBytes;
  }
}

/** B's parts, [panels, 3, rows, 16], of [panels, 2 (re, im), rows, 16]. */
export function splitGaussParts(b: usize, panels: i32, rows: i32, parts: usize): void {
  const partBytes = (<usize>rows) << 6;
  for (let panel = 0; panel < panels; panel++) {
    for (let at: usize = 0; at < partBytes; at += 16) {
      storeParts(v128.load(b + at), v128.load(b + partBytes + at), parts + at, partBytes);
    }
    b += 2 * partBytes;
    parts += 3 * partBytes;
  }
}

/** The parts of B's transposed conjugate, [rows / 16, 3, 16 * panels, 16]. */
export function turnGaussParts(b: usize, panels: i32, rows: i32, parts: usize): void {
  const partBytes = (<usize>rows) << 6;
  const turnedPart = (<usize>panels) << 10;
  transposePanels(b, 2 * partBytes, parts, 3 * turnedPart, panels, rows);
  transposePanels(b + partBytes, 2 * partBytes, parts + turnedPart, 3 * turnedPart, panels, rows);
  for (let panel = 0; panel < rows >> 4; panel++) {
    for (let at: usize = 0; at < turnedPart; at += 16) {
      const d = f32x4.neg(v128.load(parts + turnedPart + at));
      storeParts(v128.load(parts + at), d, parts + at, turnedPart);
    }
    parts += 3 * turnedPart;
  }
}

/** The parts of a B whose columns are neighbours, [panels, 3, rows, 16]. @param partBytes from its real part to the imaginary one */
export function packGaussParts(
  b: usize,
  rowBytes: usize,
  partBytes: usize,
  panels: i32,
  rows: i32,
  parts: usize,
): void {
  const packedPart = (<usize>rows) << 6;
  for (let panel = 0; panel < panels; panel++) {
    let from = b + ((<usize>panel) << 6);
    for (let row = 0; row < rows; row++) {
      for (let at: usize = 0; at < 64; at += 16) {
        storeParts(v128.load(from + at), v128.load(from + partBytes + at), parts + at, packedPart);
      }
      from += rowBytes;
      parts += 64;
    }
    parts += 2 * packedPart;
  }
}

@inline
function storeParts(c: v128, d: v128, parts: usize, partBytes: usize): void {
  v128.store(parts, c);
  v128.store(parts + partBytes, f32x4.sub(d, c));
  v128.store(parts + 2 * partBytes, f32x4.neg(f32x4.add(c, d)));
}
