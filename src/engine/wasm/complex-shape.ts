/** Strides in bytes and counts of complex products; kernels/assembly/complex-shape.ts says what each is. */
export interface ComplexShape {
  readonly bins: number;
  readonly aRow: number;
  readonly aStep: number;
  readonly aImaginary: number;
  readonly aBin: number;
  readonly bStep: number;
  readonly bImaginary: number;
  readonly bPanel: number;
  readonly bBin: number;
  readonly cRow: number;
  readonly cImaginary: number;
  readonly cPanel: number;
  readonly cBin: number;
  readonly panels: number;
  readonly length: number;
  readonly zeros: number;
}

/** In the order of the AssemblyScript class. */
const fields = [
  'bins',
  'aRow',
  'aStep',
  'aImaginary',
  'aBin',
  'bStep',
  'bImaginary',
  'bPanel',
  'bBin',
  'cRow',
  'cImaginary',
  'cPanel',
  'cBin',
  'panels',
  'length',
  'zeros',
] as const satisfies readonly (keyof ComplexShape)[];

export const complexShapeFields = (shape: ComplexShape): number[] => fields.map((field) => shape[field]);

/** Where `length` stands, for sums over the examples of a shard. */
export const complexLengthField = fields.indexOf('length');
