/** Activations, in place, and what their gradients need: every derivative is a function of the output. */

/** Counts are rounded up to whole vectors by the caller's buffers (64-byte padded). */
export function reluForward(values: usize, count: i32): void {
  const zero = f32x4.splat(0);
  for (let end = values + ((<usize>count) << 2); values < end; values += 16) {
    // max(0, NaN) must stay NaN: a comparison would hide it.
    v128.store(values, f32x4.max(v128.load(values), zero));
  }
}

/** gradient *= output > 0 */
export function reluBackward(output: usize, gradient: usize, count: i32): void {
  const zero = f32x4.splat(0);
  for (let end = output + ((<usize>count) << 2); output < end; output += 16) {
    v128.store(gradient, v128.and(v128.load(gradient), f32x4.gt(v128.load(output), zero)));
    gradient += 16;
  }
}

/** output = input where that is not below 0, else alpha * input; a NaN stays one */
export function leakyReluForward(input: usize, output: usize, count: i32, alpha: f32): void {
  const zero = f32x4.splat(0);
  const slope = f32x4.splat(alpha);
  for (let end = input + ((<usize>count) << 2); input < end; input += 16) {
    const x = v128.load(input);
    v128.store(output, v128.bitselect(f32x4.mul(x, slope), x, f32x4.lt(x, zero)));
    output += 16;
  }
}

/** gradient *= input > 0 ? 1 : alpha, of these values and no more: the next may be another example's. */
export function leakyReluBackward(input: usize, gradient: usize, count: i32, alpha: f32): void {
  const zero = f32x4.splat(0);
  const slope = f32x4.splat(alpha);
  for (let end = input + ((<usize>(count & ~3)) << 2); input < end; input += 16) {
    const d = v128.load(gradient);
    v128.store(gradient, v128.bitselect(d, f32x4.mul(d, slope), f32x4.gt(v128.load(input), zero)));
    gradient += 16;
  }
  for (let left = count & 3; left > 0; left--) {
    if (!(load<f32>(input) > 0)) store<f32>(gradient, load<f32>(gradient) * alpha);
    input += 4;
    gradient += 4;
  }
}

export function sigmoidForward(values: usize, count: i32): void {
  for (let end = values + ((<usize>count) << 2); values < end; values += 4) {
    store<f32>(values, <f32>(1 / (1 + Math.exp(-(<f64>load<f32>(values))))));
  }
}

/** gradient *= output * (1 - output) */
export function sigmoidBackward(output: usize, gradient: usize, count: i32): void {
  for (let end = output + ((<usize>count) << 2); output < end; output += 4) {
    const y = load<f32>(output);
    store<f32>(gradient, load<f32>(gradient) * (y * (1 - y)));
    gradient += 4;
  }
}

export function tanhForward(values: usize, count: i32): void {
  for (let end = values + ((<usize>count) << 2); values < end; values += 4) {
    store<f32>(values, <f32>Math.tanh(<f64>load<f32>(values)));
  }
}

/** gradient *= 1 - output ^ 2 */
export function tanhBackward(output: usize, gradient: usize, count: i32): void {
  for (let end = output + ((<usize>count) << 2); output < end; output += 4) {
    const y = load<f32>(output);
    store<f32>(gradient, load<f32>(gradient) * (1 - y * y));
    gradient += 4;
  }
}

/** target = a * b */
export function multiply(a: usize, b: usize, target: usize, count: i32): void {
  for (let end = a + ((<usize>count) << 2); a < end; a += 4) {
    store<f32>(target, load<f32>(a) * load<f32>(b));
    b += 4;
    target += 4;
  }
}

/** sums[column] += values[row, column], row by row. `sums` has room for whole panels of 16. */
export function addRows(values: usize, sums: usize, rows: i32, columns: i32): void {
  const wide = columns & ~3;
  for (let row = 0; row < rows; row++) {
    let column = 0;
    for (; column < wide; column += 4) {
      const at = sums + ((<usize>column) << 2);
      v128.store(at, f32x4.add(v128.load(at), v128.load(values + ((<usize>column) << 2))));
    }
    for (; column < columns; column++) {
      const at = sums + ((<usize>column) << 2);
      store<f32>(at, load<f32>(at) + load<f32>(values + ((<usize>column) << 2)));
    }
    values += (<usize>columns) << 2;
  }
}
