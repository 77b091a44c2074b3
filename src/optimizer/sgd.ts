import type { OptimizerSettings } from '../protocol.ts';
import type { Optimizer } from './optimizer.ts';

/**
 * Stochastic gradient descent, for g = sum / examples:
 *
 * - momentum 0: p -= learningRate * g
 * - otherwise: v = momentum * v + g; p -= learningRate * v (v begins as zero)
 *
 * Source: Sutskever et al. 2013, in the form of PyTorch and tf.train.momentum.
 */
export function sgd({ learningRate, momentum }: OptimizerSettings): Optimizer {
  if (momentum === 0)
    return {
      stateArrays: 0,
      update(kernels, { sum, examples, current, next, floats }) {
        kernels.sgd(sum, examples, learningRate, current, next, floats);
      },
    };
  return {
    stateArrays: 1,
    update(kernels, { sum, examples, current, next, currentState, nextState, floats }) {
      kernels.sgdMomentum(
        sum,
        examples,
        learningRate,
        momentum,
        current,
        next,
        currentState[0],
        nextState[0],
        floats,
      );
    },
  };
}
