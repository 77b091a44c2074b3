/**
 * Depthwise convolution of a padded image with one filter a channel; the kernel is [taps, channels], row by row. Plain
 * form: src/engine/reference/layers/depthwise-conv2d.ts.
 */
import { multiplyAdd } from './multiply-add';

@unmanaged
export class DepthwiseShape {
  outputHeight: i32;
  outputWidth: i32;
  channels: i32;
  windowHeight: i32;
  windowWidth: i32;
  /** In bytes of the padded image: from window to window, and from tap to tap. */
  strideY: usize;
  strideX: usize;
  tapY: usize;
  tapX: usize;
}

/** output = bias + the sum over the taps of image * kernel; [channels] zeros for the bias where there is none */
export function depthwiseForward(
  shape: DepthwiseShape,
  image: usize,
  kernel: usize,
  bias: usize,
  output: usize,
): void {
  const bytes = (<usize>shape.channels) << 2;
  for (let y = 0; y < shape.outputHeight; y++) {
    let from = image + <usize>y * shape.strideY;
    let x = 0;
    if (bytes % 64 === 0) {
      for (; x + 2 <= shape.outputWidth; x += 2) {
        for (let at: usize = 0; at < bytes; at += 64) {
          windowSums(true, shape, from + at, kernel + at, bias + at, output + at);
        }
        from += shape.strideX << 1;
        output += bytes << 1;
      }
    }
    for (; x < shape.outputWidth; x++) {
      let at: usize = 0;
      for (; at + 64 <= bytes; at += 64)
        windowSums(false, shape, from + at, kernel + at, bias + at, output + at);
      for (; at + 16 <= bytes; at += 16) {
        v128.store(output + at, windowSum(shape, from + at, kernel + at, v128.load(bias + at)));
      }
      for (; at < bytes; at += 4) {
        const sum = windowSumOf1(shape, from + at, kernel + at, load<f32>(bias + at));
        store<f32>(output + at, sum);
      }
      from += shape.strideX;
      output += bytes;
    }
  }
}

/**
 * Of 16 channels: four sums that do not wait for each other.
 * @param two whether also of the next window, which reads the kernel together with this one
 */
@inline
function windowSums(
  two: bool,
  shape: DepthwiseShape,
  image: usize,
  kernel: usize,
  start: usize,
  output: usize,
): void {
  const bytes = (<usize>shape.channels) << 2;
  let sum0 = v128.load(start);
  let sum1 = v128.load(start, 16);
  let sum2 = v128.load(start, 32);
  let sum3 = v128.load(start, 48);
  let next0 = sum0;
  let next1 = sum1;
  let next2 = sum2;
  let next3 = sum3;
  for (let i = 0; i < shape.windowHeight; i++) {
    let from = image;
    for (let j = 0; j < shape.windowWidth; j++) {
      const tap0 = v128.load(kernel);
      const tap1 = v128.load(kernel, 16);
      const tap2 = v128.load(kernel, 32);
      const tap3 = v128.load(kernel, 48);
      sum0 = multiplyAdd(v128.load(from), tap0, sum0);
      sum1 = multiplyAdd(v128.load(from, 16), tap1, sum1);
      sum2 = multiplyAdd(v128.load(from, 32), tap2, sum2);
      sum3 = multiplyAdd(v128.load(from, 48), tap3, sum3);
      if (two) {
        const beside = from + shape.strideX;
        next0 = multiplyAdd(v128.load(beside), tap0, next0);
        next1 = multiplyAdd(v128.load(beside, 16), tap1, next1);
        next2 = multiplyAdd(v128.load(beside, 32), tap2, next2);
        next3 = multiplyAdd(v128.load(beside, 48), tap3, next3);
      }
      from += shape.tapX;
      kernel += bytes;
    }
    image += shape.tapY;
  }
  storeFour(output, sum0, sum1, sum2, sum3);
  if (two) storeFour(output + bytes, next0, next1, next2, next3);
}

@inline
function storeFour(at: usize, value0: v128, value1: v128, value2: v128, value3: v128): void {
  v128.store(at, value3, 48);
  v128.store(at, value2, 32);
  v128.store(at, value1, 16);
  v128.store(at, value0);
}

@inline
function windowSum(shape: DepthwiseShape, image: usize, kernel: usize, start: v128): v128 {
  const bytes = (<usize>shape.channels) << 2;
  let sum = start;
  for (let i = 0; i < shape.windowHeight; i++) {
    let from = image;
    for (let j = 0; j < shape.windowWidth; j++) {
      sum = multiplyAdd(v128.load(from), v128.load(kernel), sum);
      from += shape.tapX;
      kernel += bytes;
    }
    image += shape.tapY;
  }
  return sum;
}

