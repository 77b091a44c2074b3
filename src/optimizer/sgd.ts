import type { OptimizerSettings } from '../protocol.ts';
import type { Optimizer } from './optimizer.ts';

/** Stochastic gradient descent, for g = sum / examples: p -= learningRate * g */
export const sgd = ({ learningRate }: Extract<OptimizerSettings, { name: 'sgd' }>): Optimizer => ({
  initialState: [],
  update(kernels, { sum, examples, current, next, floats }) {
    kernels.sgd(sum, examples, learningRate, current, next, floats);
  },
});
