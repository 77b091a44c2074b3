import type { DotLayer, L2NormalizeLayer } from '../../../model/network.ts';

/** output[r, c] = sum over k of left[r, k] * right[k, c] */
export function dotForward(layer: DotLayer, left: Float64Array, right: Float64Array): Float64Array {
  const output = new Float64Array(layer.rows * layer.columns);
  forEachProduct(layer, (leftAt, rightAt, outputAt) => {
    output[outputAt] += left[leftAt] * right[rightAt];
  });
  return output;
}

/** @returns the gradients of both inputs */
export function dotBackward(
  layer: DotLayer,
  left: Float64Array,
  right: Float64Array,
  dOutput: Float64Array,
): readonly [Float64Array, Float64Array] {
  const [dLeft, dRight] = [new Float64Array(left.length), new Float64Array(right.length)];
  forEachProduct(layer, (leftAt, rightAt, outputAt) => {
    dLeft[leftAt] += dOutput[outputAt] * right[rightAt];
    dRight[rightAt] += dOutput[outputAt] * left[leftAt];
  });
  return [dLeft, dRight];
}

function forEachProduct(
  { rows, depth, columns, transposed: [leftTransposed, rightTransposed] }: DotLayer,
  visit: (leftAt: number, rightAt: number, outputAt: number) => void,
): void {
  for (let r = 0; r < rows; r++)
    for (let k = 0; k < depth; k++)
      for (let c = 0; c < columns; c++)
        visit(
          leftTransposed ? k * rows + r : r * depth + k,
          rightTransposed ? c * depth + k : k * columns + c,
          r * columns + c,
        );
}

/** What TensorFlow.js takes a sum of squares for at least. */
const leastSquares = 1e-7;

/** output = input / sqrt(max(sum of squares, 1e-7)), along the axis */
export function l2NormalizeForward(layer: L2NormalizeLayer, input: Float64Array): Float64Array {
  const output = new Float64Array(input.length);
  for (const places of vectorsOf(layer)) {
    const length = Math.sqrt(Math.max(leastSquares, alongOf(places, input, input)));
    for (const at of places) output[at] = input[at] / length;
  }
  return output;
}

/** dInput = (dOutput - y * sum of y dOutput) / length; where the length is the least one, dOutput / length */
export function l2NormalizeBackward(
  layer: L2NormalizeLayer,
  input: Float64Array,
  dOutput: Float64Array,
): Float64Array {
  const dInput = new Float64Array(input.length);
  for (const places of vectorsOf(layer)) {
    const squares = alongOf(places, input, input);
    const length = Math.sqrt(Math.max(leastSquares, squares));
    const along = squares > leastSquares ? alongOf(places, input, dOutput) / squares : 0;
    for (const at of places) dInput[at] = (dOutput[at] - input[at] * along) / length;
  }
  return dInput;
}

const alongOf = (places: readonly number[], a: Float64Array, b: Float64Array): number =>
  places.reduce((sum, at) => sum + a[at] * b[at], 0);

/** The places of each vector's values. */
const vectorsOf = ({ rows, size, columns }: L2NormalizeLayer): number[][] =>
  Array.from({ length: rows * columns }, (_, vector) => {
    const [row, column] = [Math.floor(vector / columns), vector % columns];
    return Array.from({ length: size }, (_, k) => (row * size + k) * columns + column);
  });
