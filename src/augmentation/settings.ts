import type { Shape } from '../shape.ts';

/** Which pixels stand beyond an image's border: zeros, the nearest one, or the image mirrored or repeated. */
export const fillModes = ['constant', 'nearest', 'reflect', 'wrap'] as const;
export type FillMode = (typeof fillModes)[number];

export const flips = ['none', 'horizontal', 'vertical', 'both'] as const;
export type Flip = (typeof flips)[number];

/** How images are changed at random while they are trained on. Each field is an option of a training. */
export interface Augmentation {
  /** Pixels by which an image is moved at most, up, down and to each side. */
  readonly randomShift: number;
  /** Which ways it is turned over, each for every other image. */
  readonly randomFlip: Flip;
  /** Degrees by which it is turned at most, either way. */
  readonly randomRotation: number;
  /** Pixels that are added at each side, before a part of the image's size is cut out. */
  readonly randomCrop: number;
  /** Side of a square that is set to 0, in pixels. */
  readonly cutout: number;
  /** What is beyond the border of a moved image. */
  readonly fillMode: FillMode;
}

/** What each value x of an example becomes: (x - mean) / std, by the last dimension of its shape: an image's channels. */
export interface Normalization {
  readonly mean: readonly number[];
  /** Standard deviations, above 0. */
  readonly std: readonly number[];
}

/** What is made of examples before the model gets them. */
export interface Preparation {
  /** Of one example; of an image [height, width, channels]. */
  readonly shape: Shape;
  /** In training only. Absent where nothing is to be changed. */
  readonly augmentation?: Augmentation;
  readonly normalization?: Normalization;
}

export const noAugmentation: Augmentation = {
  ...{ randomShift: 0, randomFlip: 'none', randomRotation: 0, randomCrop: 0, cutout: 0 },
  fillMode: 'constant',
};

/** Whether any image is changed. */
export const isAugmenting = ({ fillMode: _, randomFlip, ...amounts }: Augmentation): boolean =>
  randomFlip !== 'none' || Object.values(amounts).some((amount) => amount > 0);
