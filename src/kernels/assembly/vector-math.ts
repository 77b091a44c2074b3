/** Functions of two float64 at once, to some 1e-8 of the value or better: more than float32 shows. A NaN stays one. */

/** exp(x): 2^k exp(r) with |r| <= log(2) / 2, by its series. */
@inline
export function exp2(x: v128): v128 {
  const inRange = f64x2.max(f64x2.min(x, f64x2.splat(700)), f64x2.splat(-700));
  // Adding 1.5 * 2^52 rounds to a whole number, which then stands in the last bits.
  const shift = f64x2.splat(6755399441055744);
  const shifted = f64x2.add(f64x2.mul(inRange, f64x2.splat(1.4426950408889634)), shift);
  const k = f64x2.sub(shifted, shift);
  const r = f64x2.sub(inRange, f64x2.mul(k, f64x2.splat(0.6931471805599453)));
  let sum = f64x2.splat(1.0 / 40320);
  sum = f64x2.add(f64x2.mul(sum, r), f64x2.splat(1.0 / 5040));
  sum = f64x2.add(f64x2.mul(sum, r), f64x2.splat(1.0 / 720));
  sum = f64x2.add(f64x2.mul(sum, r), f64x2.splat(1.0 / 120));
  sum = f64x2.add(f64x2.mul(sum, r), f64x2.splat(1.0 / 24));
  sum = f64x2.add(f64x2.mul(sum, r), f64x2.splat(1.0 / 6));
  sum = f64x2.add(f64x2.mul(sum, r), f64x2.splat(0.5));
  sum = f64x2.add(f64x2.mul(sum, r), f64x2.splat(1));
  sum = f64x2.add(f64x2.mul(sum, r), f64x2.splat(1));
  const scaled = i64x2.add(sum, i64x2.shl(shifted, 52));
  return v128.bitselect(scaled, x, f64x2.eq(x, x));
}

/** log(1 + e) for e from 0 to 1: 2 (s + s^3 / 3 + s^5 / 5 + ...) with s = e / (2 + e). */
@inline
export function logOfOnePlus(e: v128): v128 {
  return twiceArtanh(f64x2.div(e, f64x2.add(e, f64x2.splat(2))));
}

/** 2 artanh(s) = 2 (s + s^3 / 3 + s^5 / 5 + ...) for |s| up to 1 / 3. */
@inline
function twiceArtanh(s: v128): v128 {
  const square = f64x2.mul(s, s);
  let sum = f64x2.splat(1.0 / 15);
  sum = f64x2.add(f64x2.mul(sum, square), f64x2.splat(1.0 / 13));
  sum = f64x2.add(f64x2.mul(sum, square), f64x2.splat(1.0 / 11));
  sum = f64x2.add(f64x2.mul(sum, square), f64x2.splat(1.0 / 9));
  sum = f64x2.add(f64x2.mul(sum, square), f64x2.splat(1.0 / 7));
  sum = f64x2.add(f64x2.mul(sum, square), f64x2.splat(1.0 / 5));
  sum = f64x2.add(f64x2.mul(sum, square), f64x2.splat(1.0 / 3));
  sum = f64x2.add(f64x2.mul(sum, square), f64x2.splat(1));
  return f64x2.mul(f64x2.add(s, s), sum);
}

/** log(x): k log(2) + log(m) with x = 2^k m and m from 2/3 to 4/3; x is 0, or no denormal number. */
@inline
export function log2(x: v128): v128 {
  // As if the exponent began at 2/3: what is above 4/3 then has the next one.
  const moved = i64x2.sub(x, i64x2.splat(reinterpret<i64>(2.0 / 3)));
  const k = i64x2.shr_s(moved, 52);
  const m = i64x2.sub(x, i64x2.shl(k, 52));
  // Small whole numbers become float64 in the last bits of 1.5 * 2^52.
  const shift = f64x2.splat(6755399441055744);
  const power = f64x2.sub(i64x2.add(k, i64x2.splat(0x4338000000000000)), shift);
  const one = f64x2.splat(1);
  const ofRest = twiceArtanh(f64x2.div(f64x2.sub(m, one), f64x2.add(m, one)));
  const value = f64x2.add(f64x2.mul(power, f64x2.splat(0.6931471805599453)), ofRest);
  const zero = f64x2.splat(0);
  const below = v128.bitselect(f64x2.splat(-Infinity), f64x2.splat(NaN), f64x2.eq(x, zero));
  const special = v128.bitselect(below, x, f64x2.le(x, zero));
  const isUsual = v128.and(f64x2.gt(x, zero), f64x2.lt(x, f64x2.splat(Infinity)));
  return v128.bitselect(value, special, isUsual);
}

