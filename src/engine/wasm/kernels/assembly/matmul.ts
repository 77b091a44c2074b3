/**
 * Matrix products C = init + A B, tile by tile. Plain form:
 *
 *   for outer, row, column: c[outer, row, column] = init[...] + sum over k of a[outer, row, k] * b[k, column]
 *
 * `matmul` reads A along k, with B packed in panels of 16 columns ([columns / 16, k, 16]); `matmulAcross` reads A
 * across k (A transposed: weight gradients). A convolution is such a product too: its A is the padded image, whose
 * rows overlap, and k runs over segments, one a row of the kernel.
 */
import { MatmulShape } from './matmul-shape';
import { acrossK, alongK, tileColumns, tileRows } from './tiles';

const panel: i32 = 16;
const panelBytes: usize = 64;

export function matmul(shape: MatmulShape, a: usize, b: usize, init: usize, c: usize, rows: i32): void {
  product(true, shape, a, b, init, c, rows);
}

export function matmulAcross(shape: MatmulShape, a: usize, b: usize, init: usize, c: usize, rows: i32): void {
  product(false, shape, a, b, init, c, rows);
}

/** Panel by panel, so that a panel of B stays in the cache for all rows of A. */
@inline
function product(along: bool, shape: MatmulShape, a: usize, b: usize, init: usize, c: usize, rows: i32): void {
  for (let column: i32 = 0; column < shape.columns; column += panel) {
    const whole = shape.columns - column >= panel;
    for (let outer = 0; outer < shape.outer; outer++) {
      const aStart = a + outer * shape.aOuter;
      const initStart = init + outer * shape.initOuter;
      const cStart = c + outer * shape.cOuter;
      if (whole) rowTiles(along, shape, aStart, b, initStart, cStart, rows);
      else edgeTiles(along, shape, aStart, b, initStart, cStart, rows, shape.columns - column);
    }
    b += shape.bPanel;
    init += shape.initPanel;
    c += shape.cPanel;
  }
}

/** One panel of C, in tiles of nearly equal height. */
@inline
function rowTiles(along: bool, shape: MatmulShape, a: usize, b: usize, init: usize, c: usize, rows: i32): void {
  let tiles = (rows + tileRows - 1) / tileRows;
  while (rows > 0) {
    const height = (rows + tiles - 1) / tiles;
    panelTile(along, height, shape, a, b, init, c);
    a += height * shape.aRow;
    init += height * shape.initRow;
    c += height * shape.cRow;
    rows -= height;
    tiles--;
  }
}

/** The last panel where it is narrower than 16 columns: row by row into scratch, then the columns that exist into C. */
function edgeTiles(
  along: bool,
  shape: MatmulShape,
  a: usize,
  b: usize,
  init: usize,
  c: usize,
  rows: i32,
  columns: i32,
): void {
  for (let row = 0; row < rows; row++) {
    panelTile(along, 1, shape, a, b, init, shape.edge);
    memory.copy(c, shape.edge, columns << 2);
    a += shape.aRow;
    init += shape.initRow;
    c += shape.cRow;
  }
}

/** A tile of the panel's full width. */
@inline
function panelTile(
  along: bool,
  height: i32,
  shape: MatmulShape,
  a: usize,
  b: usize,
  init: usize,
  c: usize,
): void {
  for (let offset: usize = 0; offset < panelBytes; offset += tileColumns << 2) {
    if (along) alongK(height, shape, a, b + offset, init + offset, c + offset);
    else acrossK(height, shape, a, b + offset, init + offset, c + offset);
  }
}
