/**
 * Matrix products C = init + A B, tile by tile. Plain form:
 *
 *   for outer, row, column: c[outer, row, column] = init[...] + sum over k of a[outer, row, k] * b[k, column]
 *
 * B is packed in panels of 16 columns, [columns / 16, k, 16]. `matmul` reads A along k; `matmulAcross` reads A across
 * k (A transposed: weight gradients). A convolution is such a product too: its A is the padded image, whose rows
 * overlap, and k runs in segments, one a row of the kernel.
 */
import { copyFloats } from './floats';
import { MatmulShape } from './matmul-shape';
import {
  acrossK,
  acrossKNarrow,
  alongK,
  alongKNarrow,
  narrowColumns,
  narrowRows,
  tileColumns,
  tileRows,
} from './tiles';
import { transposePanels } from './transpose';

const panel: i32 = 16;
const panelBytes: usize = 64;
/** k's of a panel of B that stays in the first-level cache, 16 KiB. */
const mostAtOnce: i32 = 256;

/**
 * Where k is long, segment by segment, so that a segment of B stays in the first-level cache for all rows of A: sums
 * go on from what the segment before left in C, which changes no bits.
 */
export function matmul(shape: MatmulShape, a: usize, b: usize, init: usize, c: usize, rows: i32): void {
  for (let column: i32 = 0; column < shape.columns; column += panel) {
    onePanel(shape, a, b, init, c, rows, shape.columns - column);
    b += shape.bPanel;
    init += shape.initPanel;
    c += shape.cPanel;
  }
}

/**
 * The same for B transposed, [depth / 16, columns, 16] with both rounded up to 16, `bPanel` from panel to panel: its
 * panels are turned one after the other. `outer` is 1.
 * @param turned scratch of a panel, [depth, 16]
 */
export function matmulTransposed(
  shape: MatmulShape,
  a: usize,
  b: usize,
  init: usize,
  c: usize,
  rows: i32,
  turned: usize,
): void {
  for (let column: i32 = 0; column < shape.columns; column += panel) {
    transposePanels(b, shape.bPanel, turned, 0, (shape.depth + panel - 1) / panel, panel);
    onePanel(shape, a, turned, init, c, rows, shape.columns - column);
    b += panelBytes * <usize>panel;
    init += shape.initPanel;
    c += shape.cPanel;
  }
}

/** @param columns that are left, from this panel's first one on */
function onePanel(
  shape: MatmulShape,
  a: usize,
  b: usize,
  init: usize,
  c: usize,
  rows: i32,
  columns: i32,
): void {
  if (columns < panel) {
    edgePanel(shape, a, b, init, c, rows, columns);
    return;
  }
  const atOnce = fitsAtOnce(shape) ? shape.segments : 1;
  for (let segment = 0; segment < shape.segments; segment += atOnce) {
    const length = segmentLength(shape, segment);
    const first = segment === 0;
    for (let outer = 0; outer < shape.outer; outer++) {
      const cStart = c + outer * shape.cOuter;
      const initStart = first ? init : cStart;
      const initRow = first ? shape.initRow : shape.cRow;
      rowTiles(
        true,
        false,
        shape,
        a + outer * shape.aOuter,
        b,
        initStart,
        initRow,
        cStart,
        rows,
        atOnce,
        length,
      );
    }
    a += shape.aSegment;
    b += <usize>length * panelBytes;
  }
}

/** Segments of equal length that B's panel holds in the first-level cache. */
@inline
function fitsAtOnce(shape: MatmulShape): bool {
  return shape.depth <= mostAtOnce && shape.depth === shape.segments * shape.length;
}

/** All segments of k in one go: C is large here and k short. Columns of the last panel that do not exist are 0 in B. */
export function matmulAcross(shape: MatmulShape, a: usize, b: usize, init: usize, c: usize, rows: i32): void {
  for (let column: i32 = 0; column < shape.columns; column += panel) {
    for (let outer = 0; outer < shape.outer; outer++) {
      const aStart = a + outer * shape.aOuter;
      const initStart = init + outer * shape.initOuter;
      const cStart = c + outer * shape.cOuter;
      if (shape.columns - column <= narrowColumns) {
        rowTiles(
          false,
          true,
          shape,
          aStart,
          b,
          initStart,
          shape.initRow,
          cStart,
          rows,
          shape.segments,
          shape.length,
        );
        copyUpperHalves(initStart, shape.initRow, cStart, shape.cRow, rows);
      } else {
        rowTiles(
          false,
          false,
          shape,
          aStart,
          b,
          initStart,
          shape.initRow,
          cStart,
          rows,
          shape.segments,
          shape.length,
        );
      }
    }
    b += shape.bPanel;
    init += shape.initPanel;
    c += shape.cPanel;
  }
}

