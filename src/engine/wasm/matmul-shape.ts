/** Strides in bytes and counts of a matrix product; kernels/assembly/matmul-shape.ts says what each is. */
export interface MatmulShape {
  readonly aRow?: number;
  readonly aStep?: number;
  readonly aSegment?: number;
  readonly aOuter?: number;
  readonly bPanel?: number;
  readonly initRow?: number;
  readonly initPanel?: number;
  readonly initOuter?: number;
  readonly cRow?: number;
  readonly cPanel?: number;
  readonly cOuter?: number;
  readonly columns: number;
  readonly depth?: number;
  readonly segments?: number;
  readonly length?: number;
  readonly outer?: number;
  readonly edge?: number;
}

/** In the order of the AssemblyScript class. */
const fields = [
  'aRow',
  'aStep',
  'aSegment',
  'aOuter',
  'bPanel',
  'initRow',
  'initPanel',
  'initOuter',
  'cRow',
  'cPanel',
  'cOuter',
  'columns',
  'depth',
  'segments',
  'length',
  'outer',
  'edge',
] as const satisfies readonly (keyof MatmulShape)[];

/** What a field is where it is not given: strides that are never walked are 0, counts are 1. */
const once: ReadonlySet<string> = new Set(['segments', 'length', 'outer']);

/** The values of a shape as the kernel reads them; `depth` follows from segments and length where it is not given. */
export const matmulShapeFields = (shape: MatmulShape): number[] =>
  fields.map((field) => shape[field] ?? (once.has(field) ? 1 : field === 'depth' ? depthOf(shape) : 0));

/** k's of a segment of B that stays in the first-level cache: 16 KiB a panel. */
const segmentLength = 256;

/** A product over `depth` neighbouring k's, cut into segments. */
export const cutDepth = (depth: number) => ({
  depth,
  segments: Math.ceil(depth / segmentLength),
  length: Math.min(depth, segmentLength),
  aSegment: segmentLength * 4,
});

const depthOf = ({ segments = 1, length = 1 }: MatmulShape): number => segments * length;

export function writeMatmulShape(ints: Int32Array, address: number, shape: MatmulShape): void {
  ints.set(matmulShapeFields(shape), address / 4);
}
