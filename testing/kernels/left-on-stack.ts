/**
 * The sum of what a tile of a tree leaves on its stack, as its caller adds it: each sum to all on its right.
 * @param start,end places of floats
 * @param width floats of a sum
 */
export function leftOnStack(memory: Float64Array, start: number, end: number, width: number): Float32Array {
  const at = (from: number) => Float32Array.from(memory.subarray(from, from + width));
  let sum = at(end - width);
  for (let from = end - 2 * width; from >= start; from -= width)
    sum = at(from).map((value, column) => value + sum[column]);
  return sum;
}
