import { keyOf, Purpose, philox } from '../random.ts';
import type { Augmentation } from './settings.ts';

/** What was drawn for one image. */
export interface Drawn {
  /** Radians. */
  readonly angle: number;
  /** By how many pixels further down and to the right a pixel's source lies. */
  readonly down: number;
  readonly right: number;
  readonly isFlippedVertically: boolean;
  readonly isFlippedHorizontally: boolean;
  /** Row and column in the middle of what is cut out; a square of an even side reaches one further up and to the left. */
  readonly cutoutRow: number;
  readonly cutoutColumn: number;
}

/**
 * What happens to an image: a function of (seed, step, position in the step's batch) alone, by two blocks of Philox. Each
 * part has a word of its own, so that none changes when another one is switched on.
 * @param shape [height, width, ...]
 */
export function drawChanges(
  settings: Augmentation,
  [height, width]: readonly number[],
  { seed, step, position }: { readonly seed: number; readonly step: number; readonly position: number },
): Drawn {
  const { randomShift, randomFlip, randomRotation, randomCrop } = settings;
  const [k0, k1] = keyOf(seed);
  philox(0, position, step, Purpose.augmentation << 24, k0, k1, words);
  const [turn, shiftDown, shiftRight, flip] = words;
  philox(1, position, step, Purpose.augmentation << 24, k0, k1, words);
  const [cropDown, cropRight, row, column] = words;
  return {
    angle: ((turn / 2 ** 31 - 1) * randomRotation * Math.PI) / 180,
    down: within(shiftDown, randomShift) + within(cropDown, randomCrop),
    right: within(shiftRight, randomShift) + within(cropRight, randomCrop),
    isFlippedHorizontally: ['horizontal', 'both'].includes(randomFlip) && (flip & 1) === 1,
    isFlippedVertically: ['vertical', 'both'].includes(randomFlip) && (flip & 2) === 2,
    cutoutRow: below(row, height),
    cutoutColumn: below(column, width),
  };
}

const words = new Uint32Array(4);

/** A whole number from 0 to less than `end`, each as probable as the others. */
const below = (word: number, end: number): number => Math.floor((word * end) / 2 ** 32);

/** A whole number from -most to most. */
const within = (word: number, most: number): number => below(word, 2 * most + 1) - most;
