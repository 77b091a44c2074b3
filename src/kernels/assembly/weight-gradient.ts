/**
 * The gradient of a dense layer's kernel for a whole batch, in the update phase. Plain form:
 *
 *   sum[input, unit] = tree over shards of: sum over the shard's rows of inputs[row, input] * dOutput[row, unit]
 *
 * The tree is that of src/reduction/tree.ts. A block of the sum (some panels of 16 inputs, some units) is computed
 * shard by shard; finished parts wait on a stack, and are added as soon as their neighbour is finished.
 */
import { addFloats, copyFloats, copyPositiveZeros } from './floats';
import { matmulAcross } from './matmul';
import { MatmulShape } from './matmul-shape';
import { skippingTree } from './skipping-tiles';
import { tileColumns, tileRows } from './tiles';
import { treeTile } from './tree-tiles';

/** */
@unmanaged
class WeightGradientShape {
  /** The product of one shard, from row to row of the outputs' gradients `aStep`; others of its fields are set here. */
  product: MatmulShape;
  shards: i32;
  /** [shards, 2] the first row and the number of rows of each shard. */
  shardRows: usize;
  /** The inputs: from panel to panel. */
  inputPanel: usize;
  /** Lists of what of dOutput is not zero (listByColumn): from unit to unit. */
  listBytes: usize;
  /** A panel of zeros. */
  zeros: usize;
  /** Room for the parts of a block that wait: one more than the tree has levels. */
  stack: usize;
  /** Room for [rowsTogether, mostUnits + 16] floats. */
  together: usize;
}

/** Of a shard with many rows, so many are brought together at a time: in their own places, a power of two apart, they would leave the cache again. */
const rowsTogether: i32 = 256;
/** An odd number of cache lines behind another, so that rows do not meet in the cache. */
const togetherRow: usize = (128 + 16) << 2;
/** Where shards have few rows, those of some shards are, of so many units. */
const fewRows: i32 = 32;
const fewUnits: i32 = 32;
const fewRow: usize = 48 << 2;

/** What stays in the first-level cache while it is read again and again: 24 KiB. */
const mostAtOnce: usize = 24 << 10;

/**
 * @param dOutput [rows, units of the layer], from the block's first unit on
 * @param inputs [panels, rows of the batch, 16]
 * @param target [panels, wideUnits, 16]; rows beyond `units` become zero
 */
export function weightGradient(
  shape: WeightGradientShape,
  dOutput: usize,
  inputs: usize,
  panels: i32,
  units: i32,
  wideUnits: i32,
  target: usize,
): void {
  const product = shape.product;
  const panelBytes = (<usize>wideUnits) << 6;
  product.columns = panels << 4;
  product.cPanel = panelBytes;
  const bytes = <usize>panels * panelBytes;
  const most = mostRows(shape);
  const some = most <= fewRows ? shardsAtOnce(shape, <usize>most * fewRow) : 1;
  let top = shape.stack;
  for (let shard = 0, part = 0; shard < shape.shards; shard += some, part++) {
    const place = shape.shardRows + ((<usize>shard) << 3);
    const first = load<i32>(place);
    const rows = load<i32>(place, 4);
    const dRows = dOutput + first * product.aStep;
    if (rows <= fewRows)
      sumsOfFewRows(shape, dOutput, inputs, panels, units, shard, min(some, shape.shards - shard), top);
    else shardProduct(shape, dRows, inputs + ((<usize>first) << 6), rows, units, top);
    top = addNeighbours(top + bytes, part, bytes);
  }
  addRest(shape.stack, top, bytes);
  for (let panel = 0; panel < panels; panel++) {
    const offset = panel * panelBytes;
    copyPositiveZeros(shape.stack + offset, target + offset, (<usize>units) << 6);
  }
  fillRest(panels, units, wideUnits, target);
}

/** As many as the cache has room for, of `bytes` each: a power of two, so that they are a branch of the tree. */
@inline
function shardsAtOnce(shape: WeightGradientShape, bytes: usize): i32 {
  let some = 1;
  while (some < shape.shards && <usize>(2 * some) * bytes <= mostAtOnce) some *= 2;
  return some;
}

/** Of a shard. */
function mostRows(shape: WeightGradientShape): i32 {
  let rows = 1;
  for (let shard = 0; shard < shape.shards; shard++) {
    rows = max(rows, load<i32>(shape.shardRows + ((<usize>shard) << 3), 4));
  }
  return rows;
}

/** The sums over `count` shards from `shard` on: tile by tile, each by the whole branch of the tree. */
@inline
function sumsOfFewRows(
  shape: WeightGradientShape,
  dOutput: usize,
  inputs: usize,
  panels: i32,
  units: i32,
  shard: i32,
  count: i32,
  target: usize,
): void {
  const product = shape.product;
  const shardRows = shape.shardRows + ((<usize>shard) << 3);
  let first = i32.MAX_VALUE;
  let end = 0;
  for (let at = shardRows; at < shardRows + ((<usize>count) << 3); at += 8) {
    const rows = load<i32>(at, 4);
    if (rows === 0) continue;
    first = min(first, load<i32>(at));
    end = max(end, load<i32>(at) + rows);
  }
  // What waits for its neighbour in the tree lies behind the block.
  const stack = target + <usize>panels * product.cPanel;
  for (let unit = 0; unit < units; unit += fewUnits) {
    const some = min(fewUnits, units - unit);
    for (let row = first; row < end; row++) {
      const from = dOutput + row * product.aStep + ((<usize>unit) << 2);
      copyFloats(shape.together + <usize>(row - first) * fewRow, from, (<usize>some) << 2);
    }
    const rows = shape.together - first * fewRow;
    for (let panel = 0; panel < panels; panel++) {
      const to = target + panel * product.cPanel + ((<usize>unit) << 6);
      sumsOfPanel(rows, inputs + panel * shape.inputPanel, some, shardRows, count, stack, to);
    }
  }
}

