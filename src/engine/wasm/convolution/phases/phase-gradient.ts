import { panelBytes, panelWidth } from '../../../../kernels/panels.ts';
import { matmulShapeLayout } from '../../../../kernels/structs.ts';
import type { Arena } from '../../operation/arena.ts';
import type { Pass, WeightGradient } from '../../operation/operation.ts';
import type { PackedParameter } from '../../operation/packing.ts';
import type { Compiler } from '../../operation/row.ts';
import { groupShards, groupsOf, type ImageRange } from '../images/image-groups.ts';
import type { WindowGrid } from '../images/window-grid.ts';
import { gaussProduct, isRealBin, multiplyBin } from './gauss-products.ts';
import { binsOf, type PhasePlan } from './phase-plan.ts';
import { compilePhase, oddLines, rowsOf, type SpectraLayout } from './phase-shapes.ts';

/** Spectra in the memory of the batch. */
export interface LeftSpectra {
  readonly layout: SpectraLayout;
  readonly address: number;
}

/**
 * The gradient of the kernel in the update phase: in each bin
 *
 *   dKernel[row, filter] = sum over the tiles of a group's images of image[tile, row] * conj(grid[tile, filter])
 *
 * and the groups of shards by the tree, as in over-images/kernel-gradient.ts.
 */
export function phaseGradient(
  { windows, plan }: { readonly windows: WindowGrid; readonly plan: PhasePlan },
  layer: string,
  kernel: PackedParameter,
  left: { readonly images: LeftSpectra; readonly grids: LeftSpectra },
  { arena, sizes }: Pick<Compiler, 'arena' | 'sizes'>,
): WeightGradient {
  const { points } = plan;
  const rows = rowsOf(windows, plan);
  const panels = left.grids.layout.width / panelWidth;
  const phases = plan.phases.map((phase) => compilePhase(windows, plan, phase, arena));
  const shardsOfGroup = groupShards(sizes);
  const groups = Math.ceil(sizes.shards / shardsOfGroup);
  const part = rows * panelBytes;
  const bins = binSums(plan, left, rows, { arena, most: sizes.batchSize * plan.tiles.length });
  const tile = arena.floats(points * points * 8);
  const panelFloats = kernel.rows * panelWidth;
  const sum = arena.floats(panelFloats);
  const [binBytes, wholeBin] = [panels * 2 * part, oddLines(panels * 2 * part)];
  const treeBytes = Math.ceil(groups / 2) * binBytes;
  const bytesOfAll = bins.scratchBytes + groups * binBytes + treeBytes + binsOf(points) * wholeBin;
  const scratch = arena.shared(bytesOfAll / 4);
  return {
    layer,
    groupShards: shardsOfGroup,
    sum(pass, request, apply) {
      const { kernels } = pass;
      const border = (index: number) => Math.floor((panels * index) / request.parts);
      const [first, count] = [border(request.part), border(request.part + 1) - border(request.part)];
      const floats = (count * 2 * part) / 4;
      const ranges = groupsOf(request, shardsOfGroup);
      const sums = scratch() + bins.scratchBytes;
      const tree = sums + groups * binBytes;
      const whole = tree + treeBytes;
      for (let bin = 0; bin < binsOf(points); bin++) {
        for (const [index, group] of ranges.entries())
          bins.sum(pass, bin, group, { first, count }, scratch(), sums + index * floats * 4);
        const ofBin = whole + bin * wholeBin;
        // Of up to two groups the tree takes no more room than their sum.
        const to = ranges.length <= 2 ? ofBin : tree;
        kernels.treeSum(sums, floats * 4, ranges.length, floats, to);
        if (to === tree) kernels.copyRows(tree, 0, ofBin, 0, floats * 4, 1);
      }
      for (let panel = 0; panel < count; panel++) {
        for (const [index, { shape, offset }] of phases.entries()) {
          const from = whole + panel * 2 * part + (index * part) / phases.length;
          kernels.kernelOfSpectrum(shape, from, panelBytes, wholeBin, part, tile, sum + offset);
        }
        const block = kernel.offset / 4 + (first + panel) * panelFloats;
        apply({ first: block, floats: panelFloats, sum });
      }
    },
  };
}

/** One bin of a group's images, of some panels of filters: [panels, 2 (re, im), rows, 16]. */
function binSums(
  { points, tiles: { length: tiles } }: PhasePlan,
  { images, grids }: { readonly images: LeftSpectra; readonly grids: LeftSpectra },
  rows: number,
  { arena, most }: { readonly arena: Arena; readonly most: number },
) {
  const part = rows * panelBytes;
  const aRow = images.layout.rowBytes;
  const product = gaussProduct(
    { aRow: 4, aStep: aRow, cRow: panelBytes, cPanel: 2 * part, columns: 0 },
    { aRow, a: images.layout.width * 4, b: 0, c: part },
    arena,
  );
  const packedBytes = 3 * most * grids.layout.width * 4;
  return {
    scratchBytes: packedBytes + most * aRow,
    sum(
      { kernels, ints }: Pick<Pass, 'kernels' | 'ints'>,
      bin: number,
      group: ImageRange,
      panels: ImageRange,
      scratch: number,
      target: number,
    ): void {
      const [from, length] = [group.first * tiles, group.count * tiles];
      const rowOf = ({ address, layout }: LeftSpectra) =>
        address + bin * layout.binBytes + from * layout.rowBytes;
      const [{ rowBytes, width }, b] = [grids.layout, length * panelBytes];
      const values = rowOf(grids) + panels.first * panelBytes;
      kernels.packGaussParts(values, rowBytes, width * 4, panels.count, length, scratch);
      const sizes = { length, depth: length, columns: panels.count * panelWidth, bPanel: 3 * b };
      for (const shape of [product.first, product.next])
        for (const name of ['length', 'depth', 'columns', 'bPanel'] as const)
          ints[(shape + matmulShapeLayout.offsets[name]) / 4] = sizes[name];
      multiplyBin(
        kernels,
        'matmulAcross',
        { ...product, parts: { ...product.parts, b } },
        {
          ...{ a: rowOf(images), b: scratch, c: target },
          ...{ sums: scratch + packedBytes, storedRows: length, rows },
        },
        isRealBin(bin, points),
      );
    },
  };
}
