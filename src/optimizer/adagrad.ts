import { adagradLayout } from '../kernels/structs.ts';
import { type Optimizer, optimizerOf } from './optimizer.ts';
import type { OptimizerSettings } from './settings.ts';

/**
 * Adagrad, for g = sum / examples (s begins as initialAccumulatorValue):
 *
 * s += g^2; p -= learningRate * g / sqrt(s + epsilon)
 *
 * Source: Duchi, Hazan and Singer 2011, in the form of tf.train.adagrad.
 */
export const adagrad = ({ initialAccumulatorValue, epsilon }: OptimizerSettings<'adagrad'>): Optimizer =>
  optimizerOf({
    initialState: [initialAccumulatorValue],
    layout: adagradLayout,
    kernel: (kernels) => kernels.adagrad,
    struct: (update) => ({ ...update, epsilon }),
  });
