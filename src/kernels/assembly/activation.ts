/**
 * Activations of `count` values, and of no more: what follows may be another example's. Output may lie over input. The
 * gradient is multiplied by the derivative, which is told from the input or from the output (`src/engine/wasm/layers/activation.ts`
 * says which). Plain forms: src/engine/reference/layers/activation.ts.
 */
import {
  atMost,
  exp4,
  expMinusOne4,
  logOfOnePlus4,
  normalBelow4,
  normalDensity4,
  sigmoid4,
  tanh4,
} from './float-math';

const relu: i32 = 0;
const leaky: i32 = 1;
const capped: i32 = 2;
const thresholded: i32 = 3;
const hard: i32 = 4;
const softsign: i32 = 5;
const elu: i32 = 6;
const selu: i32 = 7;
const softplus: i32 = 8;
const swish: i32 = 9;
const mish: i32 = 10;
const gelu: i32 = 11;
const geluNew: i32 = 12;
const sigmoid: i32 = 13;
const tanh: i32 = 14;

const seluScale: f64 = 1.0507009873554805;
const seluBelow: f64 = 1.0507009873554805 * 1.6732632423543772;

export function reluForward(input: usize, output: usize, count: i32, setting: f32): void {
  forward(relu, input, output, count, setting);
}
export function reluBackward(output: usize, gradient: usize, count: i32, setting: f32): void {
  backward(relu, output, gradient, count, setting);
}
export function leakyReLUForward(input: usize, output: usize, count: i32, alpha: f32): void {
  forward(leaky, input, output, count, alpha);
}
export function leakyReLUBackward(input: usize, gradient: usize, count: i32, alpha: f32): void {
  backward(leaky, input, gradient, count, alpha);
}
export function cappedReLUForward(input: usize, output: usize, count: i32, cap: f32): void {
  forward(capped, input, output, count, cap);
}
export function cappedReLUBackward(output: usize, gradient: usize, count: i32, cap: f32): void {
  backward(capped, output, gradient, count, cap);
}
export function thresholdedReLUForward(input: usize, output: usize, count: i32, theta: f32): void {
  forward(thresholded, input, output, count, theta);
}
export function thresholdedReLUBackward(output: usize, gradient: usize, count: i32, theta: f32): void {
  backward(thresholded, output, gradient, count, theta);
}
export function hardSigmoidForward(input: usize, output: usize, count: i32, setting: f32): void {
  forward(hard, input, output, count, setting);
}
export function hardSigmoidBackward(output: usize, gradient: usize, count: i32, setting: f32): void {
  backward(hard, output, gradient, count, setting);
}
export function softsignForward(input: usize, output: usize, count: i32, setting: f32): void {
  forward(softsign, input, output, count, setting);
}
export function softsignBackward(output: usize, gradient: usize, count: i32, setting: f32): void {
  backward(softsign, output, gradient, count, setting);
}
export function eluForward(input: usize, output: usize, count: i32, setting: f32): void {
  forward(elu, input, output, count, setting);
}
export function eluBackward(output: usize, gradient: usize, count: i32, setting: f32): void {
  backward(elu, output, gradient, count, setting);
}
export function seluForward(input: usize, output: usize, count: i32, setting: f32): void {
  forward(selu, input, output, count, setting);
}
export function seluBackward(output: usize, gradient: usize, count: i32, setting: f32): void {
  backward(selu, output, gradient, count, setting);
}
export function softplusForward(input: usize, output: usize, count: i32, setting: f32): void {
  forward(softplus, input, output, count, setting);
}
export function softplusBackward(output: usize, gradient: usize, count: i32, setting: f32): void {
  backward(softplus, output, gradient, count, setting);
}
export function swishForward(input: usize, output: usize, count: i32, setting: f32): void {
  forward(swish, input, output, count, setting);
}
export function swishBackward(input: usize, gradient: usize, count: i32, setting: f32): void {
  backward(swish, input, gradient, count, setting);
}
export function mishForward(input: usize, output: usize, count: i32, setting: f32): void {
  forward(mish, input, output, count, setting);
}
export function mishBackward(input: usize, gradient: usize, count: i32, setting: f32): void {
  backward(mish, input, gradient, count, setting);
}
export function geluForward(input: usize, output: usize, count: i32, setting: f32): void {
  forward(gelu, input, output, count, setting);
}
export function geluBackward(input: usize, gradient: usize, count: i32, setting: f32): void {
  backward(gelu, input, gradient, count, setting);
}

