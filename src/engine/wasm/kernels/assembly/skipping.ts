/**
 * Matrix products that skip the zeros of A, for what relu, pooling and dropout leave: the same sums as `matmul` in
 * the same order, less products that are zero, and so the same bits where all values are finite, up to the sign of a
 * sum that is zero (`positiveZeros` after both).
 */
import { MatmulShape } from './matmul-shape';
import { skipping, skippingPanels } from './skipping-tiles';

const panel: i32 = 16;
const panelBytes: usize = 64;

/**
 * C = init + A B as `matmul` computes it, for A in lists (listByRow with the shape's segments). Segment by segment,
 * so that a segment of B stays in the first-level cache for all rows.
 */
export function matmulSkipping(
  shape: MatmulShape,
  lists: usize,
  ends: usize,
  b: usize,
  init: usize,
  c: usize,
  rows: i32,
): void {
  let panels = shape.columns / panel;
  let groups = (panels + skippingPanels - 1) / skippingPanels;
  while (panels > 0) {
    const some = (panels + groups - 1) / groups;
    for (let segment = 0; segment < shape.segments; segment++) {
      for (let row = 0; row < rows; row++) {
        const cRow = c + <usize>row * shape.cRow;
        const start = segment == 0 ? init : cRow;
        const startPanel = segment == 0 ? shape.initPanel : panelBytes;
        skipping(
          some,
          segmentStart(shape, lists, ends, row, segment),
          segmentEnd(shape, ends, row, segment),
          b,
          shape.bPanel,
          start,
          startPanel,
          cRow,
          panelBytes,
        );
      }
    }
    b += <usize>some * shape.bPanel;
    init += <usize>some * shape.initPanel;
    c += <usize>some * panelBytes;
    panels -= some;
    groups--;
  }
  if (shape.columns % panel != 0) edgePanel(shape, lists, ends, b, init, c, rows);
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
