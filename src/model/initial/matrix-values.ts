/** Initial values that depend on each other: of a whole weight at once. */
import { inputError } from '../../errors.ts';
import { sizeOf } from '../../shape.ts';
import type { Parameter } from '../network.ts';

/**
 * A random matrix whose columns (rows, where it has more columns than rows) are of length `gain` and at right angles: Q of
 * the QR decomposition, with a positive diagonal of R, of normal values. All dimensions but the last one count as rows.
 * By Gram and Schmidt, each column twice, in float64.
 * Source: Saxe, McClelland and Ganguli, Exact solutions to the nonlinear dynamics of learning, 2013.
 * @param normal draws the values, in the order of the rows
 * @returns row-major
 */
export function orthogonal(parameter: Parameter, gain: number, normal: () => number): Float64Array {
  const { shape } = parameter;
  if (shape.length < 2) throw misfit(parameter, 'Orthogonal', 'two dimensions or more');
  const [rows, columns] = [sizeOf(shape.slice(0, -1)), shape[shape.length - 1]];
  const [length, count] = [Math.max(rows, columns), Math.min(rows, columns)];
  const vectors = Array.from({ length: count }, () => new Float64Array(length));
  for (let place = 0; place < length; place++) for (const vector of vectors) vector[place] = normal();
  for (const [index, vector] of vectors.entries()) {
    for (let time = 0; time < 2; time++)
      for (const before of vectors.slice(0, index)) subtract(vector, before, dot(vector, before));
    const norm = Math.sqrt(dot(vector, vector));
    for (let place = 0; place < length; place++) vector[place] /= norm;
  }
  return Float64Array.from({ length: rows * columns }, (_, at) => {
    const [row, column] = [Math.floor(at / columns), at % columns];
    return gain * (rows < columns ? vectors[row][column] : vectors[column][row]);
  });
}

/** `gain` where row and column are the same, else 0. */
export function identity(parameter: Parameter, gain: number): Float64Array {
  const { shape } = parameter;
  if (shape.length !== 2 || shape[0] !== shape[1]) throw misfit(parameter, 'Identity', 'a square matrix');
  return Float64Array.from({ length: parameter.size }, (_, at) => (at % (shape[0] + 1) === 0 ? gain : 0));
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

function subtract(from: Float64Array, vector: Float64Array, factor: number): void {
  for (let i = 0; i < from.length; i++) from[i] -= factor * vector[i];
}

const misfit = ({ name, shape }: Parameter, initializer: string, expected: string) =>
  inputError(
    `Expected ${JSON.stringify(name)} to be ${expected}, as its initializer, ${initializer}, needs, got the shape [${shape.join(', ')}]`,
  );
