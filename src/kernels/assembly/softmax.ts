/** Softmax of rows. Plain form: src/engine/reference/layers/softmax.ts. */
import { divideAll, exponentials, largestOf, softmaxRowBackward } from './softmax-row';
import { existing, exp2, loadPair, storePair, sumOfLanes } from './vector-math';

/** output[row, ...] = exp(input[row, ...] - its largest) / their sum. Output may lie over input. */
export function softmaxRows(input: usize, output: usize, rows: i32, columns: i32): void {
  const bytes = (<usize>columns) << 2;
  for (let row = 0; row < rows; row++) {
    const sum = exponentials(input, largestOf(input, bytes), output, bytes);
    divideAll(output, <f32>sum, bytes);
    input += bytes;
    output += bytes;
  }
}

/**
 * dInput[row, c] = output[row, c] * (dOutput[row, c] - sum over the row of output * dOutput); dInput may lie over
 * dOutput.
 */
export function softmaxRowsBackward(
  output: usize,
  dOutput: usize,
  dInput: usize,
  rows: i32,
  columns: i32,
): void {
  const bytes = (<usize>columns) << 2;
  for (let row = 0; row < rows; row++) {
    softmaxRowBackward(output, dOutput, dInput, bytes);
    output += bytes;
    dOutput += bytes;
    dInput += bytes;
  }
}

/** The logarithm of softmaxRows. Output may lie over input. */
export function logSoftmaxRows(input: usize, output: usize, rows: i32, columns: i32): void {
  const bytes = (<usize>columns) << 2;
  for (let row = 0; row < rows; row++) {
    const largest = <f64>largestOf(input, bytes);
    let sums = f64x2.splat(0);
    for (let at: usize = 0; at < bytes; at += 8) {
      const isWhole = at + 8 <= bytes;
      const further = f64x2.sub(loadPair(input + at, isWhole), f64x2.splat(largest));
      sums = f64x2.add(sums, existing(exp2(further), isWhole));
    }
    const whole = f64x2.splat(largest + Math.log(sumOfLanes(sums)));
    for (let at: usize = 0; at < bytes; at += 8) {
      const isWhole = at + 8 <= bytes;
      storePair(output + at, f64x2.sub(loadPair(input + at, isWhole), whole), isWhole);
    }
    input += bytes;
    output += bytes;
  }
}

/** dInput[row, c] = dOutput[row, c] - exp(output[row, c]) * sum over the row of dOutput */
export function logSoftmaxRowsBackward(
  output: usize,
  dOutput: usize,
  dInput: usize,
  rows: i32,
  columns: i32,
): void {
  const bytes = (<usize>columns) << 2;
  for (let row = 0; row < rows; row++) {
    let sums = f64x2.splat(0);
    for (let at: usize = 0; at < bytes; at += 8) {
      const isWhole = at + 8 <= bytes;
      sums = f64x2.add(sums, existing(loadPair(dOutput + at, isWhole), isWhole));
    }
    const sum = f64x2.splat(sumOfLanes(sums));
    for (let at: usize = 0; at < bytes; at += 8) {
      const isWhole = at + 8 <= bytes;
      const share = f64x2.mul(exp2(loadPair(output + at, isWhole)), sum);
      storePair(dInput + at, f64x2.sub(loadPair(dOutput + at, isWhole), share), isWhole);
    }
    output += bytes;
    dOutput += bytes;
    dInput += bytes;
  }
}
