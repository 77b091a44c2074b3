import { type ConcatenateLayer, sizeOf } from '../../model/network.ts';

/**
 * The sum of tensors, whose gradient goes to each of them as it is.
 * @param inputs [inputs][examples]
 */
export const addForward = (inputs: readonly (readonly Float64Array[])[]): Float64Array[] =>
  inputs[0].map((first, example) =>
    first.map((_, element) => inputs.reduce((sum, input) => sum + input[example][element], 0)),
  );

/**
 * @param inputs of one example, each [rows, its part]
 * @returns [rows, all parts]
 */
export function concatenateForward(layer: ConcatenateLayer, inputs: readonly Float64Array[]): Float64Array {
  const output = new Float64Array(sizeOf(layer.output));
  const width = output.length / layer.rows;
  for (const [place, input] of inputs.entries())
    for (let row = 0; row < layer.rows; row++)
      output.set(rowOf(input, row, layer.parts[place]), row * width + startOf(layer, place));
  return output;
}

/**
 * @param dOutput of one example, [rows, all parts]
 * @param place of the input
 * @returns its gradient, [rows, its part]
 */
export function concatenateBackward(
  layer: ConcatenateLayer,
  dOutput: Float64Array,
  place: number,
): Float64Array {
  const part = layer.parts[place];
  const dInput = new Float64Array(layer.rows * part);
  const width = dOutput.length / layer.rows;
  for (let row = 0; row < layer.rows; row++) {
    const start = row * width + startOf(layer, place);
    dInput.set(dOutput.subarray(start, start + part), row * part);
  }
  return dInput;
}

const rowOf = (values: Float64Array, row: number, width: number): Float64Array =>
  values.subarray(row * width, (row + 1) * width);

const startOf = ({ parts }: ConcatenateLayer, place: number): number =>
  parts.slice(0, place).reduce((sum, part) => sum + part, 0);
