import type { OptimizerSettings } from '../protocol.ts';
import type { Optimizer } from './optimizer.ts';

/**
 * RMSProp, for g = sum / examples (s and v begin as zero):
 *
 * s = decay * s + (1 - decay) * g^2; v = momentum * v + learningRate * g / sqrt(s + epsilon); p -= v
 *
 * Source: Tieleman and Hinton 2012, in the form of tf.train.rmsprop.
 */
export const rmsprop = ({
  decay,
  momentum,
  epsilon,
}: Extract<OptimizerSettings, { name: 'rmsprop' }>): Optimizer => ({
  initialState: [0, 0],
  update(kernels, { learningRate, sum, examples, current, next, currentState, nextState, floats }) {
    const state = [currentState[0], nextState[0], currentState[1], nextState[1]] as const;
    return (
      kernels.rmsprop(
        sum,
        examples,
        ...([learningRate, decay, momentum, epsilon] as const),
        current,
        next,
        ...state,
        floats,
      ) !== 0
    );
  },
});
