/** What a generator makes examples of. */
import { Purpose, randomWords } from '../random.ts';

/**
 * Values of a normal distribution (mean 0, deviation 1), as the sum of twelve uniform ones less 6: additions only, so the
 * bits are those of every machine. None is beyond 6.
 * @param stream which draw, a 32-bit number: a function of the step and what it is for
 * @param out written; value i is a function of (seed, stream, i)
 */
export function fillWithNoise(seed: number, stream: number, out: Float32Array): void {
  const word = randomWords(seed, Purpose.noise, stream);
  for (let i = 0; i < out.length; i++) {
    let sum = 0;
    for (let part = 0; part < 12; part++) sum += word(i * 12 + part);
    out[i] = sum / 2 ** 32 - 6;
  }
}

/** The draws of a step's phases, and that of the samples that are shown: no two share a number. */
export const noiseStream = {
  ofDiscriminator: (step: number): number => (2 * step) % 2 ** 32,
  ofGenerator: (step: number): number => (2 * step + 1) % 2 ** 32,
  ofSamples: 0,
} as const;