/** Of panels' rows whose other half alone was computed. */
@inline
function copyUpperHalves(source: usize, sourceRow: usize, target: usize, targetRow: usize, rows: i32): void {
  for (; rows > 0; rows--) {
    v128.store(target, v128.load(source, 48), 48);
    v128.store(target, v128.load(source, 32), 32);
    source += sourceRow;
    target += targetRow;
  }
}

/** The last segment may be shorter. */
@inline
function segmentLength(shape: MatmulShape, segment: i32): i32 {
  return min(shape.length, shape.depth - segment * shape.length);
}

/**
 * One panel of C, in tiles of nearly equal height.
 * @param narrow whether the first half of the panel is enough: its other columns are not used
 */
@inline
function rowTiles(
  along: bool,
  narrow: bool,
  shape: MatmulShape,
  a: usize,
  b: usize,
  init: usize,
  initRow: usize,
  c: usize,
  rows: i32,
  segments: i32,
  length: i32,
): void {
  const most = narrow ? narrowRows : tileRows;
  let tiles = (rows + most - 1) / most;
  while (rows > 0) {
    const height = (rows + tiles - 1) / tiles;
    if (narrow) {
      if (along) alongKNarrow(height, shape, a, b, init, initRow, c, segments, length);
      else acrossKNarrow(height, shape, a, b, init, initRow, c, segments, length);
    } else {
      for (let offset: usize = 0; offset < panelBytes; offset += tileColumns << 2) {
        if (along) alongK(height, shape, a, b + offset, init + offset, initRow, c + offset, segments, length);
        else acrossK(height, shape, a, b + offset, init + offset, initRow, c + offset, segments, length);
      }
    }
    a += height * shape.aRow;
    init += height * initRow;
    c += height * shape.cRow;
    rows -= height;
    tiles--;
  }
}

/**
 * The last panel where it is narrower than 16 columns: a tile's rows in scratch, then the columns that exist into C.
 * Sums go on in scratch from segment to segment.
 */
function edgePanel(
  shape: MatmulShape,
  a: usize,
  b: usize,
  init: usize,
  c: usize,
  rows: i32,
  columns: i32,
): void {
  const edge = shape.edge;
  const cRow = shape.cRow;
  const bytes = (<usize>columns) << 2;
  const atOnce = fitsAtOnce(shape) ? shape.segments : 1;
  const isNarrow = columns <= narrowColumns;
  const most = isNarrow ? narrowRows : tileRows;
  // Tiles take the rows of C to be so far apart.
  shape.cRow = panelBytes;
  for (let outer = 0; outer < shape.outer; outer++) {
    for (let row = 0; row < rows; row += most) {
      const height = min(most, rows - row);
      for (let line = 0; line < height; line++) {
        copyFloats(edge + line * panelBytes, init + (row + line) * shape.initRow, panelBytes);
      }
      let aSegment = a + outer * shape.aOuter + row * shape.aRow;
      let bSegment = b;
      for (let segment = 0; segment < shape.segments; segment += atOnce) {
        const length = segmentLength(shape, segment);
        if (isNarrow) {
          rowTiles(true, true, shape, aSegment, bSegment, edge, panelBytes, edge, height, atOnce, length);
        } else
          rowTiles(true, false, shape, aSegment, bSegment, edge, panelBytes, edge, height, atOnce, length);
        aSegment += shape.aSegment;
        bSegment += <usize>length * panelBytes;
      }
      for (let line = 0; line < height; line++) {
        copyFloats(c + outer * shape.cOuter + (row + line) * cRow, edge + line * panelBytes, bytes);
      }
    }
  }
  shape.cRow = cRow;
}
