/** Strides in bytes and counts of a matrix product; kernels/assembly/matmul-shape.ts says what each is. */
export interface MatmulShape {
  readonly aRow?: number;
  readonly aStep?: number;
  readonly aSegment?: number;
  readonly aOuter?: number;
  readonly bStep?: number;
  readonly bSegment?: number;
  readonly bPanel?: number;
  readonly initRow?: number;
  readonly initPanel?: number;
  readonly initOuter?: number;
  readonly cRow?: number;
  readonly cPanel?: number;
  readonly cOuter?: number;
  readonly columns: number;
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
  'bStep',
  'bSegment',
  'bPanel',
  'initRow',
  'initPanel',
  'initOuter',
  'cRow',
  'cPanel',
  'cOuter',
  'columns',
  'segments',
  'length',
  'outer',
  'edge',
] as const satisfies readonly (keyof MatmulShape)[];

/** What a field is where it is not given: strides that are never walked are 0, counts are 1. */
const once: ReadonlySet<string> = new Set(['segments', 'length', 'outer']);

/** The values of a shape as the kernel reads them. */
export const matmulShapeFields = (shape: MatmulShape): number[] =>
  fields.map((field) => shape[field] ?? (once.has(field) ? 1 : 0));

/** Index of `length` within the fields: how many k's, where it depends on the number of examples. */
export const lengthField = fields.indexOf('length');

export function writeMatmulShape(ints: Int32Array, address: number, shape: MatmulShape): void {
  ints.set(matmulShapeFields(shape), address / 4);
}
