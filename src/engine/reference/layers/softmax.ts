import type { SoftmaxLayer } from '../../../model/network.ts';

/** Row by row: exp(x - m) / sum of exp(x - m), m the row's largest value. */
export function softmaxForward({ columns }: SoftmaxLayer, input: Float64Array): Float64Array {
  const output = new Float64Array(input.length);
  for (let row = 0; row < input.length; row += columns) {
    const values = input.subarray(row, row + columns);
    const exponentials = values.map((x) => Math.exp(x - Math.max(...values)));
    const sum = exponentials.reduce((total, value) => total + value, 0);
    for (let column = 0; column < columns; column++) output[row + column] = exponentials[column] / sum;
  }
  return output;
}

/** dInput[c] = y[c] (dOutput[c] - sum over the row of y dOutput) */
export function softmaxBackward(
  { columns }: SoftmaxLayer,
  output: Float64Array,
  dOutput: Float64Array,
): Float64Array {
  const dInput = new Float64Array(output.length);
  for (let row = 0; row < output.length; row += columns) {
    let along = 0;
    for (let c = row; c < row + columns; c++) along += output[c] * dOutput[c];
    for (let c = row; c < row + columns; c++) dInput[c] = output[c] * (dOutput[c] - along);
  }
  return dInput;
}

/** Row by row: x - m - log(sum of exp(x - m)), m the row's largest value. */
export function logSoftmaxForward({ columns }: SoftmaxLayer, input: Float64Array): Float64Array {
  const output = new Float64Array(input.length);
  for (let row = 0; row < input.length; row += columns) {
    const values = input.subarray(row, row + columns);
    const largest = Math.max(...values);
    const sum = values.reduce((total, x) => total + Math.exp(x - largest), 0);
    for (let c = row; c < row + columns; c++) output[c] = input[c] - largest - Math.log(sum);
  }
  return output;
}

/** dInput[c] = dOutput[c] - exp(y[c]) * sum over the row of dOutput */
export function logSoftmaxBackward(
  { columns }: SoftmaxLayer,
  output: Float64Array,
  dOutput: Float64Array,
): Float64Array {
  const dInput = new Float64Array(output.length);
  for (let row = 0; row < output.length; row += columns) {
    let sum = 0;
    for (let c = row; c < row + columns; c++) sum += dOutput[c];
    for (let c = row; c < row + columns; c++) dInput[c] = dOutput[c] - Math.exp(output[c]) * sum;
  }
  return dInput;
}
