/** What stays the same between calls of a matrix product: strides in bytes and counts. */
@unmanaged
export class MatmulShape {
  /** A: from row to row, from k to k, from segment to segment, from one outer step to the next. */
  aRow: usize;
  aStep: usize;
  aSegment: usize;
  aOuter: usize;
  /** B, packed in panels of 16 columns, [columns / 16, k, 16]: from panel to panel. */
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
  /** k runs from 0 to `depth`, in `segments` stretches of `length`. */
  depth: i32;
  segments: i32;
  length: i32;
  /** How often the product is repeated with A and C (and init) moved on. */
  outer: i32;
  /** Scratch of a tile, [rows, 16], for a last panel of less than 16 columns. */
  edge: usize;
}
