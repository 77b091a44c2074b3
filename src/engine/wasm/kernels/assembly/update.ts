/** The second phase of a step, over one block of the parameters. Plain forms: src/reduction/tree.ts, src/optimizer/sgd.ts. */

/**
 * The pairwise tree sum of `count` arrays, `strideBytes` apart, each `floats` long (a multiple of 4).
 * @param scratch [ceil(count / 2), floats]: the sum ends in its first row
 */
export function treeSum(slots: usize, strideBytes: usize, count: i32, floats: i32, scratch: usize): void {
  const row = <usize>floats << 2;
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

/** next = current - learningRate * (sum / examples) */
export function sgd(
  sum: usize,
  examples: f32,
  learningRate: f32,
  current: usize,
  next: usize,
  floats: i32,
): void {
  const divisor = f32x4.splat(examples);
  const rate = f32x4.splat(learningRate);
  for (let at: usize = 0; at < <usize>floats << 2; at += 16) {
    const gradient = f32x4.div(v128.load(sum + at), divisor);
    v128.store(next + at, f32x4.sub(v128.load(current + at), f32x4.mul(rate, gradient)));
  }
}

/** nextVelocity = momentum * velocity + sum / examples; next = current - learningRate * nextVelocity */
export function sgdMomentum(
  sum: usize,
  examples: f32,
  learningRate: f32,
  momentum: f32,
  current: usize,
  next: usize,
  velocity: usize,
  nextVelocity: usize,
  floats: i32,
): void {
  const divisor = f32x4.splat(examples);
  const rate = f32x4.splat(learningRate);
  const decay = f32x4.splat(momentum);
  for (let at: usize = 0; at < <usize>floats << 2; at += 16) {
    const gradient = f32x4.div(v128.load(sum + at), divisor);
    const speed = f32x4.add(f32x4.mul(decay, v128.load(velocity + at)), gradient);
    v128.store(nextVelocity + at, speed);
    v128.store(next + at, f32x4.sub(v128.load(current + at), f32x4.mul(rate, speed)));
  }
}
