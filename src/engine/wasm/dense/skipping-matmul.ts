import { skippingPanels } from '../../../kernels/generators/skipping-tile.ts';
import type { Kernels } from '../../../kernels/kernels.ts';
import { cutDepth, type MatmulRequest, matmulShape } from '../../../kernels/matmul-shape.ts';
import { panelBytes, panelWidth, roundUp } from '../../../kernels/panels.ts';
import { matmulShapeLayout } from '../../../kernels/structs.ts';
import type { Arena } from '../operation/arena.ts';
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
  /** Address of a tile of scratch, for a last panel that is narrow. */
  readonly edge: number;
  /** Scratch for `listFloats` of as many rows as a call has at most. */
  readonly lists: number;
  /** Scratch for `segmentFloats` of the depth. */
  readonly segment: number;
  /** Whether B is [depth / 16, columns, 16] instead of [columns / 16, depth, 16]. `bPanel` is from panel to panel of it. */
  readonly transposed: boolean;
}

/** What the lists of `rows` rows of A take. */
export const listFloats = (rows: number, depth: number): number =>
  rows * (depth * entryFloats + cutDepthForSkipping(depth).segments + 1);

/** What is brought into scratch at once of a B with `depth` rows: a panel of it, or a segment of some panels. */
export const segmentFloats = (depth: number): number =>
  Math.max(roundUp(depth), skippingPanels * roundUp(cutDepthForSkipping(depth).length)) * panelWidth;

/** With fewer, the lists take more time than the products. */
const fewestColumns = panelWidth;

export function skippingMatmul(request: SkippingMatmulRequest, arena: Arena): SkippingMatmul {
  const { depth, columns, bPanel, initPanel, edge, lists, segment, transposed } = request;
  const common: MatmulRequest = { bPanel, initPanel, cRow: columns * 4, cPanel: panelBytes, columns, edge };
  const wholeShape = arena.struct(
    matmulShapeLayout,
    matmulShape({ ...common, aRow: depth * 4, ...cutDepth(depth) }),
  );
  const segments = cutDepthForSkipping(depth);
  const skippingShape = arena.struct(matmulShapeLayout, matmulShape({ ...common, ...segments }));
  const boundsOf = (rows: number) => lists + rows * depth * entryFloats * 4;
  /** Lists what is not zero; tells whether that pays. */
  const isListed = (kernels: Kernels, a: number, rows: number) => {
    const { length } = segments;
    const nonzeros = kernels.listByRow(a, rows, depth, length, panelBytes, lists, boundsOf(rows));
    return isWorthSkipping([nonzeros], rows * depth);
  };
  return (kernels, a, b, init, c, rows) => {
    if (columns >= fewestColumns && isListed(kernels, a, rows))
      kernels.matmulSkipping(skippingShape, boundsOf(rows), b, transposed, init, c, rows, segment);
    else if (transposed) kernels.matmulTransposed(wholeShape, a, b, init, c, rows, segment);
    else kernels.matmul(wholeShape, a, b, init, c, rows);
    kernels.positiveZeros(c, rows * columns);
  };
}
