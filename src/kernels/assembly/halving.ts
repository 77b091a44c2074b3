/**
 * Max pooling with windows of 2 x 2 side by side that cover the image, and channels in whole vectors: what pooling.ts
 * does for any window, four pixels at a time.
 */

/** @param width of the output, in pixels @param relu 1: the input passes relu on its way in */
export function halvingForward(
  height: i32,
  width: i32,
  channels: i32,
  relu: i32,
  input: usize,
  output: usize,
  choice: usize,
): void {
  const pixel = (<usize>channels) << 2;
  const row = 2 * <usize>width * pixel;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let channel: usize = 0; channel < pixel; channel += 16) {
        halve(input + channel, pixel, row, relu, output + channel, choice + channel);
      }
      input += 2 * pixel;
      output += pixel;
      choice += pixel;
    }
    input += row;
  }
}

/** Four channels. Not "greater": a NaN is taken too, and then kept, as max would; it must not vanish. */
@inline
function halve(input: usize, pixel: usize, row: usize, relu: i32, output: usize, choice: usize): void {
  const value0 = v128.load(input);
  const value1 = v128.load(input + pixel);
  const value2 = v128.load(input + row);
  const value3 = v128.load(input + row + pixel);
  let best = f32x4.splat(-Infinity);
  const kept0 = f32x4.le(value0, best);
  best = v128.bitselect(best, value0, kept0);
  const kept1 = f32x4.le(value1, best);
  best = v128.bitselect(best, value1, kept1);
  const kept2 = f32x4.le(value2, best);
  best = v128.bitselect(best, value2, kept2);
  const kept3 = f32x4.le(value3, best);
  best = v128.bitselect(best, value3, kept3);
  // The first window's place is 0, and -1 where even that was not taken.
  let tap = kept0;
  tap = v128.bitselect(tap, i32x4.splat(1), kept1);
  tap = v128.bitselect(tap, i32x4.splat(2), kept2);
  tap = v128.bitselect(tap, i32x4.splat(3), kept3);
  if (relu) {
    const zero = f32x4.splat(0);
    tap = v128.or(tap, v128.not(f32x4.gt(best, zero)));
    best = f32x4.max(best, zero);
  }
  v128.store(output, best);
  v128.store(choice, tap);
}

/** Each pixel of dInput is dOutput where it was chosen, else zero. */
export function halvingBackward(
  height: i32,
  width: i32,
  channels: i32,
  choice: usize,
  dOutput: usize,
  dInput: usize,
): void {
  const pixel = (<usize>channels) << 2;
  const row = 2 * <usize>width * pixel;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let channel: usize = 0; channel < pixel; channel += 16) {
        const tap = v128.load(choice + channel);
        const gradient = v128.load(dOutput + channel);
        const to = dInput + channel;
        v128.store(to, v128.and(gradient, i32x4.eq(tap, i32x4.splat(0))));
        v128.store(to + pixel, v128.and(gradient, i32x4.eq(tap, i32x4.splat(1))));
        v128.store(to + row, v128.and(gradient, i32x4.eq(tap, i32x4.splat(2))));
        v128.store(to + row + pixel, v128.and(gradient, i32x4.eq(tap, i32x4.splat(3))));
      }
      dInput += 2 * pixel;
      dOutput += pixel;
      choice += pixel;
    }
    dInput += row;
  }
}
