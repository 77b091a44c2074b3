/**
 * What stays the same between calls of a matrix product: strides in bytes and counts.
 * Written by src/engine/wasm/matmul.ts; the order of the fields is that of its `fields`.
 */
@unmanaged
export class MatmulShape {
  /** A: from row to row, from k to k, from segment to segment, from one outer step to the next. */
  aRow: usize;
  aStep: usize;
  aSegment: usize;
  aOuter: usize;
  /** B: from k to k, from segment to segment, from one panel of 16 columns to the next. */
  bStep: usize;
  bSegment: usize;
  bPanel: usize;
  /** The values that sums begin with; all 0 for one line that serves every row. */
  initRow: usize;
  initPanel: usize;
  initOuter: usize;
  /** C */
  cRow: usize;
  cPanel: usize;
  cOuter: usize;
  /** Columns of C that are stored. */
  columns: i32;
  /** k runs over `segments` stretches of `length`. */
  segments: i32;
  length: i32;
  /** How often the product is repeated with A and C (and init) moved on. */
  outer: i32;
  /** [tileRows, 16] floats of scratch, for a last panel of less than 16 columns. */
  edge: usize;
}
