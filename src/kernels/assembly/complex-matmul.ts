/**
 * The complex matrix products C = A conj(B) of all bins, tile by tile (../generators/complex-tile.ts). Plain form:
 *
 *   for bin, row, column: c[bin, row, column] = sum over k of a[bin, row, k] * conj(b[bin, k, column])
 */
import { ComplexShape } from './complex-shape';
import { complexTile, complexTileColumns, complexTileRows } from './complex-tiles';

const panelBytes: usize = 64;

export function complexMatmul(shape: ComplexShape, a: usize, b: usize, c: usize, rows: i32): void {
  for (let bin = 0; bin < shape.bins; bin++) {
    for (let panel: usize = 0; panel < <usize>shape.panels; panel++) {
      rowTiles(shape, a, b + panel * shape.bPanel, c + panel * shape.cPanel, rows);
    }
    a += shape.aBin;
    b += shape.bBin;
    c += shape.cBin;
  }
}

/** One panel of C, in tiles of nearly equal height. */
@inline
function rowTiles(shape: ComplexShape, a: usize, b: usize, c: usize, rows: i32): void {
  for (let tiles = (rows + complexTileRows - 1) / complexTileRows; tiles > 0; tiles--) {
    const height = (rows + tiles - 1) / tiles;
    for (let offset: usize = 0; offset < panelBytes; offset += complexTileColumns << 2) {
      complexTile(height, shape, a, b + offset, c + offset);
    }
    a += height * shape.aRow;
    c += height * shape.cRow;
    rows -= height;
  }
}
