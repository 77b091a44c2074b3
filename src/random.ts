/**
 * Counter-based random numbers: Philox4x32-10 (Salmon, Moraes, Dror, Shaw: Parallel Random Numbers: As Easy as
 * 1, 2, 3, SC 2011). A number is a function of its coordinates, so any thread can draw it, in any order.
 */

/** What random numbers are for; part of the counter, so that no two uses share a number. */
export const Purpose = {
  order: 1,
  initialValues: 2,
  dropout: 3,
  layers: 4,
  noise: 5,
  augmentation: 6,
  split: 7,
} as const;
export type Purpose = (typeof Purpose)[keyof typeof Purpose];

const multiplier0 = 0xd2511f53;
const multiplier1 = 0xcd9e8d57;
const weyl0 = 0x9e3779b9;
const weyl1 = 0xbb67ae85;

/** Four 32-bit words for the counter (c0, c1, c2, c3) under the key (k0, k1), written to `out` from `at` on. */
export function philox(
  c0: number,
  c1: number,
  c2: number,
  c3: number,
  k0: number,
  k1: number,
  out: Uint32Array,
  at = 0,
): void {
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(multiplier0, c0);
    const low0 = Math.imul(multiplier0, c0);
    const high1 = multiplyHigh(multiplier1, c2);
    const low1 = Math.imul(multiplier1, c2);
    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 = (k0 + weyl0) | 0;
    k1 = (k1 + weyl1) | 0;
  }
  out[at] = c0;
  out[at + 1] = c1;
  out[at + 2] = c2;
  out[at + 3] = c3;
}

/** The upper 32 bits of the 64-bit product of two unsigned 32-bit numbers. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  // Each partial sum stays below 2^32, so that integer arithmetic does.
  const lower = Math.imul(aLow, bLow) >>> 0;
  const middle = (Math.imul(aHigh, bLow) >>> 0) + (lower >>> 16);
  const upper = (Math.imul(aLow, bHigh) >>> 0) + (middle & 0xffff);
  return (Math.imul(aHigh, bHigh) + (middle >>> 16) + (upper >>> 16)) | 0;
}

/** The Philox key of a seed: its lower 32 bits and the rest. `seed` is an integer from 0 to 2^53 - 1. */
export const keyOf = (seed: number): readonly [number, number] => [
  seed >>> 0,
  Math.floor(seed / 2 ** 32) >>> 0,
];

/**
 * A stream of words for (seed, purpose, stream): word i is a function of i.
 * `stream` is a 32-bit number, e.g. an epoch or a parameter's position.
 */
export function randomWords(seed: number, purpose: Purpose, stream: number): (index: number) => number {
  const [k0, k1] = keyOf(seed);
  const block = new Uint32Array(4);
  let held = -1;
  return (index) => {
    const wanted = Math.floor(index / 4);
    if (wanted !== held) philox(wanted, 0, stream, purpose << 24, k0, k1, block);
    held = wanted;
    return block[index % 4];
  };
}

/** A function that writes the words of such a stream, those from `first` on, a multiple of 4; a multiple of 4 of them. */
export function wordRuns(
  seed: number,
  purpose: Purpose,
  stream: number,
): (first: number, words: Uint32Array) => void {
  const [k0, k1] = keyOf(seed);
  return (first, words) => {
    for (let at = 0; at < words.length; at += 4)
      philox((first + at) / 4, 0, stream, purpose << 24, k0, k1, words, at);
  };
}

/**
 * A layer's random word for one value: word (element % 4) of the block at counter (element / 4, position, step, dropout
 * and layer).
 * @param position the example's position in the step's batch
 * @param element the value's position in the layer's output of that example
 */
export function layerWord(
  seed: number,
  step: number,
  layer: number,
  position: number,
  element: number,
): number {
  const [k0, k1] = keyOf(seed);
  philox(element >>> 2, position, step, (Purpose.dropout << 24) | layer, k0, k1, scratch);
  return scratch[element & 3];
}

/** Whether dropout keeps one value: where its word is at or above rate * 2^32. */
export const dropoutKeeps = (
  seed: number,
  step: number,
  layer: number,
  position: number,
  element: number,
  rate: number,
): boolean => layerWord(seed, step, layer, position, element) >= dropoutThreshold(rate);

/**
 * Dropout's factors of one example, 0 or 1 / (1 - rate), written to `factors`: what `dropoutKeeps` says of each of
 * its values.
 */
export function dropoutFactors(
  seed: number,
  step: number,
  layer: number,
  position: number,
  rate: number,
  factors: Float32Array,
): void {
  const [k0, k1] = keyOf(seed);
  const threshold = dropoutThreshold(rate);
  const kept = 1 / (1 - rate);
  for (let element = 0; element < factors.length; element++) {
    if ((element & 3) === 0)
      philox(element >>> 2, position, step, (Purpose.dropout << 24) | layer, k0, k1, scratch);
    factors[element] = scratch[element & 3] >= threshold ? kept : 0;
  }
}

/** Words below this are dropped: rate * 2^32, rounded down. */
export const dropoutThreshold = (rate: number): number => Math.floor(rate * 2 ** 32);

const scratch = new Uint32Array(4);
