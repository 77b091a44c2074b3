/** Pooling of one image. Plain forms are in src/engine/reference. */

/** */
@unmanaged
class PoolingShape {
  height: i32;
  width: i32;
  channels: i32;
  outputHeight: i32;
  outputWidth: i32;
  windowHeight: i32;
  windowWidth: i32;
  strideY: i32;
  strideX: i32;
  top: i32;
  left: i32;
  /** 1: the input passes relu on its way in, the output's gradient on its way back. */
  relu: i32;
}

/**
 * The largest value of each window (the padding does not count), and which one: `choice` is its place in the window,
 * the first of equal ones, or -1 where a relu lets no gradient pass. Channels come in whole vectors of 4 where the count allows.
 */
export function maxPoolingForward(shape: PoolingShape, input: usize, output: usize, choice: usize): void {
  const channels = shape.channels;
  for (let y = 0; y < shape.outputHeight; y++) {
    for (let x = 0; x < shape.outputWidth; x++) {
      let channel = 0;
      for (; channel + 4 <= channels; channel += 4) maxOf4(shape, y, x, channel, input, output, choice);
      for (; channel < channels; channel++) maxOf1(shape, y, x, channel, input, output, choice);
      output += (<usize>channels) << 2;
      choice += (<usize>channels) << 2;
    }
  }
}

@inline
function maxOf4(
  shape: PoolingShape,
  y: i32,
  x: i32,
  channel: i32,
  input: usize,
  output: usize,
  choice: usize,
): void {
  let best = f32x4.splat(-Infinity);
  let bestTap = i32x4.splat(-1);
  const firstY = y * shape.strideY - shape.top;
  const firstX = x * shape.strideX - shape.left;
  for (let i = max(0, -firstY); i < min(shape.windowHeight, shape.height - firstY); i++) {
    for (let j = max(0, -firstX); j < min(shape.windowWidth, shape.width - firstX); j++) {
      const at = ((firstY + i) * shape.width + firstX + j) * shape.channels + channel;
      const value = v128.load(input + ((<usize>at) << 2));
      // Not "greater": a NaN is taken too, and then kept, as max would; it must not vanish.
      const taken = v128.andnot(i32x4.splat(-1), f32x4.le(value, best));
      best = v128.bitselect(value, best, taken);
      bestTap = v128.bitselect(i32x4.splat(i * shape.windowWidth + j), bestTap, taken);
    }
  }
  if (shape.relu) {
    const zero = f32x4.splat(0);
    bestTap = v128.or(bestTap, v128.not(f32x4.gt(best, zero)));
    best = f32x4.max(best, zero);
  }
  v128.store(output + ((<usize>channel) << 2), best);
  v128.store(choice + ((<usize>channel) << 2), bestTap);
}

@inline
function maxOf1(
  shape: PoolingShape,
  y: i32,
  x: i32,
  channel: i32,
  input: usize,
  output: usize,
  choice: usize,
): void {
  let best: f32 = -Infinity;
  let bestTap: i32 = -1;
  const firstY = y * shape.strideY - shape.top;
  const firstX = x * shape.strideX - shape.left;
  for (let i = max(0, -firstY); i < min(shape.windowHeight, shape.height - firstY); i++) {
    for (let j = max(0, -firstX); j < min(shape.windowWidth, shape.width - firstX); j++) {
      const at = ((firstY + i) * shape.width + firstX + j) * shape.channels + channel;
      const value = load<f32>(input + ((<usize>at) << 2));
      if (!(value <= best)) {
        best = value;
        bestTap = i * shape.windowWidth + j;
      }
    }
  }
  if (shape.relu) {
    if (!(best > 0)) bestTap = -1;
    best = max<f32>(best, 0);
  }
  store<f32>(output + ((<usize>channel) << 2), best);
  store<i32>(choice + ((<usize>channel) << 2), bestTap);
}

/** dInput += dOutput at each window's choice. dInput is overwritten. */
export function maxPoolingBackward(shape: PoolingShape, choice: usize, dOutput: usize, dInput: usize): void {
  const channels = shape.channels;
  memory.fill(dInput, 0, (<usize>(shape.height * shape.width * channels)) << 2);
  for (let y = 0; y < shape.outputHeight; y++) {
    for (let x = 0; x < shape.outputWidth; x++) {
      const firstY = y * shape.strideY - shape.top;
      const firstX = x * shape.strideX - shape.left;
      for (let i = max(0, -firstY); i < min(shape.windowHeight, shape.height - firstY); i++) {
        for (let j = max(0, -firstX); j < min(shape.windowWidth, shape.width - firstX); j++) {
          const at = (<usize>(((firstY + i) * shape.width + firstX + j) * channels)) << 2;
          scatter(channels, i * shape.windowWidth + j, choice, dOutput, dInput + at);
        }
      }
      choice += (<usize>channels) << 2;
      dOutput += (<usize>channels) << 2;
    }
  }
}

