/** Seeded numbers for the engines' tests. */
import type { Network } from '../../src/model/network.ts';
import { Purpose, randomWords } from '../../src/random.ts';
import { sizeOf } from '../../src/shape.ts';

/** `count` float32 values, uniform from `low` to `high`. */
export function uniform(stream: number, count: number, low: number, high: number): Float32Array {
  const word = randomWords(1234, Purpose.initialValues, stream);
  return Float32Array.from({ length: count }, (_, i) => low + ((high - low) * (word(i) + 0.5)) / 2 ** 32);
}

/** `count` whole numbers from 0 to `below` - 1. */
export const integers = (stream: number, count: number, below: number): number[] =>
  Array.from(uniform(stream, count, 0, below), (value) => Math.min(Math.floor(value), below - 1));

/** Inputs of `count` examples: numbers from -1 to 1, or, where an embedding reads them, words that it has. */
export function inputsOf(network: Network, stream: number, count: number): Float32Array {
  const words = vocabularyOf(network);
  const size = count * sizeOf(network.input);
  return words === undefined
    ? uniform(stream, size, -1, 1)
    : Float32Array.from(integers(stream, size, words));
}

/** A layer that masks takes 0 and 1, so that some times are all 0. */
const vocabularyOf = ({ layers }: Network): number | undefined =>
  layers.some(({ kind }) => kind === 'masking')
    ? 2
    : layers.find((layer) => layer.kind === 'embedding')?.vocabulary;

/** Parameters of a sensible size, none of them zero: biases too have values that matter. Natural order. */
export function parametersFor(network: Network, stream = 1): Float32Array {
  const values = new Float32Array(network.parameterCount);
  for (const { name, shape, size, offset } of network.parameters) {
    // Variances are positive.
    if (name.endsWith('moving_variance')) values.set(uniform(offset, size, 0.5, 2), offset);
    if (name.endsWith('moving_variance')) continue;
    const bound = shape.length === 1 ? 0.2 : Math.sqrt(3 / sizeOf(shape.slice(0, -1)));
    values.set(uniform(stream * 1000 + offset, size, -bound, bound), offset);
  }
  return values;
}

/** Norm of the difference over the norm of `expected`; 0 where both are zero. */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  let difference = 0;
  let norm = 0;
  for (let i = 0; i < expected.length; i++) {
    difference += (actual[i] - expected[i]) ** 2;
    norm += expected[i] ** 2;
  }
  return difference === 0 ? 0 : Math.sqrt(difference / norm);
}
