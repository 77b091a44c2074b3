/** What a generator makes examples of. */
import { createTrialMemory, instantiateKernels, kernelStaticBytes } from '../kernels/kernel-module.ts';
import { keyOf, Purpose, randomWords } from '../random.ts';

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
    for (let part = 0; part < wordsOfValue; part++) sum += word(i * wordsOfValue + part);
    out[i] = noiseOfSum(sum);
  }
}

/** `fillWithNoise` of a seed, whose words the kernels draw, in a memory of their own. */
export function noiseFiller(kernels: WebAssembly.Module, seed: number) {
  const memory = createTrialMemory((kernelStaticBytes + roomBytes) / 65536);
  const { randomWords: draw } = instantiateKernels(kernels, memory);
  const words = new Uint32Array(memory.buffer, kernelStaticBytes, atOnce * wordsOfValue);
  const [k0, k1] = keyOf(seed);
  return (stream: number, out: Float32Array): void => {
    for (let first = 0; first < out.length; first += atOnce) {
      const count = Math.min(atOnce, out.length - first);
      const block = (first * wordsOfValue) / 4;
      draw(kernelStaticBytes, block, count * wordsOfValue, 0, stream, Purpose.noise << 24, k0, k1);
      for (let i = 0; i < count; i++) {
        let sum = 0;
        for (let part = 0; part < wordsOfValue; part++) sum += words[i * wordsOfValue + part];
        out[first + i] = noiseOfSum(sum);
      }
    }
  };
}

const wordsOfValue = 12;
const noiseOfSum = (sum: number): number => sum / 2 ** 32 - 6;
const roomBytes = 65536;
/** Values whose words there is room for. */
const atOnce = Math.floor(roomBytes / (wordsOfValue * 4));

/** The draws of a step's phases, and that of the samples that are shown: no two share a number. */
export const noiseStream = {
  ofDiscriminator: (step: number): number => (2 * step) % 2 ** 32,
  ofGenerator: (step: number): number => (2 * step + 1) % 2 ** 32,
  ofSamples: 0,
} as const;
