/**
 * Label smoothing (Szegedy et al. 2016), in the form of Keras and tf.losses: of smoothing s, a loss of n classes takes
 * (1 - s) t + s / n for the target t, one of single values (1 - s) t + s / 2.
 */
import { usageError } from '../errors.ts';
import { type Loss, type LossName, lossLabel, type ModelLoss } from './loss.ts';

/** The losses that take it, and whether a target has n values that add up to 1, or each has two classes. */
const smoothed: Readonly<Partial<Record<Loss['name'], 'classes' | 'values'>>> = {
  softmaxCrossEntropy: 'classes',
  categoricalCrossentropy: 'classes',
  sparseCategoricalCrossentropy: 'classes',
  sigmoidCrossEntropy: 'values',
  binaryCrossentropy: 'values',
} satisfies Partial<Record<LossName, 'classes' | 'values'>>;

/** What a value of a target is multiplied by, and what is added then. */
export interface Smoothing {
  readonly keep: number;
  readonly add: number;
}

/** @param size values of a target @returns undefined where targets stay as they are */
export function smoothingOf(loss: Loss, size: number): Smoothing | undefined {
  if (loss.name === 'own' || loss.smoothing === undefined) return undefined;
  const { name, smoothing } = loss;
  return { keep: 1 - smoothing, add: smoothing / (smoothed[name] === 'values' ? 2 : size) };
}

/**
 * The same losses with smooth labels: of several, those that can have them.
 * @throws GradpoolError of kind 'usage' where none can
 */
export function withSmoothing(loss: ModelLoss, smoothing: number): ModelLoss {
  if (smoothing === 0) return loss;
  const all = [loss].flat();
  if (all.every(({ name }) => smoothed[name] === undefined))
    throw usageError(
      `Expected no \`labelSmoothing\` with the loss ${all.map(lossLabel).join(', ')}, got ${smoothing}: labels are smoothed for ${Object.keys(smoothed).join(', ')}`,
    );
  const smooth = <L extends Loss>(one: L): L =>
    smoothed[one.name] === undefined ? one : { ...one, smoothing };
  return 'name' in loss ? smooth(loss) : loss.map(smooth);
}
