/** Copies `rows` pieces of `bytes`, each so far from the one before: columns of a matrix to those of another one. */
export function copyRows(
  source: usize,
  sourceStride: usize,
  target: usize,
  targetStride: usize,
  bytes: usize,
  rows: i32,
): void {
  for (let row = 0; row < rows; row++) {
    memory.copy(target, source, bytes);
    source += sourceStride;
    target += targetStride;
  }
}
