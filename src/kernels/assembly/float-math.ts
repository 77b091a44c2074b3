/**
 * Functions of four float32 at once. Multiply and add round separately, so every build gives the same bits. A NaN stays
 * one. Errors, in units in the last place: test/kernels/float-math.test.ts.
 */

/** Adding 1.5 * 2^23 rounds to a whole number, which then stands in the last bits. */
const shift: f32 = 12582912;
/** The bits of that. */
const shiftBits: i32 = 0x4b400000;

/** x / log(2), rounded, behind `shift`. */
@inline
function shiftedPower(x: v128): v128 {
  return f32x4.add(f32x4.mul(x, f32x4.splat(1.4426950408889634)), f32x4.splat(shift));
}

/** What that leaves of x, at most log(2) / 2: log(2) in two parts, of which the first one's multiples are exact. */
@inline
function restOf(x: v128, shifted: v128): v128 {
  const power = f32x4.sub(shifted, f32x4.splat(shift));
  const rest = f32x4.sub(x, f32x4.mul(power, f32x4.splat(0.693359375)));
  return f32x4.sub(rest, f32x4.mul(power, f32x4.splat(-2.1219444e-4)));
}

/** exp(r) - 1 for |r| <= log(2) / 2. Coefficients: Cephes, expf. */
@inline
function restMinusOne(r: v128): v128 {
  let sum = f32x4.splat(1.98756915e-4);
  sum = f32x4.add(f32x4.mul(sum, r), f32x4.splat(1.3981999507e-3));
  sum = f32x4.add(f32x4.mul(sum, r), f32x4.splat(8.3334519073e-3));
  sum = f32x4.add(f32x4.mul(sum, r), f32x4.splat(4.1665795894e-2));
  sum = f32x4.add(f32x4.mul(sum, r), f32x4.splat(1.6666665459e-1));
  sum = f32x4.add(f32x4.mul(sum, r), f32x4.splat(5.0000001201e-1));
  return f32x4.add(f32x4.mul(f32x4.mul(r, r), sum), r);
}

/** 2^power, for whole numbers from -126 to 127. */
@inline
function powerOfTwo(power: v128): v128 {
  return i32x4.shl(i32x4.add(power, i32x4.splat(127)), 23);
}

/** The lesser of x and a limit, or the greater: a NaN stays. */
@inline
export function atMost(x: v128, limit: f32): v128 {
  return f32x4.pmin(x, f32x4.splat(limit));
}
@inline
export function atLeast(x: v128, limit: f32): v128 {
  return f32x4.pmax(x, f32x4.splat(limit));
}

/** exp(x), from denormal numbers to infinity. */
@inline
export function exp4(x: v128): v128 {
  const inRange = atLeast(atMost(x, 89), -104);
  const shifted = shiftedPower(inRange);
  const value = f32x4.add(restMinusOne(restOf(inRange, shifted)), f32x4.splat(1));
  // By halves, since the whole one may be no normal number.
  const power = i32x4.sub(shifted, i32x4.splat(shiftBits));
  const half = i32x4.shr_s(power, 1);
  return f32x4.mul(f32x4.mul(value, powerOfTwo(half)), powerOfTwo(i32x4.sub(power, half)));
}

/** exp(x) - 1 for x up to 0. */
@inline
export function expMinusOne4(x: v128): v128 {
  const inRange = atLeast(x, -87);
  const shifted = shiftedPower(inRange);
  const scale = powerOfTwo(i32x4.sub(shifted, i32x4.splat(shiftBits)));
  const rest = restMinusOne(restOf(inRange, shifted));
  return f32x4.add(f32x4.mul(scale, rest), f32x4.sub(scale, f32x4.splat(1)));
}

