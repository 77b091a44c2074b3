import { describe, expect, it } from 'vitest';
import {
  dropoutKeeps,
  dropoutThreshold,
  keyOf,
  Purpose,
  philox,
  randomWords,
  wordRuns,
} from '../src/random.ts';

type Words = readonly number[];

/** The lines `philox4x32 10` of tests/kat_vectors of Random123 (D. E. Shaw Research): counter, key, expected. */
const knownAnswers = `
00000000 00000000 00000000 00000000  00000000 00000000  6627e8d5 e169c58d bc57ac4c 9b00dbd8
ffffffff ffffffff ffffffff ffffffff  ffffffff ffffffff  408f276d 41c83b0e a20bc7c6 6d5451fd
243f6a88 85a308d3 13198a2e 03707344  a4093822 299f31d0  d16cfe09 94fdcceb 5001e420 24126ea1`;

function philoxOf([c0, c1, c2, c3]: Words, [k0, k1]: Words): number[] {
  const out = new Uint32Array(4);
  philox(c0, c1, c2, c3, k0, k1, out);
  return [...out];
}

/** Philox4x32-10 as the paper writes it, with exact integers. */
function philoxOfBigInts(counter: Words, key: Words): number[] {
  const word = 2n ** 32n;
  let [c0, c1, c2, c3] = counter.map((value) => BigInt(value >>> 0));
  let [k0, k1] = key.map((value) => BigInt(value >>> 0));
  for (let round = 0; round < 10; round++) {
    const [product0, product1] = [0xd2511f53n * c0, 0xcd9e8d57n * c2];
    [c0, c1, c2, c3] = [
      (product1 / word) ^ c1 ^ k0,
      product1 % word,
      (product0 / word) ^ c3 ^ k1,
      product0 % word,
    ];
    [k0, k1] = [(k0 + 0x9e3779b9n) % word, (k1 + 0xbb67ae85n) % word];
  }
  return [c0, c1, c2, c3].map(Number);
}

describe('Philox4x32-10', () => {
  it.each(knownAnswers.trim().split('\n'))('gives the published answer: %s', (line) => {
    const words = line.split(/ +/).map((hex) => Number.parseInt(hex, 16));
    expect(philoxOf(words.slice(0, 4), words.slice(4, 6))).toEqual(words.slice(6));
  });

  it('agrees with exact integers where products carry, and for 500 counters and keys', () => {
    const edges = [0, 1, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffff0000, 0xffffffff];
    for (const c0 of edges)
      for (const c2 of edges)
        expect(philoxOf([c0, 7, c2, 9], [c2, c0])).toEqual(philoxOfBigInts([c0, 7, c2, 9], [c2, c0]));
    let words = [1, 2, 3, 4];
    for (let trial = 0; trial < 500; trial++) {
      const key = [words[3] ^ trial, words[0]];
      const next = philoxOfBigInts(words, key);
      expect(philoxOf(words, key)).toEqual(next);
      words = next;
    }
  });
});

describe('The key of a seed', () => {
  it('holds all 53 bits of the seed', () => {
    expect(keyOf(0)).toEqual([0, 0]);
    expect(keyOf(2 ** 32 + 5)).toEqual([5, 1]);
    expect(keyOf(Number.MAX_SAFE_INTEGER)).toEqual([0xffffffff, 2 ** 21 - 1]);
  });
});

describe('A stream of random words', () => {
  const first = (seed: number, purpose: Purpose, stream: number) =>
    Array.from({ length: 12 }, (_, index) => randomWords(seed, purpose, stream)(index));

  it('is the blocks of the counter (block, 0, stream, purpose) in a row', () => {
    const blocks = [0, 1, 2].flatMap((block) => philoxOf([block, 0, 5, Purpose.order << 24], [42, 0]));
    expect(first(42, Purpose.order, 5)).toEqual(blocks);
  });

  it('gives a word by its index, in whatever order words are asked for', () => {
    const word = randomWords(7, Purpose.initialValues, 0);
    const backwards = Array.from({ length: 12 }, (_, index) => word(11 - index)).reverse();
    expect(backwards).toEqual(first(7, Purpose.initialValues, 0));
  });

  it('shares no word with another seed, purpose or stream', () => {
    const streams = [
      first(1, 1, 0),
      first(2, 1, 0),
      first(1, 2, 0),
      first(1, 1, 1),
      first(1 + 2 ** 32, 1, 0),
    ];
    expect(new Set(streams.flat()).size).toBe(60);
  });
});

describe('Dropout', () => {
  const kept = (count: number, rate: number) =>
    Array.from({ length: count }, (_, element) => dropoutKeeps(1, 3, 2, 9, element, rate));

  it('keeps a share of 1 - rate', () => {
    for (const rate of [0.1, 0.4, 0.5, 0.9]) {
      const share = kept(50_000, rate).filter(Boolean).length / 50_000;
      // Five standard deviations of the share: 5 * sqrt(0.25 / 50,000) = 0.011.
      expect(Math.abs(share - (1 - rate))).toBeLessThan(0.011);
    }
  });

  it('keeps everything at rate 0', () => {
    expect(kept(1000, 0).every(Boolean)).toBe(true);
    expect(dropoutThreshold(0.5)).toBe(2 ** 31);
  });

  it('keeps a value exactly where its word is at or above the threshold', () => {
    for (let element = 0; element < 40; element++) {
      const block = philoxOfBigInts([element >>> 2, 9, 3, (Purpose.dropout << 24) | 2], [1, 0]);
      expect(dropoutKeeps(1, 3, 2, 9, element, 0.4)).toBe(block[element % 4] >= Math.floor(0.4 * 2 ** 32));
    }
  });

  it('depends on each of seed, step, layer and position', () => {
    const mask = (seed: number, step: number, layer: number, position: number) =>
      Array.from(
        { length: 64 },
        (_, element) => +dropoutKeeps(seed, step, layer, position, element, 0.5),
      ).join('');
    const masks = [mask(1, 1, 1, 1), mask(2, 1, 1, 1), mask(1, 2, 1, 1), mask(1, 1, 2, 1), mask(1, 1, 1, 2)];
    expect(new Set(masks).size).toBe(5);
    expect(mask(1, 1, 1, 1)).toBe(masks[0]);
  });
});

it('a run of words is the stream from any multiple of four on.', () => {
  const stream = [2 ** 40 + 3, Purpose.layers, 9] as const;
  const words = new Uint32Array(12);
  wordRuns(...stream)(8, words);
  const word = randomWords(...stream);
  expect([...words]).toEqual(Array.from({ length: 12 }, (_, index) => word(8 + index)));
});
