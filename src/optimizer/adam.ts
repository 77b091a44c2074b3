import type { OptimizerSettings } from '../protocol.ts';
import type { Optimizer } from './optimizer.ts';

/**
 * Adam, for g = sum / examples (m and v begin as zero):
 *
 * m = beta1 * m + (1 - beta1) * g; v = beta2 * v + (1 - beta2) * g^2
 * p -= learningRate * (m / (1 - beta1^step)) / (sqrt(v / (1 - beta2^step)) + epsilon)
 *
 * Source: Kingma and Ba 2015, in the form of tf.train.adam.
 */
export const adam = ({ beta1, beta2, epsilon }: Extract<OptimizerSettings, { name: 'adam' }>): Optimizer => ({
  initialState: [0, 0],
  update(kernels, { step, learningRate, sum, examples, current, next, currentState, nextState, floats }) {
    const [correction1, correction2] = [1 - betaPower(beta1, step), 1 - betaPower(beta2, step)];
    const state = [currentState[0], nextState[0], currentState[1], nextState[1]] as const;
    const hyper = [learningRate, beta1, beta2, epsilon, correction1, correction2] as const;
    return kernels.adam(sum, examples, ...hyper, current, next, ...state, floats) !== 0;
  },
});

/**
 * Of the float32 that TensorFlow.js keeps beta as. By squaring, not `**`: the last bits of that are up to the
 * JavaScript engine.
 */
export function betaPower(beta: number, exponent: number): number {
  let power = 1;
  let square = Math.fround(beta);
  for (let rest = exponent; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) power *= square;
    square *= square;
  }
  return power;
}
