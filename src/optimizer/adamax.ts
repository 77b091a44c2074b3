import { adamaxLayout } from '../kernels/structs.ts';
import { betaPower } from './adam.ts';
import { type Optimizer, optimizerOf } from './optimizer.ts';
import type { OptimizerSettings } from './settings.ts';

/**
 * AdaMax, for g = sum / examples (m and u begin as zero):
 *
 * m = beta1 * m + (1 - beta1) * g; u = max(beta2 * u, |g|); p -= learningRate / (1 - beta1^step) * m / (u + epsilon)
 *
 * Source: Kingma and Ba 2015, in the form of tf.train.adamax.
 */
export const adamax = ({ beta1, beta2, epsilon }: OptimizerSettings<'adamax'>): Optimizer =>
  optimizerOf({
    initialState: [0, 0],
    layout: adamaxLayout,
    kernel: (kernels) => kernels.adamax,
    struct: (update, step) => ({
      ...update,
      ...{ beta1, rest1: 1 - beta1, beta2, epsilon },
      correction: 1 - betaPower(beta1, step),
    }),
  });
