import { panelWidth } from './panels.ts';
import type { MatmulShape } from './structs.ts';
import { kernelVariants } from './variants.ts';

/** What is not given of a matrix product: strides that are never walked are 0, counts are 1. */
export type MatmulRequest = Partial<MatmulShape> & Pick<MatmulShape, 'columns'>;

/** `depth` follows from segments and length where it is not given. */
export const matmulShape = ({ segments = 1, length = 1, ...given }: MatmulRequest): MatmulShape => ({
  ...{ aRow: 0, aStep: 0, aSegment: 0, aOuter: 0, bPanel: 0 },
  ...{ initRow: 0, initPanel: 0, initOuter: 0, cRow: 0, cPanel: 0, cOuter: 0 },
  ...{ depth: segments * length, outer: 1, edge: 0 },
  ...given,
  segments,
  length,
});

/** k's of a segment of B that stays in the first-level cache: 16 KiB a panel. */
const segmentLength = 256;

/** A product over `depth` neighbouring k's, cut into segments. */
export const cutDepth = (depth: number) => ({
  depth,
  segments: Math.ceil(depth / segmentLength),
  length: Math.min(depth, segmentLength),
  aSegment: segmentLength * 4,
});

/** Floats of `edge`: the highest tile's of all builds. */
export const edgeFloats =
  Math.max(...kernelVariants.flatMap(({ tileRows, narrowRows }) => [tileRows, narrowRows])) * panelWidth;
