import type { OptimizerSettings } from '../protocol.ts';
import type { Optimizer } from './optimizer.ts';

/**
 * SGD with momentum, for g = sum / examples (v begins as zero):
 *
 * - v = momentum * v + g; p -= learningRate * v
 * - with nesterov: v = momentum * v + g; p -= learningRate * (g + momentum * v)
 *
 * Source: Sutskever et al. 2013, in the form of PyTorch and tf.train.momentum.
 */
export function momentum({
  momentum,
  nesterov,
}: Extract<OptimizerSettings, { name: 'momentum' }>): Optimizer {
  const kernel = nesterov ? 'sgdNesterov' : 'sgdMomentum';
  return {
    initialState: [0],
    update(kernels, { learningRate, sum, examples, current, next, currentState, nextState, floats }) {
      const velocities = [currentState[0], nextState[0]] as const;
      const hyper = [examples, learningRate, momentum] as const;
      return kernels[kernel](sum, ...hyper, current, next, ...velocities, floats) !== 0;
    },
  };
}