export function geluNewForward(input: usize, output: usize, count: i32, setting: f32): void {
  forward(geluNew, input, output, count, setting);
}
export function geluNewBackward(input: usize, gradient: usize, count: i32, setting: f32): void {
  backward(geluNew, input, gradient, count, setting);
}
export function sigmoidForward(input: usize, output: usize, count: i32, setting: f32): void {
  forward(sigmoid, input, output, count, setting);
}
export function sigmoidBackward(output: usize, gradient: usize, count: i32, setting: f32): void {
  backward(sigmoid, output, gradient, count, setting);
}
export function tanhForward(input: usize, output: usize, count: i32, setting: f32): void {
  forward(tanh, input, output, count, setting);
}
export function tanhBackward(output: usize, gradient: usize, count: i32, setting: f32): void {
  backward(tanh, output, gradient, count, setting);
}

/** `kind` is a constant wherever this is called, so that each function above has a loop of its own. */
@inline
function forward(kind: i32, input: usize, output: usize, count: i32, setting: f32): void {
  let left = count;
  for (; left >= 8; left -= 8) {
    const value0 = activated(kind, v128.load(input, 0), setting);
    const value1 = activated(kind, v128.load(input, 16), setting);
    v128.store(output, value1, 16);
    v128.store(output, value0, 0);
    input += 32;
    output += 32;
  }
  for (; left > 0; left -= 4) {
    store4(output, activated(kind, load4(input, left), setting), left);
    input += 16;
    output += 16;
  }
}

/** @param from the input or the output */
@inline
function backward(kind: i32, from: usize, gradient: usize, count: i32, setting: f32): void {
  let left = count;
  for (; left >= 8; left -= 8) {
    const value0 = scaled(kind, v128.load(from, 0), v128.load(gradient, 0), setting);
    const value1 = scaled(kind, v128.load(from, 16), v128.load(gradient, 16), setting);
    v128.store(gradient, value1, 16);
    v128.store(gradient, value0, 0);
    from += 32;
    gradient += 32;
  }
  for (; left > 0; left -= 4) {
    store4(gradient, scaled(kind, load4(from, left), load4(gradient, left), setting), left);
    from += 16;
    gradient += 16;
  }
}

/** Four values, or those that are left. */
@inline
function load4(at: usize, left: i32): v128 {
  if (left >= 4) return v128.load(at);
  let values = v128.load32_zero(at);
  if (left > 1) values = v128.load_lane<f32>(at + 4, values, 1);
  if (left > 2) values = v128.load_lane<f32>(at + 8, values, 2);
  return values;
}

@inline
function store4(at: usize, values: v128, left: i32): void {
  if (left >= 4) {
    v128.store(at, values);
    return;
  }
  v128.store_lane<f32>(at, values, 0);
  if (left > 1) v128.store_lane<f32>(at + 4, values, 1);
  if (left > 2) v128.store_lane<f32>(at + 8, values, 2);
}

@inline
function activated(kind: i32, x: v128, setting: f32): v128 {
  const zero = f32x4.splat(0);
  const one = f32x4.splat(1);
  const given = f32x4.splat(setting);
  // max(0, NaN) must stay NaN: a comparison would hide it.
  if (kind === relu) return f32x4.max(x, zero);
  if (kind === leaky) return v128.bitselect(f32x4.mul(x, given), x, f32x4.lt(x, zero));
  if (kind === capped) return f32x4.min(f32x4.max(x, zero), given);
  if (kind === thresholded) return v128.andnot(x, f32x4.le(x, given));
  if (kind === hard) {
    const line = f32x4.add(f32x4.mul(x, f32x4.splat(0.2)), f32x4.splat(0.5));
    return f32x4.min(f32x4.max(line, zero), one);
  }
  if (kind === softsign) return f32x4.div(x, f32x4.add(f32x4.abs(x), one));
  if (kind === sigmoid) return sigmoid4(x);
  if (kind === tanh) return tanh4(x);
  // Not "greater", so that -0 stays.
  if (kind === elu) return v128.bitselect(x, expMinusOne4(atMost(x, 0)), f32x4.ge(x, zero));
  if (kind === selu) {
    const below = f32x4.mul(expMinusOne4(atMost(x, 0)), f32x4.splat(<f32>seluBelow));
    return v128.bitselect(f32x4.mul(x, f32x4.splat(<f32>seluScale)), below, f32x4.ge(x, zero));
  }
  if (kind === softplus) {
    const rest = logOfOnePlus4(exp4(f32x4.neg(f32x4.abs(x))));
    return f32x4.add(f32x4.pmax(x, zero), rest);
  }
  if (kind === swish) return f32x4.mul(x, sigmoid4(x));
  if (kind === mish) {
    const n = mishPower(x);
    return f32x4.mul(x, f32x4.div(n, f32x4.add(n, f32x4.splat(2))));
  }
  if (kind === geluNew) return f32x4.mul(x, halfOfTanh(x));
  return f32x4.mul(x, normalBelow4(x));
}