@inline
function windowSumOf1(shape: DepthwiseShape, image: usize, kernel: usize, start: f32): f32 {
  const bytes = (<usize>shape.channels) << 2;
  let sum = start;
  for (let i = 0; i < shape.windowHeight; i++) {
    let from = image;
    for (let j = 0; j < shape.windowWidth; j++) {
      sum += load<f32>(from) * load<f32>(kernel);
      from += shape.tapX;
      kernel += bytes;
    }
    image += shape.tapY;
  }
  return sum;
}

/** dKernel[tap, channel] += the sum over the pixels of image * dOutput */
export function addDepthwiseGradient(
  shape: DepthwiseShape,
  image: usize,
  dOutput: usize,
  dKernel: usize,
): void {
  const bytes = (<usize>shape.channels) << 2;
  for (let i = 0; i < shape.windowHeight; i++) {
    for (let j = 0; j < shape.windowWidth; j++) {
      const from = image + <usize>i * shape.tapY + <usize>j * shape.tapX;
      let at: usize = 0;
      for (; at + 64 <= bytes; at += 64) pixelSums(shape, from + at, dOutput + at, dKernel + at);
      for (; at + 16 <= bytes; at += 16) {
        v128.store(dKernel + at, pixelSum(shape, from + at, dOutput + at, v128.load(dKernel + at)));
      }
      for (; at < bytes; at += 4) {
        const sum = pixelSumOf1(shape, from + at, dOutput + at, load<f32>(dKernel + at));
        store<f32>(dKernel + at, sum);
      }
      dKernel += bytes;
    }
  }
}

/** Of 16 channels. */
@inline
function pixelSums(shape: DepthwiseShape, image: usize, dOutput: usize, sums: usize): void {
  const bytes = (<usize>shape.channels) << 2;
  let sum0 = v128.load(sums);
  let sum1 = v128.load(sums, 16);
  let sum2 = v128.load(sums, 32);
  let sum3 = v128.load(sums, 48);
  for (let y = 0; y < shape.outputHeight; y++) {
    let from = image;
    for (let x = 0; x < shape.outputWidth; x++) {
      sum0 = multiplyAdd(v128.load(from), v128.load(dOutput), sum0);
      sum1 = multiplyAdd(v128.load(from, 16), v128.load(dOutput, 16), sum1);
      sum2 = multiplyAdd(v128.load(from, 32), v128.load(dOutput, 32), sum2);
      sum3 = multiplyAdd(v128.load(from, 48), v128.load(dOutput, 48), sum3);
      from += shape.strideX;
      dOutput += bytes;
    }
    image += shape.strideY;
  }
  storeFour(sums, sum0, sum1, sum2, sum3);
}

@inline
function pixelSum(shape: DepthwiseShape, image: usize, dOutput: usize, start: v128): v128 {
  const bytes = (<usize>shape.channels) << 2;
  let sum = start;
  for (let y = 0; y < shape.outputHeight; y++) {
    let from = image;
    for (let x = 0; x < shape.outputWidth; x++) {
      sum = multiplyAdd(v128.load(from), v128.load(dOutput), sum);
      from += shape.strideX;
      dOutput += bytes;
    }
    image += shape.strideY;
  }
  return sum;
}

@inline
function pixelSumOf1(shape: DepthwiseShape, image: usize, dOutput: usize, start: f32): f32 {
  const bytes = (<usize>shape.channels) << 2;
  let sum = start;
  for (let y = 0; y < shape.outputHeight; y++) {
    let from = image;
    for (let x = 0; x < shape.outputWidth; x++) {
      sum += load<f32>(from) * load<f32>(dOutput);
      from += shape.strideX;
      dOutput += bytes;
    }
    image += shape.strideY;
  }
  return sum;
}

/** Each value `times` times in a row. */
export function repeatValues(source: usize, target: usize, count: i32, times: i32): void {
  for (let i = 0; i < count; i++) {
    const value = load<f32>(source + ((<usize>i) << 2));
    for (let time = 0; time < times; time++) {
      store<f32>(target, value);
      target += 4;
    }
  }
}

/** target[i] = the sum of the `times` values of source from i * times on */
export function sumRepeated(source: usize, target: usize, count: i32, times: i32): void {
  for (let i = 0; i < count; i++) {
    let sum: f32 = 0;
    for (let time = 0; time < times; time++) {
      sum += load<f32>(source);
      source += 4;
    }
    store<f32>(target + ((<usize>i) << 2), sum);
  }
}
