import type { Kernels } from '../../../kernels/kernels.ts';
import { matmulShape } from '../../../kernels/matmul-shape.ts';
import { panelBytes, panelWidth, roundUp } from '../../../kernels/panels.ts';
import { matmulShapeLayout, weightGradientShapeLayout } from '../../../kernels/structs.ts';
import type { DenseLayer } from '../../../model/network.ts';
import type { BatchRegion, ShardRange } from '../../engine.ts';
import type { Arena } from '../operation/arena.ts';
import type { Pass, PassShard, ProgramSizes, WeightGradient } from '../operation/operation.ts';
import type { PackedWideKernel } from '../operation/packing.ts';
import { entryFloats, isWorthSkipping } from './zeros.ts';

/** A product of each of `rows` rows of an example, [inputs], with a kernel, [inputs, units]. */
export type DenseProduct = Pick<DenseLayer, 'name' | 'rows' | 'inputs' | 'units'>;

/** What a product leaves in the memory of the batch for the gradient of its kernel. */
export interface DenseBatch {
  /** Rows of all examples of a batch. */
  readonly rows: number;
  /** [inputs / 16, rows, 16] */
  readonly inputs: number;
  /** [rows, units] */
  readonly dOutputs: number;
  /** Bytes from one row of these to the next. */
  readonly dOutputRow: number;
  /** Absent where next to none is zero. */
  readonly zeros?: ZeroLists;
}

/** What of the outputs' gradients is not zero. */
interface ZeroLists {
  /** [units, rows] entries (kernels/assembly/nonzeros.ts); those of a shard begin at its first row. */
  readonly lists: number;
  /** Bytes from one list to the next. */
  readonly listBytes: number;
  /** [units, shards] Int32: how many entries each list of a shard has. */
  readonly counts: number;
  /** [shards] Int32: how many of the shard's dOutputs are not zero; -1: one is not finite. */
  readonly nonzeros: number;
}

/** @param listsZeros whether some of the outputs' gradients may be zero */
export function denseBatch(
  layer: DenseProduct,
  sizes: ProgramSizes,
  batch: Arena,
  listsZeros: boolean,
): DenseBatch {
  const rows = sizes.batchSize * layer.rows;
  return {
    rows,
    inputs: batch.floats(rows * roundUp(layer.inputs)),
    dOutputs: batch.floats(rows * layer.units),
    dOutputRow: layer.units * 4,
    ...(listsZeros ? { zeros: zeroLists(layer, rows, sizes, batch) } : {}),
  };
}

function zeroLists({ units }: DenseProduct, rows: number, { shards }: ProgramSizes, batch: Arena): ZeroLists {
  const listFloats = apart(rows * entryFloats);
  return {
    lists: batch.floats(units * listFloats),
    listBytes: listFloats * 4,
    counts: batch.floats(units * shards),
    nonzeros: batch.floats(shards),
  };
}

/** The same by examples and shards. */
export function denseRegions(
  { rows, inputs, units }: DenseProduct,
  batch: DenseBatch,
  { shards }: Pick<ProgramSizes, 'shards'>,
): BatchRegion[] {
  const one = { runs: 1, runBytes: 0 };
  const byExample = { of: 'example' } as const;
  const panels = { runs: roundUp(inputs) / panelWidth, runBytes: batch.rows * panelBytes };
  const { zeros } = batch;
  return [
    { offset: batch.inputs, ...panels, ...byExample, bytes: rows * panelBytes },
    { offset: batch.dOutputs, ...one, ...byExample, bytes: rows * batch.dOutputRow },
    ...(zeros === undefined
      ? []
      : ([
          ...[
            {
              offset: zeros.lists,
              runs: units,
              runBytes: zeros.listBytes,
              ...byExample,
              bytes: rows * entryBytes,
            },
          ],
          ...[{ offset: zeros.counts, runs: units, runBytes: shards * 4, of: 'shard', bytes: 4 }],
          ...[{ offset: zeros.nonzeros, ...one, of: 'shard', bytes: 4 }],
        ] as const)),
  ];
}

const entryBytes = entryFloats * 4;

/** An odd number of cache lines: what lies so far apart does not meet in the cache. */
const apart = (floats: number): number => (Math.ceil(floats / panelWidth) | 1) * panelWidth;

/** Leaves rows of inputs, from the batch's row `row` on. */
export function leaveInputs(
  kernels: Kernels,
  { inputs }: DenseProduct,
  batch: DenseBatch,
  { from, row, rows }: { readonly from: number; readonly row: number; readonly rows: number },
): void {
  kernels.packPanels(from, batch.inputs + row * panelBytes, rows, inputs, batch.rows * panelBytes);
}

