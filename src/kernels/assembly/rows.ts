import { copyFloats } from './floats';

/** target = 0; faster than a typed array's fill, which goes byte by byte on shared memory. */
export function clear(target: usize, bytes: usize): void {
  memory.fill(target, 0, bytes);
}

/** Copies `rows` pieces of `bytes`, each so far from the one before: columns of a matrix to those of another one. */
export function copyRows(
  source: usize,
  sourceStride: usize,
  target: usize,
  targetStride: usize,
  bytes: usize,
  rows: i32,
): void {
  const isShort = bytes <= 64 && (bytes & 3) === 0;
  for (let row = 0; row < rows; row++) {
    if (isShort) copyFloats(target, source, bytes);
    else memory.copy(target, source, bytes);
    source += sourceStride;
    target += targetStride;
  }
}
