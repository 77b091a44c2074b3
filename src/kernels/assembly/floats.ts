/** Short runs of float32, of which calls to memory.copy would take longer. `bytes` is a multiple of 4. */

/** target = source */
@inline
export function copyFloats(target: usize, source: usize, bytes: usize): void {
  let at: usize = 0;
  for (; at + 32 <= bytes; at += 32) {
    const low = v128.load(source + at);
    const high = v128.load(source + at, 16);
    v128.store(target + at, high, 16);
    v128.store(target + at, low);
  }
  for (; at + 16 <= bytes; at += 16) v128.store(target + at, v128.load(source + at));
  for (; at < bytes; at += 4) store<f32>(target + at, load<f32>(source + at));
}

/** target += source */
@inline
export function addFloats(target: usize, source: usize, bytes: usize): void {
  let at: usize = 0;
  for (; at + 32 <= bytes; at += 32) {
    const low = f32x4.add(v128.load(target + at), v128.load(source + at));
    const high = f32x4.add(v128.load(target + at, 16), v128.load(source + at, 16));
    v128.store(target + at, high, 16);
    v128.store(target + at, low);
  }
  for (; at + 16 <= bytes; at += 16) {
    v128.store(target + at, f32x4.add(v128.load(target + at), v128.load(source + at)));
  }
  for (; at < bytes; at += 4) {
    store<f32>(target + at, load<f32>(target + at) + load<f32>(source + at));
  }
}

/** target = source, with +0 for -0: whether products with zero were added must not show. `bytes` is a multiple of 32. */
@inline
export function copyPositiveZeros(source: usize, target: usize, bytes: usize): void {
  const zero = f32x4.splat(0);
  for (let at: usize = 0; at < bytes; at += 32) {
    v128.store(target + at, f32x4.add(v128.load(source + at, 16), zero), 16);
    v128.store(target + at, f32x4.add(v128.load(source + at, 0), zero), 0);
  }
}
