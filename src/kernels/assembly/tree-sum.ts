/** The sum over the shards, in the update phase. Plain form: src/reduction/tree.ts. */

/**
 * The pairwise tree sum of `count` arrays, `strideBytes` apart, each `floats` long (a multiple of 4).
 * @param scratch [ceil(count / 2), floats]: the sum ends in its first row
 */
export function treeSum(slots: usize, strideBytes: usize, count: i32, floats: i32, scratch: usize): void {
  const row = (<usize>floats) << 2;
  let width = count;
  let source = slots;
  let stride = strideBytes;
  do {
    const pairs = width >> 1;
    for (let pair = 0; pair < pairs; pair++) {
      const left = source + 2 * pair * stride;
      add(left, left + stride, scratch + pair * row, row);
    }
    if (width & 1) memory.copy(scratch + pairs * row, source + (width - 1) * stride, row);
    width = (width + 1) >> 1;
    source = scratch;
    stride = row;
  } while (width > 1);
}

@inline
function add(left: usize, right: usize, sum: usize, bytes: usize): void {
  for (let at: usize = 0; at < bytes; at += 16) {
    v128.store(sum + at, f32x4.add(v128.load(left + at), v128.load(right + at)));
  }
}