/** One pixel of the input: dInput[channel] += dOutput[channel] where the choice is `tap`. */
@inline
function scatter(channels: i32, tap: i32, choice: usize, dOutput: usize, dInput: usize): void {
  const taps = i32x4.splat(tap);
  const bytes = (<usize>channels) << 2;
  let channel: usize = 0;
  for (; channel + 16 <= bytes; channel += 16) {
    const chosen = i32x4.eq(v128.load(choice + channel), taps);
    const share = v128.and(v128.load(dOutput + channel), chosen);
    v128.store(dInput + channel, f32x4.add(v128.load(dInput + channel), share));
  }
  for (; channel < bytes; channel += 4) {
    if (load<i32>(choice + channel) !== tap) continue;
    store<f32>(dInput + channel, load<f32>(dInput + channel) + load<f32>(dOutput + channel));
  }
}

/** The mean of each window's real values. */
export function averagePoolingForward(shape: PoolingShape, input: usize, output: usize): void {
  const bytes = (<usize>shape.channels) << 2;
  const rowBytes = <usize>shape.width * bytes;
  for (let y = 0; y < shape.outputHeight; y++) {
    const rows = rowsOf(shape, y);
    for (let x = 0; x < shape.outputWidth; x++) {
      const columns = columnsOf(shape, x);
      const values = <f32>(rows * columns);
      const first = input + firstOf(shape, y, 0, x, 0);
      let at: usize = 0;
      for (; at + 16 <= bytes; at += 16) {
        let sum = f32x4.splat(0);
        for (let row = 0, line = first + at; row < rows; row++, line += rowBytes) {
          for (let column = 0, from = line; column < columns; column++, from += bytes) {
            sum = f32x4.add(sum, v128.load(from));
          }
        }
        v128.store(output + at, f32x4.div(sum, f32x4.splat(values)));
      }
      for (; at < bytes; at += 4) {
        let sum: f32 = 0;
        for (let row = 0, line = first + at; row < rows; row++, line += rowBytes) {
          for (let column = 0, from = line; column < columns; column++, from += bytes) sum += load<f32>(from);
        }
        store<f32>(output + at, sum / values);
      }
      output += bytes;
    }
  }
}

/** Each real value of a window gets an equal part of the gradient. dInput is overwritten. */
export function averagePoolingBackward(shape: PoolingShape, dOutput: usize, dInput: usize): void {
  const channels = shape.channels;
  memory.fill(dInput, 0, (<usize>(shape.height * shape.width * channels)) << 2);
  for (let y = 0; y < shape.outputHeight; y++) {
    const rows = rowsOf(shape, y);
    for (let x = 0; x < shape.outputWidth; x++) {
      const columns = columnsOf(shape, x);
      const values = <f32>(rows * columns);
      for (let row = 0; row < rows; row++) {
        let at = dInput + firstOf(shape, y, row, x, 0);
        for (let column = 0; column < columns; column++) {
          addShares(channels, dOutput, values, at);
          at += (<usize>channels) << 2;
        }
      }
      dOutput += (<usize>channels) << 2;
    }
  }
}

/** One pixel of the input: dInput += dOutput / values */
@inline
function addShares(channels: i32, dOutput: usize, values: f32, dInput: usize): void {
  let channel = 0;
  for (; channel + 4 <= channels; channel += 4) {
    const share = f32x4.div(v128.load(dOutput), f32x4.splat(values));
    v128.store(dInput, f32x4.add(v128.load(dInput), share));
    dOutput += 16;
    dInput += 16;
  }
  for (; channel < channels; channel++) {
    store<f32>(dInput, load<f32>(dInput) + load<f32>(dOutput) / values);
    dOutput += 4;
    dInput += 4;
  }
}

/** How many rows of the image a window has, the padding left out. */
function rowsOf(shape: PoolingShape, y: i32): i32 {
  const first = y * shape.strideY - shape.top;
  return min(shape.height, first + shape.windowHeight) - max(0, first);
}

function columnsOf(shape: PoolingShape, x: i32): i32 {
  const first = x * shape.strideX - shape.left;
  return min(shape.width, first + shape.windowWidth) - max(0, first);
}

/** Byte offset of a window row's first real value. */
function firstOf(shape: PoolingShape, y: i32, row: i32, x: i32, channel: i32): usize {
  const imageRow = max(0, y * shape.strideY - shape.top) + row;
  const imageColumn = max(0, x * shape.strideX - shape.left);
  return (<usize>((imageRow * shape.width + imageColumn) * shape.channels + channel)) << 2;
}
