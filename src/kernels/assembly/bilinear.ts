/** Bilinear up-sampling by whole factors. Plain form: src/engine/reference/layers/rearrange.ts. */

@unmanaged
export class UpSamplingShape {
  height: i32;
  width: i32;
  channels: i32;
  factorY: i32;
  factorX: i32;
}

/** Between the pixel at (y / factorY, x / factorX), rounded down, and those behind it. */
export function bilinearForward(shape: UpSamplingShape, input: usize, output: usize): void {
  const bytes = (<usize>shape.channels) << 2;
  for (let y = 0; y < shape.height * shape.factorY; y++) {
    const top = input + rowOf(shape, y / shape.factorY);
    const bottom = input + rowOf(shape, y / shape.factorY + 1);
    const down = fraction(y, shape.factorY);
    for (let x = 0; x < shape.width * shape.factorX; x++) {
      const left = columnOf(shape, x / shape.factorX);
      const right = columnOf(shape, x / shape.factorX + 1);
      const across = fraction(x, shape.factorX);
      let at: usize = 0;
      for (; at + 16 <= bytes; at += 16) {
        const shares = f32x4.splat(across);
        const above = between4(v128.load(top + left + at), v128.load(top + right + at), shares);
        const below = between4(v128.load(bottom + left + at), v128.load(bottom + right + at), shares);
        v128.store(output + at, between4(above, below, f32x4.splat(down)));
      }
      for (; at < bytes; at += 4) {
        const above = between(load<f32>(top + left + at), load<f32>(top + right + at), across);
        const below = between(load<f32>(bottom + left + at), load<f32>(bottom + right + at), across);
        store<f32>(output + at, between(above, below, down));
      }
      output += bytes;
    }
  }
}

/** Each pixel of the input gets its shares of the gradient. dInput is overwritten. */
export function bilinearBackward(shape: UpSamplingShape, dOutput: usize, dInput: usize): void {
  const bytes = (<usize>shape.channels) << 2;
  memory.fill(dInput, 0, <usize>(shape.height * shape.width) * bytes);
  for (let y = 0; y < shape.height * shape.factorY; y++) {
    const top = dInput + rowOf(shape, y / shape.factorY);
    const bottom = dInput + rowOf(shape, y / shape.factorY + 1);
    const down = fraction(y, shape.factorY);
    for (let x = 0; x < shape.width * shape.factorX; x++) {
      const left = columnOf(shape, x / shape.factorX);
      const right = columnOf(shape, x / shape.factorX + 1);
      const across = fraction(x, shape.factorX);
      let at: usize = 0;
      for (; at + 16 <= bytes; at += 16) {
        const d = v128.load(dOutput + at);
        const above = f32x4.mul(d, f32x4.splat(1 - down));
        const below = f32x4.mul(d, f32x4.splat(down));
        add4(top + left + at, f32x4.mul(above, f32x4.splat(1 - across)));
        add4(top + right + at, f32x4.mul(above, f32x4.splat(across)));
        add4(bottom + left + at, f32x4.mul(below, f32x4.splat(1 - across)));
        add4(bottom + right + at, f32x4.mul(below, f32x4.splat(across)));
      }
      for (; at < bytes; at += 4) {
        const d = load<f32>(dOutput + at);
        add(top + left + at, d * (1 - down) * (1 - across));
        add(top + right + at, d * (1 - down) * across);
        add(bottom + left + at, d * down * (1 - across));
        add(bottom + right + at, d * down * across);
      }
      dOutput += bytes;
    }
  }
}

/** Byte offset of a row; behind the last one there is none. */
@inline
function rowOf(shape: UpSamplingShape, row: i32): usize {
  return (<usize>(min(row, shape.height - 1) * shape.width * shape.channels)) << 2;
}

@inline
function columnOf(shape: UpSamplingShape, column: i32): usize {
  return (<usize>(min(column, shape.width - 1) * shape.channels)) << 2;
}

@inline
function fraction(at: i32, factor: i32): f32 {
  return <f32>(at % factor) / <f32>factor;
}

@inline
function between(a: f32, b: f32, share: f32): f32 {
  return a + (b - a) * share;
}

@inline
function add(at: usize, value: f32): void {
  store<f32>(at, load<f32>(at) + value);
}

@inline
function between4(a: v128, b: v128, share: v128): v128 {
  return f32x4.add(a, f32x4.mul(f32x4.sub(b, a), share));
}

@inline
function add4(at: usize, value: v128): void {
  v128.store(at, f32x4.add(v128.load(at), value));
}
