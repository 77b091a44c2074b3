/**
 * Vectors along the middle axis of [rows, size, columns], divided by their lengths, in float64, two values at once:
 * neighbours in a vector where there is one column, else of two columns. Plain form:
 * src/engine/reference/layers/dot.ts.
 */
import { loadPair, storePair } from './vector-math';

/** What a sum of squares is taken for at least: TensorFlow.js's. */
const leastSquares: f64 = 1e-7;

/** output = input / sqrt(max(sum of squares, 1e-7)) */
export function l2Normalize(input: usize, output: usize, rows: i32, size: i32, columns: i32): void {
  const bytes = (<usize>size * <usize>columns) << 2;
  const step = stepOf(columns);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column += 2) {
      const at = (<usize>column) << 2;
      const factor = inverseLength(along(input + at, input + at, size, columns, column));
      for (let place = at; place < bytes; place += step) {
        const isWhole = isPair(place, bytes, columns, column);
        storePair(output + place, f64x2.mul(loadPair(input + place, isWhole), factor), isWhole);
      }
    }
    input += bytes;
    output += bytes;
  }
}

/** dInput = (dOutput - y * sum of y dOutput) / length; where the length is the least one, dOutput / length */
export function l2NormalizeBackward(
  input: usize,
  dOutput: usize,
  dInput: usize,
  rows: i32,
  size: i32,
  columns: i32,
): void {
  const bytes = (<usize>size * <usize>columns) << 2;
  const step = stepOf(columns);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column += 2) {
      const at = (<usize>column) << 2;
      const squares = along(input + at, input + at, size, columns, column);
      const factor = inverseLength(squares);
      const quotient = f64x2.div(along(input + at, dOutput + at, size, columns, column), squares);
      const share = v128.and(quotient, f64x2.gt(squares, f64x2.splat(leastSquares)));
      for (let place = at; place < bytes; place += step) {
        const isWhole = isPair(place, bytes, columns, column);
        const taken = f64x2.mul(loadPair(input + place, isWhole), share);
        const d = f64x2.sub(loadPair(dOutput + place, isWhole), taken);
        storePair(dInput + place, f64x2.mul(d, factor), isWhole);
      }
    }
    input += bytes;
    dOutput += bytes;
    dInput += bytes;
  }
}

/** Bytes from one pair to the next. */
@inline
function stepOf(columns: i32): usize {
  return columns === 1 ? 8 : (<usize>columns) << 2;
}

/** Whether two values are left: of the vector, or of the columns. */
@inline
function isPair(place: usize, bytes: usize, columns: i32, column: i32): bool {
  return columns === 1 ? place + 4 < bytes : column + 1 < columns;
}

@inline
function inverseLength(squares: v128): v128 {
  return f64x2.div(f64x2.splat(1), f64x2.sqrt(f64x2.max(f64x2.splat(leastSquares), squares)));
}

/** Sum of a[k] * b[k]: of two columns, or of one vector, twice. */
@inline
function along(a: usize, b: usize, size: i32, columns: i32, column: i32): v128 {
  let sums = f64x2.splat(0);
  if (columns > 1) {
    const step = (<usize>columns) << 2;
    const isWhole = column + 1 < columns;
    for (let left = size; left > 0; left--) {
      sums = f64x2.add(sums, f64x2.mul(loadPair(a, isWhole), loadPair(b, isWhole)));
      a += step;
      b += step;
    }
    return sums;
  }
  for (let left = size; left >= 2; left -= 2) {
    sums = f64x2.add(sums, f64x2.mul(loadPair(a, true), loadPair(b, true)));
    a += 8;
    b += 8;
  }
  const sum = f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1);
  const last = (size & 1) === 1 ? <f64>load<f32>(a) * <f64>load<f32>(b) : 0;
  return f64x2.splat(sum + last);
}