/** The gradient d times the derivative at the input or output x. */
@inline
function scaled(kind: i32, x: v128, d: v128, setting: f32): v128 {
  const zero = f32x4.splat(0);
  const one = f32x4.splat(1);
  const given = f32x4.splat(setting);
  if (kind === relu) return v128.and(d, f32x4.gt(x, zero));
  if (kind === leaky) return v128.bitselect(d, f32x4.mul(d, given), f32x4.gt(x, zero));
  if (kind === capped) return v128.and(d, v128.and(f32x4.gt(x, zero), f32x4.lt(x, given)));
  if (kind === thresholded) return v128.and(d, f32x4.ne(x, zero));
  if (kind === hard) {
    const inside = v128.and(f32x4.gt(x, zero), f32x4.lt(x, one));
    return v128.and(f32x4.mul(d, f32x4.splat(0.2)), inside);
  }
  if (kind === softsign) {
    const rest = f32x4.sub(one, f32x4.abs(x));
    return f32x4.mul(d, f32x4.mul(rest, rest));
  }
  if (kind === elu) return v128.bitselect(d, f32x4.mul(d, f32x4.add(x, one)), f32x4.gt(x, zero));
  if (kind === selu) {
    const above = f32x4.splat(<f32>seluScale);
    const slope = v128.bitselect(above, f32x4.add(x, f32x4.splat(<f32>seluBelow)), f32x4.gt(x, zero));
    return f32x4.mul(d, slope);
  }
  if (kind === sigmoid) return f32x4.mul(d, f32x4.mul(x, f32x4.sub(one, x)));
  if (kind === tanh) return f32x4.mul(d, f32x4.sub(one, f32x4.mul(x, x)));
  // Of the output, log(1 + exp(input)).
  if (kind === softplus) return f32x4.mul(d, f32x4.neg(expMinusOne4(f32x4.neg(x))));
  if (kind === swish) {
    const s = sigmoid4(x);
    return f32x4.mul(d, f32x4.mul(s, f32x4.add(one, f32x4.mul(x, f32x4.sub(one, s)))));
  }
  if (kind === mish) return f32x4.mul(d, mishSlope(x));
  if (kind === geluNew) return f32x4.mul(d, geluNewSlope(x));
  return f32x4.mul(d, f32x4.add(normalBelow4(x), f32x4.mul(x, normalDensity4(x))));
}

/** n = e (e + 2) with e = exp(x), so that tanh(log(1 + e)) = n / (n + 2). From 20 on that is 1. */
@inline
function mishPower(x: v128): v128 {
  const e = exp4(atMost(x, 20));
  return f32x4.mul(e, f32x4.add(e, f32x4.splat(2)));
}

/** t + x s (1 - t^2) with t as above, 1 - t^2 = 4 (n + 1) / (n + 2)^2 and s = sigmoid(x). */
@inline
function mishSlope(x: v128): v128 {
  const one = f32x4.splat(1);
  const two = f32x4.splat(2);
  const n = mishPower(x);
  const inverse = f32x4.div(one, f32x4.add(n, two));
  const twice = f32x4.mul(two, inverse);
  const rest = f32x4.mul(f32x4.add(n, one), f32x4.mul(twice, twice));
  return f32x4.add(f32x4.mul(n, inverse), f32x4.mul(f32x4.mul(x, sigmoid4(x)), rest));
}

/** (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2 */
@inline
function halfOfTanh(x: v128): v128 {
  const cubic = f32x4.mul(f32x4.mul(f32x4.mul(x, x), x), f32x4.splat(0.07135481627260025));
  return sigmoid4(f32x4.add(f32x4.mul(x, f32x4.splat(1.5957691216057308)), cubic));
}

/** The slope of x times that. */
@inline
function geluNewSlope(x: v128): v128 {
  const s = halfOfTanh(x);
  const cubic = f32x4.mul(f32x4.mul(x, x), f32x4.splat(0.21406444881780076));
  const line = f32x4.add(cubic, f32x4.splat(1.5957691216057308));
  const ofSigmoid = f32x4.mul(s, f32x4.sub(f32x4.splat(1), s));
  return f32x4.add(s, f32x4.mul(f32x4.mul(x, line), ofSigmoid));
}
