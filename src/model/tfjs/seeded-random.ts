import { keyOf, Purpose, philox } from '../../random.ts';

/** Where a stream of random numbers is; (0, 0) is that of the initial values. */
export interface RandomPlace {
  readonly step: number;
  /** In the step's batch. */
  readonly position: number;
}

/**
 * Does the work, which has to be synchronous, while Math.random gives a stream that is a function of seed and place:
 * TensorFlow.js takes from it whatever random numbers nobody seeds (initializers, noise layers, recurrent dropout).
 */
export function withSeededRandom<T>(seed: number, { step, position }: RandomPlace, work: () => T): T {
  const [k0, k1] = keyOf(seed);
  const block = new Uint32Array(4);
  const original = Math.random;
  let index = 0;
  Math.random = () => {
    if (index % 2 === 0) philox(index / 2, position, step, Purpose.layers << 24, k0, k1, block);
    const word = (index++ % 2) * 2;
    return (block[word] * 2 ** 21 + (block[word + 1] >>> 11)) / 2 ** 53;
  };
  try {
    return work();
  } finally {
    Math.random = original;
  }
}
