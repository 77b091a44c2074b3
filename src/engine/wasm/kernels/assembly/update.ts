/**
 * The second phase of a step, over one block of the parameters. Plain forms: src/reduction/tree.ts, src/optimizer. An
 * optimizer's kernel returns whether all that it wrote is finite.
 */

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

/** What `seen` has after all values that it was shown: whether none was infinite or not a number. */
@inline
function allFinite(seen: v128): bool {
  return !v128.any_true(seen);
}

/** x - x is zero for all finite values, and not a number for the others. */
@inline
function show(seen: v128, value: v128): v128 {
  return v128.or(seen, f32x4.sub(value, value));
}

/** next = current - learningRate * (sum / examples) */
export function sgd(
  sum: usize,
  examples: f32,
  learningRate: f32,
  current: usize,
  next: usize,
  floats: i32,
): bool {
  const divisor = f32x4.splat(examples);
  const rate = f32x4.splat(learningRate);
  let seen = f32x4.splat(0);
  for (let at: usize = 0; at < <usize>floats << 2; at += 16) {
    const gradient = f32x4.div(v128.load(sum + at), divisor);
    const updated = f32x4.sub(v128.load(current + at), f32x4.mul(rate, gradient));
    v128.store(next + at, updated);
    seen = show(seen, updated);
  }
  return allFinite(seen);
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
): bool {
  const divisor = f32x4.splat(examples);
  const rate = f32x4.splat(learningRate);
  const decay = f32x4.splat(momentum);
  let seen = f32x4.splat(0);
  for (let at: usize = 0; at < <usize>floats << 2; at += 16) {
    const gradient = f32x4.div(v128.load(sum + at), divisor);
    const speed = f32x4.add(f32x4.mul(decay, v128.load(velocity + at)), gradient);
    v128.store(nextVelocity + at, speed);
    seen = show(seen, speed);
    const updated = f32x4.sub(v128.load(current + at), f32x4.mul(rate, speed));
    v128.store(next + at, updated);
    seen = show(seen, updated);
  }
  return allFinite(seen);
}

/** nextVelocity = momentum * velocity + sum / examples; next = current - learningRate * (sum / examples + momentum * nextVelocity) */
export function sgdNesterov(
  sum: usize,
  examples: f32,
  learningRate: f32,
  momentum: f32,
  current: usize,
  next: usize,
  velocity: usize,
  nextVelocity: usize,
  floats: i32,
): bool {
  const divisor = f32x4.splat(examples);
  const rate = f32x4.splat(learningRate);
  const decay = f32x4.splat(momentum);
  let seen = f32x4.splat(0);
  for (let at: usize = 0; at < <usize>floats << 2; at += 16) {
    const gradient = f32x4.div(v128.load(sum + at), divisor);
    const speed = f32x4.add(f32x4.mul(decay, v128.load(velocity + at)), gradient);
    v128.store(nextVelocity + at, speed);
    seen = show(seen, speed);
    const ahead = f32x4.add(gradient, f32x4.mul(speed, decay));
    const updated = f32x4.sub(v128.load(current + at), f32x4.mul(rate, ahead));
    v128.store(next + at, updated);
    seen = show(seen, updated);
  }
  return allFinite(seen);
}

/** decay * average + (1 - decay) * value, where 1 - decay is rounded once */
@inline
function moving(average: v128, decay: f64, value: v128): v128 {
  const rest = f32x4.mul(value, f32x4.splat(<f32>(1 - decay)));
  return f32x4.add(f32x4.mul(average, f32x4.splat(<f32>decay)), rest);
}

/** src/optimizer/adam.ts has the formula. Corrections: 1 - beta ^ step. */
export function adam(
  sum: usize,
  examples: f32,
  learningRate: f32,
  beta1: f64,
  beta2: f64,
  epsilon: f32,
  correction1: f32,
  correction2: f32,
  current: usize,
  next: usize,
  first: usize,
  nextFirst: usize,
  second: usize,
  nextSecond: usize,
  floats: i32,
): bool {
  const divisor = f32x4.splat(examples);
  const rate = f32x4.splat(learningRate);
  let seen = f32x4.splat(0);
  for (let at: usize = 0; at < <usize>floats << 2; at += 16) {
    const gradient = f32x4.div(v128.load(sum + at), divisor);
    const m = moving(v128.load(first + at), beta1, gradient);
    const v = moving(v128.load(second + at), beta2, f32x4.mul(gradient, gradient));
    v128.store(nextFirst + at, m);
    seen = show(seen, m);
    v128.store(nextSecond + at, v);
    seen = show(seen, v);
    const root = f32x4.sqrt(f32x4.div(v, f32x4.splat(correction2)));
    const change = f32x4.div(f32x4.div(m, f32x4.splat(correction1)), f32x4.add(root, f32x4.splat(epsilon)));
    const updated = f32x4.sub(v128.load(current + at), f32x4.mul(change, rate));
    v128.store(next + at, updated);
    seen = show(seen, updated);
  }
  return allFinite(seen);
}

/** src/optimizer/rmsprop.ts has the formula. */
export function rmsprop(
  sum: usize,
  examples: f32,
  learningRate: f32,
  decay: f64,
  momentum: f32,
  epsilon: f32,
  current: usize,
  next: usize,
  squares: usize,
  nextSquares: usize,
  velocity: usize,
  nextVelocity: usize,
  floats: i32,
): bool {
  const divisor = f32x4.splat(examples);
  const rate = f32x4.splat(learningRate);
  let seen = f32x4.splat(0);
  for (let at: usize = 0; at < <usize>floats << 2; at += 16) {
    const gradient = f32x4.div(v128.load(sum + at), divisor);
    const s = moving(v128.load(squares + at), decay, f32x4.mul(gradient, gradient));
    const change = f32x4.div(f32x4.mul(gradient, rate), f32x4.sqrt(f32x4.add(s, f32x4.splat(epsilon))));
    const speed = f32x4.add(f32x4.mul(v128.load(velocity + at), f32x4.splat(momentum)), change);
    v128.store(nextSquares + at, s);
    seen = show(seen, s);
    v128.store(nextVelocity + at, speed);
    seen = show(seen, speed);
    const updated = f32x4.sub(v128.load(current + at), speed);
    v128.store(next + at, updated);
    seen = show(seen, updated);
  }
  return allFinite(seen);
}

/** src/optimizer/adagrad.ts has the formula. */
export function adagrad(
  sum: usize,
  examples: f32,
  learningRate: f32,
  epsilon: f32,
  current: usize,
  next: usize,
  squares: usize,
  nextSquares: usize,
  floats: i32,
): bool {
  const divisor = f32x4.splat(examples);
  const rate = f32x4.splat(learningRate);
  let seen = f32x4.splat(0);
  for (let at: usize = 0; at < <usize>floats << 2; at += 16) {
    const gradient = f32x4.div(v128.load(sum + at), divisor);
    const s = f32x4.add(v128.load(squares + at), f32x4.mul(gradient, gradient));
    const change = f32x4.div(gradient, f32x4.sqrt(f32x4.add(s, f32x4.splat(epsilon))));
    v128.store(nextSquares + at, s);
    seen = show(seen, s);
    const updated = f32x4.sub(v128.load(current + at), f32x4.mul(change, rate));
    v128.store(next + at, updated);
    seen = show(seen, updated);
  }
  return allFinite(seen);
}