/** Lists what is not zero in a shard's gradients of outputs, which have been left. */
export function listOutputGradients(
  { kernels, ints }: Pick<Pass, 'kernels' | 'ints'>,
  product: DenseProduct,
  batch: DenseBatch,
  { index, batchFirst, count }: PassShard,
  shards: number,
): void {
  if (batch.zeros === undefined) return;
  const { lists, listBytes, counts, nonzeros } = batch.zeros;
  const row = batchFirst * product.rows;
  ints[nonzeros / 4 + index] = kernels.listByColumn(
    batch.dOutputs + row * product.units * 4,
    count * product.rows,
    product.units,
    row * panelBytes,
    lists + row * entryFloats * 4,
    listBytes,
    counts + index * 4,
    shards * 4,
  );
}

/** Panels and units of a block at most: its sum of 48 KiB stays in the cache until it is applied. */
const blockPanels = 6;
const blockUnits = 128;

/** Rows of outputs' gradients that are brought together at once, and floats from one to the next (kernels/assembly/weight-gradient.ts). */
const rowsTogether = 256;
const togetherRow = blockUnits + panelWidth;

/** @param firstUnit where the product's units begin among those of the kernel */
export function weightGradient(
  layer: DenseProduct,
  kernel: PackedWideKernel,
  batch: DenseBatch,
  { shards }: ProgramSizes,
  arena: Arena,
  firstUnit = 0,
): WeightGradient {
  const { inputs, units } = layer;
  const product = arena.struct(
    matmulShapeLayout,
    matmulShape({
      aRow: 4,
      aStep: batch.dOutputRow,
      bPanel: batch.rows * panelBytes,
      cRow: panelBytes,
      columns: 0,
    }),
  );
  const shardRows = arena.floats(2 * shards);
  // With its padding a last block may be wider.
  const blockFloats = blockPanels * (blockUnits + panelWidth) * panelWidth;
  const block = arena.floats(blockFloats);
  const levels = Math.ceil(Math.log2(shards)) + 1;
  const stack = arena.floats((levels + 1) * blockFloats);
  const inputPanel = batch.rows * panelBytes;
  const listBytes = batch.zeros?.listBytes ?? 0;
  const shape = arena.struct(weightGradientShapeLayout, {
    ...{ product, shards, shardRows, inputPanel, listBytes },
    ...{ zeros: arena.zeros, stack, together: arena.floats(rowsTogether * togetherRow) },
  });
  const panelFloats = roundUp(kernel.units) * panelWidth;

  /** Of all shards that have rows: the others' entries are those of an earlier step. */
  const skipsZeros = ({ nonzeros }: ZeroLists, ints: Int32Array, ranges: readonly ShardRange[]): boolean => {
    const filled = ranges.filter(({ count }) => count > 0);
    const rows = filled.reduce((sum, { count }) => sum + count, 0) * layer.rows;
    const counted = filled.map(({ index }) => ints[nonzeros / 4 + index]);
    return isWorthSkipping(counted, rows * units);
  };

  return {
    layer: layer.name,
    sum({ kernels, ints }, { shards: ranges, part, parts }, apply) {
      for (const { index, first, count } of ranges)
        ints.set([first * layer.rows, count * layer.rows], shardRows / 4 + 2 * index);
      const { zeros } = batch;
      const skipped = zeros && skipsZeros(zeros, ints, ranges) ? zeros : undefined;
      eachGroup(roundUp(inputs) / panelWidth, part, parts, (panel, panels) => {
        for (let unit = 0; unit < units; unit += blockUnits) {
          const some = Math.min(blockUnits, units - unit);
          const end = firstUnit + unit + some;
          // Behind the kernel's last unit there is padding.
          const wide = (end === kernel.units ? roundUp(end) : end) - firstUnit - unit;
          const blockInputs = batch.inputs + panel * inputPanel;
          if (skipped !== undefined) {
            const lists = skipped.lists + unit * listBytes;
            const counts = skipped.counts + unit * shards * 4;
            kernels.weightGradientSkipping(shape, lists, counts, blockInputs, panels, some, wide, block);
          } else {
            const dOutputs = batch.dOutputs + unit * 4;
            kernels.weightGradient(shape, dOutputs, blockInputs, panels, some, wide, block);
          }
          for (let row = 0; row < panels; row++)
            apply({
              first: kernel.offset / 4 + (panel + row) * panelFloats + (firstUnit + unit) * panelWidth,
              floats: wide * panelWidth,
              sum: block + row * wide * panelBytes,
            });
        }
      });
    },
  };
}

/** The panels of a part, in groups of nearly equal size. */
function eachGroup(
  panels: number,
  part: number,
  parts: number,
  visit: (first: number, count: number) => void,
): void {
  const start = Math.floor((panels * part) / parts);
  const end = Math.floor((panels * (part + 1)) / parts);
  const groups = Math.ceil((end - start) / blockPanels);
  const border = (group: number) => start + Math.floor(((end - start) * group) / groups);
  for (let group = 0; group < groups; group++) visit(border(group), border(group + 1) - border(group));
}
