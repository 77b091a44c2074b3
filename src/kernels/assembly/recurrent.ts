/**
 * One step of recurrent cells, for all examples of a call at once: `bytes` of values, [examples, units], one array
 * `slab` bytes behind the other for the gates. Whole vectors are computed, so arrays have room for that. Gates have been
 * through their activations. Plain forms: src/engine/reference/recurrent/cells.ts.
 */

/** Of lstm: carry = f * before + i * g; `before` may be 0, for zeros. */
export function lstmCarry(gates: usize, slab: usize, before: usize, carry: usize, bytes: usize): void {
  for (let at: usize = 0; at < bytes; at += 16) {
    const i = v128.load(gates + at);
    const g = v128.load(gates + 2 * slab + at);
    let sum = f32x4.mul(i, g);
    if (before !== 0) {
      sum = f32x4.add(f32x4.mul(v128.load(gates + slab + at), v128.load(before + at)), sum);
    }
    v128.store(carry + at, sum);
  }
}

/** target = a * b */
export function multiplyVectors(a: usize, b: usize, target: usize, bytes: usize): void {
  for (let at: usize = 0; at < bytes; at += 16) {
    v128.store(target + at, f32x4.mul(v128.load(a + at), v128.load(b + at)));
  }
}

/** target += source */
export function addVectors(source: usize, target: usize, bytes: usize): void {
  for (let at: usize = 0; at < bytes; at += 16) {
    v128.store(target + at, f32x4.add(v128.load(target + at), v128.load(source + at)));
  }
}

/** Of lstm, given the gradient of the carry: those of i, f and g, and in its place that of the carry before. */
export function lstmCarryBackward(
  gates: usize,
  slab: usize,
  before: usize,
  dCarry: usize,
  dGates: usize,
  bytes: usize,
): void {
  for (let at: usize = 0; at < bytes; at += 16) {
    const d = v128.load(dCarry + at);
    v128.store(dGates + at, f32x4.mul(d, v128.load(gates + 2 * slab + at)));
    const dForget = before === 0 ? f32x4.splat(0) : f32x4.mul(d, v128.load(before + at));
    v128.store(dGates + slab + at, dForget);
    v128.store(dGates + 2 * slab + at, f32x4.mul(d, v128.load(gates + at)));
    v128.store(dCarry + at, f32x4.mul(d, v128.load(gates + slab + at)));
  }
}

/** Of gru: h = z * before + (1 - z) * a */
export function gruState(gates: usize, slab: usize, before: usize, h: usize, bytes: usize): void {
  const one = f32x4.splat(1);
  for (let at: usize = 0; at < bytes; at += 16) {
    const z = v128.load(gates + at);
    const rest = f32x4.mul(f32x4.sub(one, z), v128.load(gates + 2 * slab + at));
    v128.store(h + at, f32x4.add(f32x4.mul(z, v128.load(before + at)), rest));
  }
}

/** Of gru, given the gradient of h: those of z and a, and that of the state before as far as it goes by z. */
export function gruStateBackward(
  gates: usize,
  slab: usize,
  before: usize,
  dH: usize,
  dGates: usize,
  dBefore: usize,
  bytes: usize,
): void {
  const one = f32x4.splat(1);
  for (let at: usize = 0; at < bytes; at += 16) {
    const d = v128.load(dH + at);
    const z = v128.load(gates + at);
    const difference = f32x4.sub(v128.load(before + at), v128.load(gates + 2 * slab + at));
    v128.store(dGates + at, f32x4.mul(d, difference));
    v128.store(dGates + 2 * slab + at, f32x4.mul(d, f32x4.sub(one, z)));
    v128.store(dBefore + at, f32x4.mul(d, z));
  }
}

/** Of gru, given the gradient of r * before: that of r, and added to that of the state before its part. */
export function gruResetBackward(
  gates: usize,
  slab: usize,
  before: usize,
  dReset: usize,
  dGates: usize,
  dBefore: usize,
  bytes: usize,
): void {
  for (let at: usize = 0; at < bytes; at += 16) {
    const d = v128.load(dReset + at);
    v128.store(dGates + slab + at, f32x4.mul(d, v128.load(before + at)));
    const part = f32x4.mul(d, v128.load(gates + slab + at));
    v128.store(dBefore + at, f32x4.add(v128.load(dBefore + at), part));
  }
}
