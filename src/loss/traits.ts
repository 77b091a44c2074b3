import { type Network, outputRows } from '../model/network.ts';
import type { Loss } from './loss.ts';

/** What a loss makes of a model's output and of its targets. */
export interface LossTraits {
  /** What the values of an output are to it. Margins tell classes apart at 0, as logits do. */
  readonly takes: 'logits' | 'probabilities' | 'margins' | 'numbers' | 'directions';
  /** Whether it is a mean over single values, or of a vector as a whole, or of one with a value for each class. */
  readonly of: 'values' | 'vectors' | 'classes';
}

export const lossTraits: Readonly<Record<Loss['name'], LossTraits>> = {
  softmaxCrossEntropy: { takes: 'logits', of: 'classes' },
  sigmoidCrossEntropy: { takes: 'logits', of: 'values' },
  categoricalCrossentropy: { takes: 'probabilities', of: 'classes' },
  sparseCategoricalCrossentropy: { takes: 'probabilities', of: 'classes' },
  binaryCrossentropy: { takes: 'probabilities', of: 'values' },
  kullbackLeiblerDivergence: { takes: 'probabilities', of: 'vectors' },
  logLoss: { takes: 'probabilities', of: 'values' },
  meanSquaredError: { takes: 'numbers', of: 'values' },
  meanAbsoluteError: { takes: 'numbers', of: 'values' },
  meanAbsolutePercentageError: { takes: 'numbers', of: 'values' },
  meanSquaredLogarithmicError: { takes: 'numbers', of: 'values' },
  logcosh: { takes: 'numbers', of: 'values' },
  huberLoss: { takes: 'numbers', of: 'values' },
  poisson: { takes: 'numbers', of: 'values' },
  hinge: { takes: 'margins', of: 'values' },
  squaredHinge: { takes: 'margins', of: 'values' },
  hingeLoss: { takes: 'margins', of: 'values' },
  categoricalHinge: { takes: 'margins', of: 'classes' },
  cosineProximity: { takes: 'directions', of: 'vectors' },
  cosineDistance: { takes: 'directions', of: 'vectors' },
  own: { takes: 'numbers', of: 'values' },
};

/** How many rows of a network's output have a loss of their own, whose mean is the example's. */
export const lossRows = (loss: Loss['name'], network: Pick<Network, 'output'>): number =>
  lossTraits[loss].of === 'values' ? 1 : outputRows(network);
