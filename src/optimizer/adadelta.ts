import { adadeltaLayout } from '../kernels/structs.ts';
import { type Optimizer, optimizerOf } from './optimizer.ts';
import type { OptimizerSettings } from './settings.ts';

/**
 * Adadelta, for g = sum / examples (s and d begin as zero):
 *
 * s = rho * s + (1 - rho) * g^2; step = g * sqrt(d + epsilon) / sqrt(s + epsilon)
 * d = rho * d + (1 - rho) * step^2; p -= learningRate * step
 *
 * Source: Zeiler 2012, in the form of Keras and PyTorch.
 */
export const adadelta = (settings: OptimizerSettings<'adadelta'>): Optimizer => adadeltaWith(settings, 0);

/** The same in the form of tf.train.adadelta, whose step divides by the root of the s before. */
export const tfjsAdadelta = (settings: OptimizerSettings<'tfjsAdadelta'>): Optimizer =>
  adadeltaWith(settings, 1);

const adadeltaWith = (
  { rho, epsilon }: Omit<OptimizerSettings<'adadelta' | 'tfjsAdadelta'>, 'name'>,
  lags: 0 | 1,
): Optimizer =>
  optimizerOf({
    initialState: [0, 0],
    layout: adadeltaLayout,
    kernel: (kernels) => kernels.adadelta,
    struct: (update) => ({ ...update, rho, rest: 1 - rho, epsilon, lags }),
  });
