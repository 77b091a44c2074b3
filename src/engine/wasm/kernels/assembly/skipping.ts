/**
 * Matrix products that skip the zeros of A, for what relu, pooling and dropout leave: the same sums as `matmul` in
 * the same order, less products that are zero, and so the same bits where all values are finite, up to the sign of a
 * sum that is zero (`positiveZeros` after both).
 */
import { MatmulShape } from './matmul-shape';
import { panelsOfGroup } from './panels';
import { skipping, skippingPanels } from './skipping-tiles';
import { transposePanels } from './transpose';

const panel: i32 = 16;
const panelBytes: usize = 64;

/**
 * C = init + A B as `matmul` computes it, for A in lists (listByRow with the shape's segments). Segment by segment: one
 * of B is brought into scratch, whose lines lie together in the first-level cache, for all rows. (In B itself they
 * would be fetched one by one, as the lists ask for them, and a power of two apart.)
 * @param transposed whether B is [depth / 16, columns, 16], both rounded up to 16, instead of [columns / 16, depth, 16];
 *   `bPanel` is from panel to panel of either, and the length of a segment before the last one a multiple of 16
 * @param scratch of the longer one of [depth, 16] and [skippingPanels, length, 16], depth and length rounded up to 16
 */
export function matmulSkipping(
  shape: MatmulShape,
  lists: usize,
  ends: usize,
  b: usize,
  transposed: bool,
  init: usize,
  c: usize,
  rows: i32,
  scratch: usize,
): void {
  const whole = shape.columns / panel;
  const scratchPanel = <usize>((shape.length + panel - 1) / panel) * panel * panelBytes;
  for (let column = 0, some = 0; column < whole; column += some) {
    some = panelsOfGroup(whole, column, skippingPanels);
    for (let segment = 0; segment < shape.segments; segment++) {
      const first = segment * shape.length;
      const length = min(shape.length, shape.depth - first);
      bring(shape, b, transposed, column, some, first, length, scratch, scratchPanel);
      // The lists' offsets count from the first k.
      const start = scratch - <usize>first * panelBytes;
      segmentRows(shape, lists, ends, segment, some, start, scratchPanel, init, c, rows, column);
    }
  }
  if (shape.columns % panel == 0) return;
  bring(shape, b, transposed, whole, 1, 0, shape.depth, scratch, 0);
  edgePanel(shape, lists, ends, scratch, init, c, rows);
}

/** `length` k's from `first` on, a multiple of 16, of some panels of B from `column` on. */
@inline
function bring(
  shape: MatmulShape,
  b: usize,
  transposed: bool,
  column: i32,
  panels: i32,
  first: i32,
  length: i32,
  scratch: usize,
  scratchPanel: usize,
): void {
  if (transposed) {
    const source = b + <usize>(first / panel) * shape.bPanel + <usize>(column * panel) * panelBytes;
    const across = (length + panel - 1) / panel;
    transposePanels(source, shape.bPanel, scratch, scratchPanel, across, panels * panel);
    return;
  }
  let source = b + <usize>column * shape.bPanel + <usize>first * panelBytes;
  for (let index = 0; index < panels; index++) {
    memory.copy(scratch, source, <usize>length * panelBytes);
    source += shape.bPanel;
    scratch += scratchPanel;
  }
}

/** A segment of k, for all rows and some panels from `column` on. */
@inline
function segmentRows(
  shape: MatmulShape,
  lists: usize,
  ends: usize,
  segment: i32,
  panels: i32,
  b: usize,
  bPanel: usize,
  init: usize,
  c: usize,
  rows: i32,
  column: i32,
): void {
  let cRow = c + <usize>column * panelBytes;
  const start = init + <usize>column * shape.initPanel;
  for (let row = 0; row < rows; row++) {
    const list = segmentStart(shape, lists, ends, row, segment);
    const end = segmentEnd(shape, ends, row, segment);
    if (segment == 0) skipping(panels, list, end, b, bPanel, start, shape.initPanel, cRow, panelBytes);
    else skipping(panels, list, end, b, bPanel, cRow, panelBytes, cRow, panelBytes);
    cRow += shape.cRow;
  }
}

/** The last panel where it is narrower than 16 columns: in scratch, then the columns that exist into C. */
function edgePanel(
  shape: MatmulShape,
  lists: usize,
  ends: usize,
  b: usize,
  init: usize,
  c: usize,
  rows: i32,
): void {
  init += <usize>(shape.columns / panel) * shape.initPanel;
  c += <usize>(shape.columns / panel) * panelBytes;
  const bytes = <usize>(shape.columns % panel) << 2;
  for (let row = 0; row < rows; row++) {
    const list = segmentStart(shape, lists, ends, row, 0);
    skipping(1, list, segmentEnd(shape, ends, row, shape.segments - 1), b, 0, init, 0, shape.edge, 0);
    memory.copy(c + <usize>row * shape.cRow, shape.edge, bytes);
  }
}

@inline
function segmentStart(shape: MatmulShape, lists: usize, ends: usize, row: i32, segment: i32): usize {
  return segment == 0 ? lists + (<usize>(row * shape.depth) << 3) : segmentEnd(shape, ends, row, segment - 1);
}

@inline
function segmentEnd(shape: MatmulShape, ends: usize, row: i32, segment: i32): usize {
  return load<usize>(ends + <usize>(row * shape.segments + segment) * sizeof<usize>());
}

/** +0 for -0: a sum that begins with -0 or underflows keeps its sign where products with zero are skipped. */
export function positiveZeros(values: usize, count: i32): void {
  const zero = f32x4.splat(0);
  const end = values + (<usize>count << 2);
  for (; values + 16 <= end; values += 16) v128.store(values, f32x4.add(v128.load(values), zero));
  for (; values < end; values += 4) store<f32>(values, load<f32>(values) + <f32>0);
}
