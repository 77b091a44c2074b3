import type { DenseLayer } from '../../model/network.ts';
import type { DeferredRequest, GradientBlock, ShardRange } from '../engine.ts';
import type { Arena } from './arena.ts';
import type { Kernels } from './kernels.ts';
import { matmulShapeFields } from './matmul-shape.ts';
import type { ProgramSizes } from './operation.ts';
import type { PackedWideKernel } from './packing.ts';
import { panelBytes, panelWidth, roundUp } from './panels.ts';
import { entryFloats, isWorthSkipping } from './zeros.ts';

/** What a dense layer leaves in the memory of the batch for the gradient of its kernel. */
export interface DenseBatch {
  /** Rows of all examples of a batch. */
  readonly rows: number;
  /** [inputs / 16, rows, 16] */
  readonly inputs: number;
  /** [rows, units] */
  readonly dOutputs: number;
  /** [units, rows] entries (kernels/assembly/nonzeros.ts); those of a shard begin at its first row. */
  readonly lists: number;
  /** [units, shards] Int32: how many entries each list of a shard has. */
  readonly counts: number;
  /** [shards] Int32: how many of the shard's dOutputs are not zero; -1: one is not finite. */
  readonly nonzeros: number;
}

export function denseBatch(layer: DenseLayer, { batchSize, shards }: ProgramSizes, batch: Arena): DenseBatch {
  const rows = batchSize * layer.rows;
  return {
    rows,
    inputs: batch.floats(rows * roundUp(layer.inputs)),
    dOutputs: batch.floats(rows * layer.units),
    lists: batch.floats(layer.units * rows * entryFloats),
    counts: batch.floats(layer.units * shards),
    nonzeros: batch.floats(shards),
  };
}

/** The gradient of a dense layer's kernel, without slots: computed in the update phase, by ranges of the inputs. */
export interface WeightGradient {
  /** The layer's name. */
  readonly layer: string;
  /** Calls `apply` with each block of the sum over the batch, for part `part` of `parts` of the kernel. */
  sum(
    kernels: Kernels,
    ints: Int32Array,
    request: DeferredRequest,
    apply: (block: GradientBlock) => void,
  ): void;
}

/** Panels and units of a block at most: its sum of 48 KiB stays in the cache until it is applied. */
const blockPanels = 6;
const blockUnits = 128;

export function weightGradient(
  layer: DenseLayer,
  kernel: PackedWideKernel,
  batch: DenseBatch,
  { shards }: ProgramSizes,
  arena: Arena,
): WeightGradient {
  const { inputs, units } = layer;
  const product = arena.table(
    matmulShapeFields({
      aRow: 4,
      aStep: units * 4,
      bPanel: batch.rows * panelBytes,
      cRow: panelBytes,
      columns: 0,
    }),
  );
  const shardRows = arena.table(Array.from({ length: 2 * shards }, () => 0));
  const block = arena.floats(blockPanels * blockUnits * panelWidth);
  const levels = Math.ceil(Math.log2(shards)) + 1;
  const stack = arena.floats((levels + 1) * blockPanels * blockUnits * panelWidth);
  const inputPanel = batch.rows * panelBytes;
  const listBytes = batch.rows * entryFloats * 4;
  const shape = arena.table([product, shards, shardRows, inputPanel, listBytes, arena.zeros, stack]);
  const panelFloats = roundUp(units) * panelWidth;

  /** Of all shards that have rows: the others' entries are those of an earlier step. */
  const skipsZeros = (ints: Int32Array, ranges: readonly ShardRange[]): boolean => {
    const filled = ranges.filter(({ count }) => count > 0);
    const rows = filled.reduce((sum, { count }) => sum + count, 0) * layer.rows;
    const nonzeros = filled.map(({ index }) => ints[batch.nonzeros / 4 + index]);
    return isWorthSkipping(nonzeros, rows * units);
  };

  return {
    layer: layer.name,
    sum(kernels, ints, { shards: ranges, part, parts }, apply) {
      for (const { index, first, count } of ranges)
        ints.set([first * layer.rows, count * layer.rows], shardRows / 4 + 2 * index);
      const skips = skipsZeros(ints, ranges);
      eachGroup(roundUp(inputs) / panelWidth, part, parts, (panel, panels) => {
        for (let unit = 0; unit < units; unit += blockUnits) {
          const some = Math.min(blockUnits, units - unit);
          const wide = roundUp(some);
          const blockInputs = batch.inputs + panel * inputPanel;
          if (skips) {
            const lists = batch.lists + unit * listBytes;
            const counts = batch.counts + unit * shards * 4;
            kernels.weightGradientSkipping(shape, lists, counts, blockInputs, panels, some, wide, block);
          } else {
            const dOutputs = batch.dOutputs + unit * 4;
            kernels.weightGradient(shape, dOutputs, blockInputs, panels, some, wide, block);
          }
          for (let row = 0; row < panels; row++)
            apply({
              first: kernel.offset / 4 + (panel + row) * panelFloats + unit * panelWidth,
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