/** log(1 + e) for e from 0 to 1: 2 (s + s^3 / 3 + s^5 / 5 + ...) with s = e / (2 + e). */
@inline
export function logOfOnePlus4(e: v128): v128 {
  const s = f32x4.div(e, f32x4.add(e, f32x4.splat(2)));
  const square = f32x4.mul(s, s);
  let sum = f32x4.splat(1.0 / 15);
  sum = f32x4.add(f32x4.mul(sum, square), f32x4.splat(1.0 / 13));
  sum = f32x4.add(f32x4.mul(sum, square), f32x4.splat(1.0 / 11));
  sum = f32x4.add(f32x4.mul(sum, square), f32x4.splat(1.0 / 9));
  sum = f32x4.add(f32x4.mul(sum, square), f32x4.splat(1.0 / 7));
  sum = f32x4.add(f32x4.mul(sum, square), f32x4.splat(1.0 / 5));
  sum = f32x4.add(f32x4.mul(sum, square), f32x4.splat(1.0 / 3));
  const twice = f32x4.add(s, s);
  return f32x4.add(f32x4.mul(f32x4.mul(sum, square), twice), twice);
}

/** 1 / (1 + exp(-x)) = exp(min(x, 0)) / (1 + exp(-|x|)) */
@inline
export function sigmoid4(x: v128): v128 {
  const one = f32x4.splat(1);
  const e = exp4(f32x4.neg(f32x4.abs(x)));
  const above = v128.bitselect(one, e, f32x4.gt(x, f32x4.splat(0)));
  return f32x4.div(above, f32x4.add(one, e));
}

/** tanh(|x|) = -t / (t + 2) with t = exp(-2 |x|) - 1, then the sign of x. */
@inline
export function tanh4(x: v128): v128 {
  const size = f32x4.abs(x);
  const t = expMinusOne4(f32x4.neg(f32x4.add(size, size)));
  const positive = f32x4.div(f32x4.abs(t), f32x4.add(t, f32x4.splat(2)));
  return v128.or(positive, v128.and(x, i32x4.splat(0x80000000)));
}

/** exp(-x^2 / 2) / sqrt(2 pi) */
@inline
export function normalDensity4(x: v128): v128 {
  const exponent = f32x4.mul(f32x4.mul(x, x), f32x4.splat(-0.5));
  return f32x4.mul(exp4(exponent), f32x4.splat(0.3989422804014327));
}

/**
 * The normal distribution's probability of values below x. Source: Press et al., Numerical Recipes in C, 2nd edition,
 * erfcc, of which this is half at |x| / sqrt(2).
 */
@inline
export function normalBelow4(x: v128): v128 {
  const one = f32x4.splat(1);
  const z = f32x4.mul(f32x4.abs(x), f32x4.splat(0.7071067811865476));
  const t = f32x4.div(one, f32x4.add(one, f32x4.mul(z, f32x4.splat(0.5))));
  let sum = f32x4.splat(0.17087277);
  sum = f32x4.add(f32x4.mul(sum, t), f32x4.splat(-0.82215223));
  sum = f32x4.add(f32x4.mul(sum, t), f32x4.splat(1.48851587));
  sum = f32x4.add(f32x4.mul(sum, t), f32x4.splat(-1.13520398));
  sum = f32x4.add(f32x4.mul(sum, t), f32x4.splat(0.27886807));
  sum = f32x4.add(f32x4.mul(sum, t), f32x4.splat(-0.18628806));
  sum = f32x4.add(f32x4.mul(sum, t), f32x4.splat(0.09678418));
  sum = f32x4.add(f32x4.mul(sum, t), f32x4.splat(0.37409196));
  sum = f32x4.add(f32x4.mul(sum, t), f32x4.splat(1.00002368));
  sum = f32x4.add(f32x4.mul(sum, t), f32x4.splat(-1.26551223));
  const half = f32x4.mul(t, f32x4.splat(0.5));
  const tail = f32x4.mul(half, exp4(f32x4.sub(sum, f32x4.mul(z, z))));
  return v128.bitselect(f32x4.sub(one, tail), tail, f32x4.gt(x, f32x4.splat(0)));
}
