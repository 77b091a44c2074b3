import type { OptimizerSettings } from '../protocol.ts';
import type { Optimizer } from './optimizer.ts';

/**
 * Adagrad, for g = sum / examples (s begins as initialAccumulatorValue):
 *
 * s += g^2; p -= learningRate * g / sqrt(s + epsilon)
 *
 * Source: Duchi, Hazan and Singer 2011, in the form of tf.train.adagrad.
 */
export const adagrad = ({
  initialAccumulatorValue,
  epsilon,
}: Extract<OptimizerSettings, { name: 'adagrad' }>): Optimizer => ({
  initialState: [initialAccumulatorValue],
  update(kernels, { learningRate, sum, examples, current, next, currentState, nextState, floats }) {
    const [squares, nextSquares] = [currentState[0], nextState[0]];
    return (
      kernels.adagrad(sum, examples, learningRate, epsilon, current, next, squares, nextSquares, floats) !== 0
    );
  },
});
