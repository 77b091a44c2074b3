/** What layers do with several tensors of `count` values each. Plain form: src/engine/reference/layers/merge.ts. */

/** target = a * b; target may be one of them */
export function multiply(a: usize, b: usize, target: usize, count: i32): void {
  let left = count;
  for (; left >= 4; left -= 4) {
    v128.store(target, f32x4.mul(v128.load(a), v128.load(b)));
    a += 16;
    b += 16;
    target += 16;
  }
  for (; left > 0; left--) {
    store<f32>(target, load<f32>(a) * load<f32>(b));
    a += 4;
    b += 4;
    target += 4;
  }
}

/** largest = max(largest, values); a NaN stays one */
export function takeLargest(values: usize, largest: usize, count: i32): void {
  for (let left = count; left > 0; left -= 4) {
    if (left >= 4) v128.store(largest, f32x4.max(v128.load(largest), v128.load(values)));
    else for (let i = 0; i < left; i++) larger(values + (i << 2), largest + (i << 2));
    values += 16;
    largest += 16;
  }
}

@inline
function larger(value: usize, largest: usize): void {
  store<f32>(largest, max<f32>(load<f32>(largest), load<f32>(value)));
}

/** smallest = min(smallest, values); a NaN stays one */
export function takeSmallest(values: usize, smallest: usize, count: i32): void {
  for (let left = count; left > 0; left -= 4) {
    if (left >= 4) v128.store(smallest, f32x4.min(v128.load(smallest), v128.load(values)));
    else for (let i = 0; i < left; i++) smaller(values + (i << 2), smallest + (i << 2));
    values += 16;
    smallest += 16;
  }
}

@inline
function smaller(value: usize, smallest: usize): void {
  store<f32>(smallest, min<f32>(load<f32>(smallest), load<f32>(value)));
}

/** What is left of the gradient goes to dValues where the values are those that were taken; there nothing is left. */
export function takeGradient(values: usize, taken: usize, left: usize, dValues: usize, count: i32): void {
  let more = count;
  for (; more >= 4; more -= 4) {
    const gradient = v128.load(left);
    const same = f32x4.eq(v128.load(values), v128.load(taken));
    v128.store(dValues, v128.and(gradient, same));
    v128.store(left, v128.andnot(gradient, same));
    values += 16;
    taken += 16;
    left += 16;
    dValues += 16;
  }
  for (; more > 0; more--) {
    const zero: f32 = 0;
    const gradient = load<f32>(left);
    const other = load<f32>(values) !== load<f32>(taken);
    store<f32>(dValues, other ? zero : gradient);
    store<f32>(left, other ? gradient : zero);
    values += 4;
    taken += 4;
    left += 4;
    dValues += 4;
  }
}

/** A matrix [rows, columns] as [columns, rows]. */
export function transposeMatrix(source: usize, target: usize, rows: i32, columns: i32): void {
  for (let row = 0; row < rows; row++) {
    let to = target + ((<usize>row) << 2);
    for (let column = 0; column < columns; column++) {
      store<f32>(to, load<f32>(source));
      source += 4;
      to += (<usize>rows) << 2;
    }
  }
}
