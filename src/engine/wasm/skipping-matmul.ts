import type { Arena } from './arena.ts';
import type { Kernels } from './kernels.ts';
import { cutDepth, type MatmulShape, matmulShapeFields } from './matmul-shape.ts';
import { panelBytes } from './panels.ts';
import { cutDepthForSkipping, entryFloats, isWorthSkipping } from './zeros.ts';

/** C = init + A B, [rows, depth] times [depth, columns]: skips the zeros of A where there are enough, with the same bits. */
export type SkippingMatmul = (
  kernels: Kernels,
  a: number,
  b: number,
  init: number,
  c: number,
  rows: number,
) => void;

export interface SkippingMatmulRequest {
  readonly depth: number;
  readonly columns: number;
  readonly bPanel: number;
  readonly initPanel: number;
  /** Address of a panel of scratch for a tile's edge. */
  readonly edge: number;
  /** Scratch for `listFloats` of as many rows as a call has at most. */
  readonly lists: number;
}

/** What the lists of `rows` rows of A take. */
export const listFloats = (rows: number, depth: number): number =>
  rows * (depth * entryFloats + cutDepthForSkipping(depth).segments);

export function skippingMatmul(request: SkippingMatmulRequest, arena: Arena): SkippingMatmul {
  const { depth, columns, bPanel, initPanel, edge, lists } = request;
  const common: MatmulShape = { bPanel, initPanel, cRow: columns * 4, cPanel: panelBytes, columns, edge };
  const wholeShape = arena.table(matmulShapeFields({ ...common, aRow: depth * 4, ...cutDepth(depth) }));
  const segments = cutDepthForSkipping(depth);
  const skippingShape = arena.table(matmulShapeFields({ ...common, ...segments }));
  return (kernels, a, b, init, c, rows) => {
    const ends = lists + rows * depth * entryFloats * 4;
    const nonzeros = kernels.listByRow(a, rows, depth, segments.length, panelBytes, lists, ends);
    if (isWorthSkipping([nonzeros], rows * depth))
      kernels.matmulSkipping(skippingShape, lists, ends, b, init, c, rows);
    else kernels.matmul(wholeShape, a, b, init, c, rows);
    kernels.positiveZeros(c, rows * columns);
  };
}
