import { rmspropLayout } from '../kernels/structs.ts';
import { type Optimizer, optimizerOf } from './optimizer.ts';
import type { OptimizerSettings } from './settings.ts';

/**
 * RMSProp, for g = sum / examples (s and v begin as zero):
 *
 * s = decay * s + (1 - decay) * g^2; v = momentum * v + learningRate * g / sqrt(s + epsilon); p -= v
 *
 * Source: Tieleman and Hinton 2012, in the form of tf.train.rmsprop.
 */
export const rmsprop = ({ decay, momentum, epsilon }: OptimizerSettings<'rmsprop'>): Optimizer =>
  optimizerOf({
    initialState: [0, 0],
    layout: rmspropLayout,
    kernel: (kernels) => kernels.rmsprop,
    struct: (update) => ({ ...update, decay, rest: 1 - decay, momentum, epsilon }),
  });