/** The quarter turn that is next to an angle, in turns from 0 to 1: a whole number in the last bits. */
@inline
export function shiftedQuarters(turns: v128): v128 {
  return f64x2.add(f64x2.mul(turns, f64x2.splat(4)), f64x2.splat(6755399441055744));
}

/** What that leaves of the angle, at most pi / 4. */
@inline
export function restOfQuarter(turns: v128, quarters: v128): v128 {
  const whole = f64x2.sub(quarters, f64x2.splat(6755399441055744));
  const rest = f64x2.sub(f64x2.mul(turns, f64x2.splat(4)), whole);
  return f64x2.mul(rest, f64x2.splat(1.5707963267948966));
}

/** sin(r) for |r| <= pi / 4, by its series. */
@inline
export function sineOf(r: v128): v128 {
  const square = f64x2.mul(r, r);
  let sum = f64x2.splat(-1.0 / 39916800);
  sum = f64x2.add(f64x2.mul(sum, square), f64x2.splat(1.0 / 362880));
  sum = f64x2.add(f64x2.mul(sum, square), f64x2.splat(-1.0 / 5040));
  sum = f64x2.add(f64x2.mul(sum, square), f64x2.splat(1.0 / 120));
  sum = f64x2.add(f64x2.mul(sum, square), f64x2.splat(-1.0 / 6));
  return f64x2.add(f64x2.mul(f64x2.mul(sum, square), r), r);
}

/** cos(r) for |r| <= pi / 4, by its series. */
@inline
export function cosineOf(r: v128): v128 {
  const square = f64x2.mul(r, r);
  let sum = f64x2.splat(1.0 / 479001600);
  sum = f64x2.add(f64x2.mul(sum, square), f64x2.splat(-1.0 / 3628800));
  sum = f64x2.add(f64x2.mul(sum, square), f64x2.splat(1.0 / 40320));
  sum = f64x2.add(f64x2.mul(sum, square), f64x2.splat(-1.0 / 720));
  sum = f64x2.add(f64x2.mul(sum, square), f64x2.splat(1.0 / 24));
  sum = f64x2.add(f64x2.mul(sum, square), f64x2.splat(-0.5));
  return f64x2.add(f64x2.mul(sum, square), f64x2.splat(1));
}

/** The sine of some quarter turns and r, out of r's own sine and cosine. */
@inline
export function sineAt(quarters: v128, sine: v128, cosine: v128): v128 {
  const isOdd = i64x2.neg(v128.and(quarters, i64x2.splat(1)));
  const isBelow = i64x2.shl(v128.and(quarters, i64x2.splat(2)), 62);
  return v128.xor(v128.bitselect(cosine, sine, isOdd), isBelow);
}

/** The first two of four float32 as float64, and the others. */
@inline
export function lower(x: v128): v128 {
  return f64x2.promote_low_f32x4(x);
}
@inline
export function upper(x: v128): v128 {
  return f64x2.promote_low_f32x4(v128.shuffle<f32>(x, x, 2, 3, 2, 3));
}

/** Both as float32 again. */
@inline
export function joined(low: v128, high: v128): v128 {
  return v128.shuffle<f32>(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 1, 4, 5);
}

@inline
export function sumOfLanes(x: v128): f64 {
  return f64x2.extract_lane(x, 0) + f64x2.extract_lane(x, 1);
}

/** Two float32 as float64, or, where only one is left, that and a 0. */
@inline
export function loadPair(at: usize, isWhole: bool): v128 {
  return f64x2.promote_low_f32x4(isWhole ? v128.load64_zero(at) : v128.load32_zero(at));
}

/** As float32: both, or the first one. */
@inline
export function storePair(at: usize, values: v128, isWhole: bool): void {
  const floats = f32x4.demote_f64x2_zero(values);
  if (isWhole) v128.store_lane<f64>(at, floats, 0);
  else v128.store_lane<f32>(at, floats, 0);
}

/** Both, or the first one and a 0. */
@inline
export function existing(values: v128, isWhole: bool): v128 {
  return isWhole ? values : v128.and(values, i64x2(-1, 0));
}

/** Adds to two sums in memory, or to the first one. */
@inline
export function addPair(sums: usize, values: v128, isWhole: bool): void {
  const both = f64x2.add(v128.load(sums), values);
  if (isWhole) v128.store(sums, both);
  else v128.store_lane<f64>(sums, both, 0);
}