/** Of one panel of inputs and the units that are together, in tiles of nearly equal height. */
@inline
function sumsOfPanel(
  rows: usize,
  inputs: usize,
  units: i32,
  shardRows: usize,
  shards: i32,
  stack: usize,
  target: usize,
): void {
  const rowBytes: usize = tileColumns << 2;
  for (let tiles = (units + tileRows - 1) / tileRows; tiles > 0; tiles--) {
    const height = (units + tiles - 1) / tiles;
    const bytes = <usize>height * rowBytes;
    for (let offset: usize = 0; offset < 64; offset += rowBytes) {
      const top = treeTile(height, fewRow, rows, inputs + offset, shardRows, shards, stack);
      addRest(stack, top, bytes);
      for (let row = 0; row < height; row++) {
        copyFloats(target + offset + ((<usize>row) << 6), stack + <usize>row * rowBytes, rowBytes);
      }
    }
    rows += (<usize>height) << 2;
    target += (<usize>height) << 6;
    units -= height;
  }
}

/** The part of a shard. */
@inline
function shardProduct(
  shape: WeightGradientShape,
  dOutput: usize,
  inputs: usize,
  rows: i32,
  units: i32,
  target: usize,
): void {
  const product = shape.product;
  const step = product.aStep;
  product.initRow = 0;
  product.initPanel = 0;
  product.aStep = togetherRow;
  let init = shape.zeros;
  for (let row = 0; row < rows; row += rowsTogether) {
    const some = min(rowsTogether, rows - row);
    for (let line = 0; line < some; line++) {
      copyFloats(shape.together + line * togetherRow, dOutput, (<usize>units) << 2);
      dOutput += step;
    }
    product.length = some;
    matmulAcross(product, shape.together, inputs, init, target, units);
    inputs += (<usize>some) << 6;
    // Sums go on.
    init = target;
    product.initRow = product.cRow;
    product.initPanel = product.cPanel;
  }
  product.aStep = step;
}

/**
 * The same, skipping the zeros of dOutput, unit by unit; of so many shards at a time as the cache holds the inputs of.
 * @param lists of the block's units; those of a shard begin at its first row
 * @param counts [units, shards]
 */
export function weightGradientSkipping(
  shape: WeightGradientShape,
  lists: usize,
  counts: usize,
  inputs: usize,
  panels: i32,
  units: i32,
  wideUnits: i32,
  target: usize,
): void {
  const rowBytes = (<usize>panels) << 6;
  const bytes = <usize>units * rowBytes;
  const some = shardsAtOnce(shape, <usize>mostRows(shape) * rowBytes);
  let top = shape.stack;
  for (let first = 0, part = 0; first < shape.shards; first += some, part++) {
    sumsOfShards(shape, lists, counts, inputs, panels, units, first, min(some, shape.shards - first), top);
    top = addNeighbours(top + bytes, part, bytes);
  }
  addRest(shape.stack, top, bytes);
  for (let unit = 0; unit < units; unit++) {
    const from = shape.stack + <usize>unit * rowBytes;
    const to = target + ((<usize>unit) << 6);
    for (let panel = 0; panel < panels; panel++) {
      copyPositiveZeros(from + ((<usize>panel) << 6), to + ((<usize>(panel * wideUnits)) << 6), 64);
    }
  }
  fillRest(panels, units, wideUnits, target);
}

/** Of `count` shards from `first` on: [units, panels, 16] */
@inline
function sumsOfShards(
  shape: WeightGradientShape,
  lists: usize,
  counts: usize,
  inputs: usize,
  panels: i32,
  units: i32,
  first: i32,
  count: i32,
  target: usize,
): void {
  const rowBytes = (<usize>panels) << 6;
  const starts = shape.shardRows + ((<usize>first) << 3);
  counts += (<usize>first) << 2;
  for (let unit = 0; unit < units; unit++) {
    // What waits for its neighbour lies behind the row's own place.
    const top = skippingTree(
      panels,
      lists,
      starts,
      counts,
      count,
      inputs,
      shape.inputPanel,
      shape.zeros,
      target,
    );
    addRest(target, top, rowBytes);
    target += rowBytes;
    lists += shape.listBytes;
    counts += (<usize>shape.shards) << 2;
  }
}

/** The part of a shard is finished and with it, for each 1 at the end of the shard's number, one more pair. @returns the new top */
@inline
function addNeighbours(top: usize, shard: i32, bytes: usize): usize {
  for (; shard & 1; shard >>= 1) {
    top -= bytes;
    addFloats(top - bytes, top, bytes);
  }
  return top;
}

/** What has no neighbour is added to the left, the last one first: in the tree it moved up as it was. */
@inline
function addRest(stack: usize, top: usize, bytes: usize): void {
  for (top -= bytes; top > stack; top -= bytes) addFloats(top - bytes, top, bytes);
}

/** Rows beyond the last unit are zero. */
@inline
function fillRest(panels: i32, units: i32, wideUnits: i32, target: usize): void {
  if (units === wideUnits) return;
  for (let panel = 0; panel < panels; panel++) {
    memory.fill(target + ((<usize>(panel * wideUnits + units)) << 6), 0, (<usize>(wideUnits - units)) << 6);
  }
}
