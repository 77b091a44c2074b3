import type { Optimizer } from './optimizer.ts';

/** Stochastic gradient descent, for g = sum / examples: p -= learningRate * g */
export const sgd = (): Optimizer => ({
  initialState: [],
  update(kernels, { learningRate, sum, examples, current, next, floats }) {
    return kernels.sgd(sum, examples, learningRate, current, next, floats) !== 0;
  },
});
