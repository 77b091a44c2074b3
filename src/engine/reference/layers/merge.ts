import type { ConcatenateLayer, MergingKind, MergingLayer } from '../../../model/network.ts';
import { sizeOf } from '../../../shape.ts';

/** The values of several tensors at one place to one, and the derivative by each of them. */
interface Rule {
  value(values: readonly number[]): number;
  slope(values: readonly number[], place: number): number;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const product = (values: readonly number[]): number => values.reduce((total, value) => total * value, 1);

/** Of equal ones the first is chosen. */
const choosing = (choose: (...values: number[]) => number): Rule => ({
  value: (values) => choose(...values),
  slope: (values, place) => (values.indexOf(choose(...values)) === place ? 1 : 0),
});

const rules: { readonly [K in MergingKind]: Rule } = {
  add: { value: sum, slope: () => 1 },
  subtract: { value: ([a, b]) => a - b, slope: (_, place) => (place === 0 ? 1 : -1) },
  multiply: { value: product, slope: (values, place) => product(values.toSpliced(place, 1)) },
  average: { value: (values) => sum(values) / values.length, slope: ({ length }) => 1 / length },
  maximum: choosing(Math.max),
  minimum: choosing(Math.min),
};

/** @param inputs of one example */
export const mergingForward = ({ kind }: MergingLayer, inputs: readonly Float64Array[]): Float64Array =>
  inputs[0].map((_, element) => rules[kind].value(inputs.map((input) => input[element])));

/** @returns the gradient of each input of one example */
export const mergingBackward = (
  { kind }: MergingLayer,
  inputs: readonly Float64Array[],
  dOutput: Float64Array,
): Float64Array[] =>
  inputs.map((_, place) =>
    dOutput.map(
      (d, element) =>
        d *
        rules[kind].slope(
          inputs.map((input) => input[element]),
          place,
        ),
    ),
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
