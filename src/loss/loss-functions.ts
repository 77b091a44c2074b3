/** Each loss of one prediction, and its gradient, plainly in float64. loss.ts has the formulas. */
import { cosineDistance, cosineProximity } from './functions/cosines.ts';
import {
  binaryCrossentropy,
  categoricalCrossentropy,
  kullbackLeiblerDivergence,
  logLoss,
  sigmoidCrossEntropy,
  softmaxCrossEntropy,
  sparseCategoricalCrossentropy,
} from './functions/cross-entropies.ts';
import {
  huberLoss,
  logcosh,
  meanAbsoluteError,
  meanAbsolutePercentageError,
  meanSquaredError,
  meanSquaredLogarithmicError,
  poisson,
} from './functions/errors.ts';
import { categoricalHinge, hinge, hingeLoss, squaredHinge } from './functions/hinges.ts';
import type { LossFunction } from './functions/loss-function.ts';
import type { LossName } from './loss.ts';

export const lossFunctions: Readonly<Record<LossName, LossFunction>> = {
  softmaxCrossEntropy,
  sigmoidCrossEntropy,
  categoricalCrossentropy,
  sparseCategoricalCrossentropy,
  binaryCrossentropy,
  kullbackLeiblerDivergence,
  logLoss,
  meanSquaredError,
  meanAbsoluteError,
  meanAbsolutePercentageError,
  meanSquaredLogarithmicError,
  logcosh,
  huberLoss,
  poisson,
  hinge,
  squaredHinge,
  hingeLoss,
  categoricalHinge,
  cosineProximity,
  cosineDistance,
};
