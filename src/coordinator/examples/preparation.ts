/** What is made of a training's examples, out of what was asked for and the examples themselves. */
import { normalizationOf } from '../../augmentation/normalize.ts';
import type { Augmentation, Normalization, Preparation } from '../../augmentation/settings.ts';
import type { PreparationChoice } from '../../config/preparation-options.ts';
import type { ExampleSet } from '../../data/example-set.ts';
import { usageError } from '../../errors.ts';
import type { Network } from '../../model/network.ts';
import type { Shape } from '../../shape.ts';
import { counted } from '../../shown.ts';

type Examples = Pick<ExampleSet, 'shape' | 'inputType' | 'inputs'>;

/**
 * @param isStreamed whether their values come only later
 * @returns undefined where nothing is to be made of them
 * @throws GradpoolError of kind 'usage' where these examples cannot be changed so
 */
export function preparationOf(
  { augmentation, normalization }: PreparationChoice,
  examples: Examples,
  network: Pick<Network, 'inputs' | 'layers'>,
  isStreamed = false,
): Preparation | undefined {
  if (augmentation === undefined && normalization === undefined) return undefined;
  checkKind(augmentation === undefined ? 'normalize' : 'augment', examples, network);
  const { shape } = examples;
  if (augmentation !== undefined) checkImages(augmentation, shape);
  return {
    shape,
    ...(augmentation === undefined ? {} : { augmentation }),
    ...(normalization === undefined
      ? {}
      : { normalization: ofChannels(normalization, examples, isStreamed) }),
  };
}

function checkKind(
  what: string,
  { inputType }: Examples,
  { inputs, layers }: Pick<Network, 'inputs' | 'layers'>,
) {
  if (inputs !== undefined)
    throw usageError(
      `Expected a model with one input to ${what} its examples, got one with ${inputs.length}`,
    );
  const areWords = layers.some(({ kind, reads }) => kind === 'embedding' && reads.includes(0));
  if (inputType === 'int32' || areWords)
    throw usageError(`Expected images to ${what}, got numbers of words; leave the option out`);
}

function checkImages(settings: Augmentation, shape: Shape): void {
  if (shape.length !== 3)
    throw usageError(
      `Expected images of shape [height, width, channels] to augment, got examples of shape [${shape.join(', ')}]; leave out ${asked(settings)}`,
    );
  const least = Math.min(shape[0], shape[1]);
  const tooLarge = (['randomShift', 'randomCrop', 'cutout'] as const).find((name) => settings[name] > least);
  if (tooLarge !== undefined)
    throw usageError(
      `Expected \`${tooLarge}\` to be at most the image's side, ${counted(least, 'pixel')}, got ${settings[tooLarge]}`,
    );
}

const asked = (settings: Augmentation): string =>
  Object.entries(settings)
    .filter(([name, value]) => name !== 'fillMode' && value !== 0 && value !== 'none')
    .map(([name]) => `\`${name}\``)
    .join(' and ');

function ofChannels(
  given: Normalization | 'of the training set',
  { shape, inputs }: Examples,
  isStreamed: boolean,
): Normalization {
  const channels = shape[shape.length - 1];
  if (given !== 'of the training set')
    return {
      mean: each('normalizeMean', given.mean, channels),
      std: each('normalizeStd', given.std, channels),
    };
  if (isStreamed)
    throw usageError(
      'Expected `normalizeMean` and `normalizeStd` for examples that stream, whose mean is not known, got `normalize`',
    );
  return normalizationOf(inputs as Exclude<typeof inputs, Int32Array>, channels);
}

function each(name: string, values: readonly number[], channels: number): readonly number[] {
  if (values.length === channels) return values;
  if (values.length === 1) return Array.from({ length: channels }, () => values[0]);
  throw usageError(
    `Expected \`${name}\` to hold a number for each of ${counted(channels, 'channel')} of the examples, or one for all, got ${values.length}`,
  );
}
