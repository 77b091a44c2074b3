/**
 * Matrix products that skip the zeros of A, for what relu, pooling and dropout leave: the same sums as `matmul` in
 * the same order, less products that are zero, and so the same bits where all values are finite, up to the sign of a
 * sum that is zero (`positiveZeros` after both).
 */
import { MatmulShape } from './matmul-shape';
import { panelsOfGroup } from './panels';
import { skippingPanels, skippingRows } from './skipping-tiles';
import { transposePanels } from './transpose';

const panel: i32 = 16;
const panelBytes: usize = 64;

/**
 * C = init + A B as `matmul` computes it, for A in lists (the bounds that listByRow writes for the shape's segments).
 * Segment by segment: one of B is brought into scratch, whose lines lie together in the first-level cache, for all rows.
 * (In B itself they would be fetched one by one, as the lists ask for them, and a power of two apart.)
 * @param transposed whether B is [depth / 16, columns, 16], both rounded up to 16, instead of [columns / 16, depth, 16];
 *   `bPanel` is from panel to panel of either, and the length of a segment before the last one a multiple of 16
 * @param scratch of the longer one of [depth, 16] and [skippingPanels, length, 16], depth and length rounded up to 16
 */
export function matmulSkipping(
  shape: MatmulShape,
  bounds: usize,
  b: usize,
  transposed: bool,
  init: usize,
  c: usize,
  rows: i32,
  scratch: usize,
): void {
  const whole = shape.columns / panel;
  const boundsStep = <usize>(shape.segments + 1) * sizeof<usize>();
  const scratchPanel = <usize>((shape.length + panel - 1) / panel) * panel * panelBytes;
  for (let column = 0, some = 0; column < whole; column += some) {
    some = panelsOfGroup(whole, column, skippingPanels);
    const cGroup = c + <usize>column * panelBytes;
    beginRows(shape, init + <usize>column * shape.initPanel, cGroup, rows, some);
    for (let segment = 0; segment < shape.segments; segment++) {
      const first = segment * shape.length;
      const length = min(shape.length, shape.depth - first);
      bring(shape, b, transposed, column, some, first, length, scratch, scratchPanel);
      const ofSegment = bounds + <usize>segment * sizeof<usize>();
      // The lists' offsets count from the first k.
      const start = scratch - <usize>first * panelBytes;
      skippingRows(some, rows, ofSegment, boundsStep, start, scratchPanel, cGroup, shape.cRow, panelBytes);
    }
  }
  if (shape.columns % panel === 0) return;
  bring(shape, b, transposed, whole, 1, 0, shape.depth, scratch, 0);
  edgePanel(
    shape,
    bounds,
    scratch,
    init + <usize>whole * shape.initPanel,
    c + <usize>whole * panelBytes,
    rows,
  );
}

/** Some panels of C's rows are what sums begin with. */
@inline
function beginRows(shape: MatmulShape, init: usize, c: usize, rows: i32, panels: i32): void {
  for (let index = 0; index < panels; index++) {
    const value0 = v128.load(init, 0);
    const value1 = v128.load(init, 16);
    const value2 = v128.load(init, 32);
    const value3 = v128.load(init, 48);
    for (let row = 0, to = c; row < rows; row++) {
      v128.store(to, value3, 48);
      v128.store(to, value2, 32);
      v128.store(to, value1, 16);
      v128.store(to, value0, 0);
      to += shape.cRow;
    }
    init += shape.initPanel;
    c += panelBytes;
  }
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

/** The last panel where it is narrower than 16 columns: row by row in scratch, then the columns that exist into C. */
function edgePanel(shape: MatmulShape, bounds: usize, b: usize, init: usize, c: usize, rows: i32): void {
  const bytes = (<usize>(shape.columns % panel)) << 2;
  for (let row = 0; row < rows; row++) {
    memory.copy(shape.edge, init, panelBytes);
    // A row's segments lie one after the other.
    for (let segment = 0; segment < shape.segments; segment++) {
      skippingRows(1, 1, bounds, 0, b, 0, shape.edge, 0, 0);
      bounds += sizeof<usize>();
    }
    bounds += sizeof<usize>();
    memory.copy(c, shape.edge, bytes);
    c += shape.cRow;
  }
}

/** +0 for -0: a sum that begins with -0 or underflows keeps its sign where products with zero are skipped. */
export function positiveZeros(values: usize, count: i32): void {
  const zero = f32x4.splat(0);
  const end = values + ((<usize>count) << 2);
  for (; values + 16 <= end; values += 16) v128.store(values, f32x4.add(v128.load(values), zero));
  for (; values < end; values += 4) store<f32>(values, load<f32>(values) + <f32>0);
}
