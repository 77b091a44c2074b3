import { Purpose, randomWords } from '../random.ts';

/**
 * The order in which an epoch takes its examples: a permutation of 0 .. count - 1, each equally likely, a function
 * of (seed, epoch) alone.
 * @param epoch counts from 0
 * @param out [count], written
 */
export const epochOrder = (seed: number, epoch: number, count: number, out: Uint32Array): void =>
  shuffle(randomWords(seed, Purpose.order, epoch), count, out);

/**
 * A permutation of 0 .. count - 1, each equally likely: Fisher-Yates (Knuth, The Art of Computer Programming 2,
 * algorithm 3.4.2P).
 * @param word random words, by their number
 * @param out [count], written
 */
export function shuffle(word: (index: number) => number, count: number, out: Uint32Array): void {
  let drawn = 0;
  for (let example = 0; example < count; example++) out[example] = example;
  for (let last = count - 1; last > 0; last--) {
    const choices = last + 1;
    // Words at or above the largest multiple of `choices` are drawn again: they would favour small numbers.
    const limit = wordCount - (wordCount % choices);
    let value = word(drawn++);
    while (value >= limit) value = word(drawn++);
    const other = value % choices;
    const example = out[last];
    out[last] = out[other];
    out[other] = example;
  }
}

/** How many values a word has. */
const wordCount = 2 ** 32;
