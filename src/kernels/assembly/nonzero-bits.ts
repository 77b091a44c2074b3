/** A bit for each of 16 values that is not zero (of either sign). */
@inline
export function nonzerosOf16(values: usize): i32 {
  const zero = f32x4.splat(0);
  return (
    i32x4.bitmask(f32x4.ne(v128.load(values), zero)) |
    (i32x4.bitmask(f32x4.ne(v128.load(values, 16), zero)) << 4) |
    (i32x4.bitmask(f32x4.ne(v128.load(values, 32), zero)) << 8) |
    (i32x4.bitmask(f32x4.ne(v128.load(values, 48), zero)) << 12)
  );
}

/** The same for fewer values. */
export function nonzerosOf(values: usize, count: i32): i32 {
  let bits = 0;
  for (let place = 0; place < count; place++) {
    bits |= i32(load<f32>(values + ((<usize>place) << 2)) !== 0) << place;
  }
  return bits;
}
