import type { Parameter } from '../../../model/layer-base.ts';

/** Columns [from, from + count) of a weight [rows, columns] in the flat array of parameters, or in that of gradients. */
export interface Columns {
  readonly weight: Parameter;
  readonly from: number;
  readonly count: number;
}

/** sums[c] += sum over r of vector[r] * weight[r, from + c] */
export function addProduct(
  sums: Float64Array,
  vector: Float64Array,
  parameters: Float64Array,
  columns: Columns,
): void {
  eachElement(vector.length, columns, (r, c, at) => {
    sums[c] += vector[r] * parameters[at];
  });
}

/** Of the product above: dVector[r] += dSums[c] * weight[r, from + c], and dWeight[r, from + c] += vector[r] * dSums[c]. */
export function addProductGradients(
  vector: Float64Array,
  dSums: Float64Array,
  parameters: Float64Array,
  columns: Columns,
  dVector: Float64Array,
  dParameters: Float64Array,
): void {
  eachElement(vector.length, columns, (r, c, at) => {
    dVector[r] += dSums[c] * parameters[at];
    dParameters[at] += vector[r] * dSums[c];
  });
}

function eachElement(
  rows: number,
  { weight, from, count }: Columns,
  visit: (row: number, column: number, at: number) => void,
): void {
  const width = weight.size / rows;
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < count; c++) visit(r, c, weight.offset + r * width + from + c);
}
