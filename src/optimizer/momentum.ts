import { momentumLayout } from '../kernels/structs.ts';
import { type Optimizer, optimizerOf } from './optimizer.ts';
import type { OptimizerSettings } from './settings.ts';

/**
 * SGD with momentum, for g = sum / examples (v begins as zero):
 *
 * - v = momentum * v + g; p -= learningRate * v
 * - with nesterov: v = momentum * v + g; p -= learningRate * (g + momentum * v)
 *
 * Source: Sutskever et al. 2013, in the form of PyTorch and tf.train.momentum.
 */
export const momentum = ({ momentum, nesterov }: OptimizerSettings<'momentum'>): Optimizer =>
  optimizerOf({
    initialState: [0],
    layout: momentumLayout,
    kernel: (kernels) => (nesterov ? kernels.nesterov : kernels.momentum),
    struct: (update) => ({ ...update, momentum }),
  });
