/** What sums over the rows of [rows, channels] share. */

/** Floats of a block of rows: the first-level cache holds it while its channels are taken pair by pair. */
const blockFloats: i32 = 2048;

@inline
export function rowsOfBlock(left: i32, channels: i32): i32 {
  return min(left, max(8, blockFloats / max(1, channels)));
}

/** Two float64, or the first of them. */
@inline
export function storeSum(at: usize, sum: v128, isWhole: bool): void {
  if (isWhole) v128.store(at, sum);
  else v128.store_lane<f64>(at, sum, 0);
}
