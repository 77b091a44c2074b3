/** Philox4x32-10; its plain form and the coordinates are in src/random.ts. */
import { cosineOf, joined, log2, restOfQuarter, shiftedQuarters, sineAt, sineOf } from './vector-math';

/**
 * Factors of dropout for one example: 0, or `scale` where the value is kept.
 * @param last purpose and layer, the counter's last word
 */
export function dropoutFactors(
  factors: usize,
  count: i32,
  position: u32,
  step: u32,
  last: u32,
  k0: u32,
  k1: u32,
  threshold: u32,
  scale: f32,
): void {
  randomWords(factors, 0, count, position, step, last, k0, k1);
  const wide: i32 = (count + 3) & ~3;
  chooseByWord(factors, factors, wide, threshold, 0, scale);
}

/** Philox's factors, and what its keys grow by. Loaded and not written as constants, which V8 makes anew in each round. */
const constants = memory.data<u32>([0xd2511f53, 0xcd9e8d57, 0x9e3779b9, 0xbb67ae85]);

/** `count` words of an example, from its block `first` on, in whole blocks of four: four blocks at once, a lane each. */
export function randomWords(
  words: usize,
  first: u32,
  count: i32,
  position: u32,
  step: u32,
  last: u32,
  k0: u32,
  k1: u32,
): void {
  const factor0 = v128.load32_splat(constants, 0);
  const factor1 = v128.load32_splat(constants, 4);
  const growth0 = v128.load32_splat(constants, 8);
  const growth1 = v128.load32_splat(constants, 12);
  let blocks = i32x4.add(i32x4.splat(first), i32x4(0, 1, 2, 3));
  for (let left = count; left > 0; left -= 16) {
    let c0 = blocks;
    let c1 = i32x4.splat(position);
    let c2 = i32x4.splat(step);
    let c3 = i32x4.splat(last);
    let key0 = i32x4.splat(k0);
    let key1 = i32x4.splat(k1);
    for (let round = 0; round < 10; round++) {
      const low0 = i64x2.extmul_low_i32x4_u(c0, factor0);
      const high0 = i64x2.extmul_high_i32x4_u(c0, factor0);
      const low1 = i64x2.extmul_low_i32x4_u(c2, factor1);
      const high1 = i64x2.extmul_high_i32x4_u(c2, factor1);
      c0 = v128.xor(v128.xor(upperHalves(low1, high1), c1), key0);
      c1 = lowerHalves(low1, high1);
      c2 = v128.xor(v128.xor(upperHalves(low0, high0), c3), key1);
      c3 = lowerHalves(low0, high0);
      key0 = i32x4.add(key0, growth0);
      key1 = i32x4.add(key1, growth1);
    }
    storeBlocks(words, (left + 3) >> 2, c0, c1, c2, c3);
    blocks = i32x4.add(blocks, i32x4.splat(4));
    words += 64;
  }
}

/** Of four products of 64 bits. */
@inline
function upperHalves(low: v128, high: v128): v128 {
  return v128.shuffle<i32>(low, high, 1, 3, 5, 7);
}
@inline
function lowerHalves(low: v128, high: v128): v128 {
  return v128.shuffle<i32>(low, high, 0, 2, 4, 6);
}

/** The blocks of the lanes, one after the other: all four, or the first `count`. */
@inline
function storeBlocks(words: usize, count: i32, c0: v128, c1: v128, c2: v128, c3: v128): void {
  const first01 = v128.shuffle<i32>(c0, c1, 0, 4, 1, 5);
  const first23 = v128.shuffle<i32>(c2, c3, 0, 4, 1, 5);
  v128.store(words, v128.shuffle<i64>(first01, first23, 0, 2));
  if (count > 1) v128.store(words, v128.shuffle<i64>(first01, first23, 1, 3), 16);
  if (count <= 2) return;
  const last01 = v128.shuffle<i32>(c0, c1, 2, 6, 3, 7);
  const last23 = v128.shuffle<i32>(c2, c3, 2, 6, 3, 7);
  v128.store(words, v128.shuffle<i64>(last01, last23, 0, 2), 32);
  if (count > 3) v128.store(words, v128.shuffle<i64>(last01, last23, 1, 3), 48);
}

/** target = below where the word is below the threshold, else above; in whole vectors, and target may be words */
export function chooseByWord(
  words: usize,
  target: usize,
  count: i32,
  threshold: u32,
  below: f32,
  above: f32,
): void {
  const limit = i32x4.splat(<i32>threshold);
  for (let end = words + ((<usize>count) << 2); words < end; words += 16) {
    const isBelow = i32x4.lt_u(v128.load(words), limit);
    v128.store(target, v128.bitselect(f32x4.splat(below), f32x4.splat(above), isBelow));
    target += 16;
  }
}

/**
 * Normal numbers of words, two of two (Box and Muller), in float64, four at once; `count` in whole blocks of four, and
 * target may be words. Errors: test/kernels/normal-numbers.test.ts. Plain form: src/model/noise-layers.ts.
 */
export function normalsOfWords(words: usize, target: usize, count: i32): void {
  for (let end = words + ((<usize>count) << 2); words < end; words += 16) {
    const block = v128.load(words);
    const ofRadius = unit(v128.shuffle<i32>(block, block, 0, 2, 0, 2));
    const ofAngle = unit(v128.shuffle<i32>(block, block, 1, 3, 1, 3));
    const radius = f64x2.sqrt(f64x2.mul(log2(ofRadius), f64x2.splat(-2)));
    const quarters = shiftedQuarters(ofAngle);
    const rest = restOfQuarter(ofAngle, quarters);
    const sine = sineOf(rest);
    const cosine = cosineOf(rest);
    const next = i64x2.add(quarters, i64x2.splat(1));
    const even = f64x2.mul(radius, sineAt(next, sine, cosine));
    const odd = f64x2.mul(radius, sineAt(quarters, sine, cosine));
    const both = joined(even, odd);
    v128.store(target, v128.shuffle<f32>(both, both, 0, 2, 1, 3));
    target += 16;
  }
}

/** The first two words as numbers of the open interval (0, 1). */
@inline
function unit(words: v128): v128 {
  const middle = f64x2.add(f64x2.convert_low_i32x4_u(words), f64x2.splat(0.5));
  return f64x2.mul(middle, f64x2.splat(1.0 / 4294967296));
}

/** values = values * factor + shift, in whole vectors */
export function stretch(values: usize, count: i32, factor: f32, shift: f32): void {
  for (let end = values + ((<usize>count) << 2); values < end; values += 16) {
    const product = f32x4.mul(v128.load(values), f32x4.splat(factor));
    v128.store(values, f32x4.add(product, f32x4.splat(shift)));
  }
}
