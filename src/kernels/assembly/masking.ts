/** Times of sequences that count: where any of `size` values is not `value`. Plain form: src/engine/reference/recurrent/masking.ts. */

/** mask[time] = 1 where it counts, else 0 */
export function timeMask(input: usize, times: i32, size: i32, value: f32, mask: usize): void {
  for (let time = 0; time < times; time++) {
    store<f32>(mask, counts(input, size, value) ? 1 : 0);
    input += (<usize>size) << 2;
    mask += 4;
  }
}

/** output = values at times where the input counts, else 0; values may be the input itself, or a gradient. */
export function maskTimes(
  input: usize,
  values: usize,
  times: i32,
  size: i32,
  value: f32,
  output: usize,
): void {
  const bytes = (<usize>size) << 2;
  for (let time = 0; time < times; time++) {
    // Not copied: a NaN or an infinity at a time that does not count must reach the loss too.
    const factor: f32 = counts(input, size, value) ? 1 : 0;
    let at: usize = 0;
    for (; at + 16 <= bytes; at += 16) {
      v128.store(output + at, f32x4.mul(v128.load(values + at), f32x4.splat(factor)));
    }
    for (; at < bytes; at += 4) store<f32>(output + at, load<f32>(values + at) * factor);
    input += bytes;
    values += bytes;
    output += bytes;
  }
}

@inline
function counts(input: usize, size: i32, value: f32): bool {
  const end = input + ((<usize>size) << 2);
  for (; input + 16 <= end; input += 16) {
    if (v128.any_true(f32x4.ne(v128.load(input), f32x4.splat(value)))) return true;
  }
  for (; input < end; input += 4) if (load<f32>(input) !== value) return true;
  return false;
}
