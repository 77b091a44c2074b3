/** How it is asked for what is made of examples before the model gets them. */
import {
  type Augmentation,
  type FillMode,
  type Flip,
  fillModes,
  flips,
  isAugmenting,
  type Normalization,
  noAugmentation,
} from '../augmentation/settings.ts';
import { flag, integer, oneOf, unexpected } from '../check.ts';
import { usageError } from '../errors.ts';
import { asCode } from '../shown.ts';
import { kept, type Option } from './option.ts';

/** Augmentation, which is for training only, and normalization, which is for evaluation and prediction too. */
export interface PreparationOptions {
  /** Pixels by which an image is moved at most in training, up, down and to each side. Default 0. */
  readonly randomShift?: number;
  /** Whether images are turned over in training, each for every other image. Default 'none'. */
  readonly randomFlip?: Flip;
  /** Degrees by which an image is turned at most in training, either way, up to 180. Default 0. */
  readonly randomRotation?: number;
  /** Pixels that are added to each side of an image in training, before a part of its size is cut out. Default 0. */
  readonly randomCrop?: number;
  /** Side of a square of each image that is set to 0 in training, after normalization, in pixels. Default 0. */
  readonly cutout?: number;
  /** What stands beyond the border of an image that was moved or turned: Keras' modes. Default 'constant', zeros. */
  readonly fillMode?: FillMode;
  /** Normalize examples by the training set's mean and deviation, by the last dimension of their shape. Default false. */
  readonly normalize?: boolean;
  /** Normalize them by this mean, of each channel or of all. `normalizeStd` has to be given, too. */
  readonly normalizeMean?: readonly number[];
  /** And this standard deviation. */
  readonly normalizeStd?: readonly number[];
}

const integerDefault0 = { type: 'integer', least: 0, default: 0 } as const;

/** In the order in which they are shown. */
export const preparationOptions = {
  randomShift: {
    ...integerDefault0,
    ...{ help: 'in training, pixels by which an image is moved at most each way', ...kept },
  },
  randomFlip: {
    ...{ type: 'name', names: flips, default: 'none' },
    ...{ help: 'in training, which ways every other image is turned over', ...kept },
  },
  randomRotation: {
    ...{ type: 'number', default: 0 },
    ...{ help: 'in training, degrees by which an image is turned at most either way', ...kept },
  },
  randomCrop: {
    ...integerDefault0,
    ...{ help: 'in training, pixels of padding, of which a part of the old size is cut out', ...kept },
  },
  cutout: {
    ...integerDefault0,
    ...{ help: 'in training, side of a square that is set to 0, in pixels', ...kept },
  },
  fillMode: {
    ...{ type: 'name', names: fillModes, default: 'constant' },
    ...{ help: 'what stands beyond the border of an image that was moved; constant: zeros', ...kept },
  },
  normalize: {
    ...{ type: 'flag', default: undefined },
    ...{ help: "take the training set's mean off each channel, and divide by its deviation", ...kept },
  },
  normalizeMean: {
    ...{ type: 'list', of: 'number', default: undefined },
    ...{ help: 'the same with this mean, of each channel or all, a list like 0.49,0.48,0.45', ...kept },
  },
  normalizeStd: {
    ...{ type: 'list', of: 'number', default: undefined },
    ...{ help: 'and this standard deviation', ...kept },
  },
} as const satisfies Readonly<Record<keyof PreparationOptions, Option>>;

export const namesOfPreparationOptions = Object.keys(
  preparationOptions,
) as readonly (keyof PreparationOptions)[];

/** What of a preparation can be said before there are data. */
export interface PreparationChoice {
  /** Absent where no image is changed. */
  readonly augmentation?: Augmentation;
  /** Or by those of the training set. */
  readonly normalization?: Normalization | 'of the training set';
}

/**
 * Checks the options and fills in their defaults. Null counts as not given.
 * @throws GradpoolError of kind 'usage' where one is out of its range
 */
export function resolvePreparation(options: PreparationOptions): PreparationChoice {
  const pixels = (name: 'randomShift' | 'randomCrop' | 'cutout') => integer(name, options[name] ?? 0, 0);
  const augmentation: Augmentation = {
    randomShift: pixels('randomShift'),
    randomFlip: oneOf('randomFlip', flips, options.randomFlip ?? noAugmentation.randomFlip),
    randomRotation: degrees(options.randomRotation ?? 0),
    randomCrop: pixels('randomCrop'),
    cutout: pixels('cutout'),
    fillMode: oneOf('fillMode', fillModes, options.fillMode ?? noAugmentation.fillMode),
  };
  const normalization = resolveNormalization(options);
  return {
    ...(isAugmenting(augmentation) ? { augmentation } : {}),
    ...(normalization === undefined ? {} : { normalization }),
  };
}

/** The options that give these settings. */
export const optionsOfPreparation = (given: PreparationChoice | undefined): PreparationOptions => {
  const { augmentation = noAugmentation, normalization } = given ?? {};
  if (normalization === undefined) return { ...augmentation };
  if (normalization === 'of the training set') return { ...augmentation, normalize: true };
  return { ...augmentation, normalizeMean: normalization.mean, normalizeStd: normalization.std };
};

function resolveNormalization(options: PreparationOptions): PreparationChoice['normalization'] {
  const isAsked = flag(options.normalize ?? false, 'normalize');
  const mean = finite('normalizeMean', options.normalizeMean);
  const std = finite('normalizeStd', options.normalizeStd);
  if (mean === undefined && std === undefined) return isAsked ? 'of the training set' : undefined;
  if (mean === undefined || std === undefined)
    throw usageError(
      `Expected both \`normalizeMean\` and \`normalizeStd\`, got ${std === undefined ? 'the mean' : 'the deviation'} alone`,
    );
  const bad = std.find((one) => one <= 0);
  if (bad === undefined) return { mean, std };
  throw usageError(`Expected \`normalizeStd\` to be greater than 0, got ${asCode(bad)}`);
}

/** Undefined where none is given. */
function finite(name: string, values: unknown): readonly number[] | undefined {
  if (values === undefined || values === null) return undefined;
  const isList = Array.isArray(values) && values.length > 0;
  if (isList && values.every((value) => typeof value === 'number' && Number.isFinite(value))) return values;
  throw unexpected(name, 'a list of finite numbers, of each channel or one for all', values);
}

function degrees(value: unknown): number {
  if (typeof value === 'number' && value >= 0 && value <= 180) return value;
  throw usageError(`Expected \`randomRotation\` to be degrees from 0 to 180, got ${asCode(value)}`);
}
