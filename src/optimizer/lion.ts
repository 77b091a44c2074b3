import { lionLayout } from '../kernels/structs.ts';
import { type Optimizer, optimizerOf } from './optimizer.ts';
import type { OptimizerSettings } from './settings.ts';

/**
 * Lion, for g = sum / examples (m begins as zero; the sign of 0 is 0):
 *
 * p -= learningRate * sign(beta1 * m + (1 - beta1) * g); m = beta2 * m + (1 - beta2) * g
 *
 * Source: Chen et al. 2023, in the form of Keras.
 */
export const lion = ({ beta1, beta2 }: OptimizerSettings<'lion'>): Optimizer =>
  optimizerOf({
    initialState: [0],
    layout: lionLayout,
    kernel: (kernels) => kernels.lion,
    struct: (update) => ({ ...update, beta1, rest1: 1 - beta1, beta2, rest2: 1 - beta2 }),
  });
