/** Layers that disturb values while training, and pass them on otherwise. */
import type { LayerBase } from './layer-base.ts';

/**
 * - spatialDropout1d: keeps a channel, with probability 1 - rate, times 1 / (1 - rate), in all steps of a sequence
 * - alphaDropout: keeps a value with probability 1 - rate, else puts selu's lowest value there; then so scales and shifts
 *   that mean and variance stay (Klambauer et al., Self-Normalizing Neural Networks, 2017)
 * - gaussianDropout: times 1 + a normal number of the standard deviation sqrt(rate / (1 - rate))
 * - gaussianNoise: plus a normal number of the standard deviation that is given
 */
export interface NoiseLayer extends LayerBase {
  readonly kind: 'noise';
  readonly noise: NoiseName;
  /** The rate, or gaussianNoise's standard deviation. */
  readonly amount: number;
}

export type NoiseName = 'spatialDropout1d' | 'alphaDropout' | 'gaussianDropout' | 'gaussianNoise';

/** What is done with a value: output = factor * input + shift. */
export interface Disturbance {
  readonly factor: number;
  readonly shift: number;
}

/** The value of selu far below 0. */
const lowest = -1.6732632423543772 * 1.0507009873554805;

/** Alpha dropout's disturbance of a value that is kept, and of one that is not. */
export function alphaDisturbances(rate: number): {
  readonly kept: Disturbance;
  readonly dropped: Disturbance;
} {
  const scale = 1 / Math.sqrt((1 - rate) * (1 + rate * lowest * lowest));
  const shift = -scale * lowest * rate;
  return { kept: { factor: scale, shift }, dropped: { factor: 0, shift: scale * lowest + shift } };
}

/** The standard deviation of the normal numbers. */
export const deviationOf = ({ noise, amount }: NoiseLayer): number =>
  noise === 'gaussianNoise' ? amount : Math.sqrt(amount / (1 - amount));

/** Which word of an example decides about a value. */
const wordOf = ({ noise, output }: NoiseLayer, element: number): number =>
  noise === 'spatialDropout1d' ? element % output[output.length - 1] : element;

/**
 * @param element a value's place in the example
 * @param words the example's random 32-bit words
 */
export function disturbanceOf(
  layer: NoiseLayer,
  element: number,
  words: (place: number) => number,
): Disturbance {
  const { noise, amount } = layer;
  const isKept = () => words(wordOf(layer, element)) >= Math.floor(amount * 2 ** 32);
  switch (noise) {
    case 'spatialDropout1d':
      return { factor: isKept() ? 1 / (1 - amount) : 0, shift: 0 };
    case 'alphaDropout': {
      const { kept, dropped } = alphaDisturbances(amount);
      return isKept() ? kept : dropped;
    }
    case 'gaussianDropout':
      return { factor: 1 + deviationOf(layer) * normal(element, words), shift: 0 };
    case 'gaussianNoise':
      return { factor: 1, shift: deviationOf(layer) * normal(element, words) };
  }
}

/** Box and Muller: two normal numbers of two words, which neighbours share. */
function normal(element: number, words: (place: number) => number): number {
  const first = element - (element % 2);
  const unit = (place: number) => (words(place) + 0.5) / 2 ** 32;
  const radius = Math.sqrt(-2 * Math.log(unit(first)));
  const angle = 2 * Math.PI * unit(first + 1);
  return radius * (element === first ? Math.cos(angle) : Math.sin(angle));
}
