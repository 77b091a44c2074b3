import { type Adam, adamLayout } from '../kernels/structs.ts';
import { type Optimizer, type OptimizerParts, optimizerOf } from './optimizer.ts';
import type { OptimizerSettings } from './settings.ts';

/**
 * Adam, for g = sum / examples (m and v begin as zero):
 *
 * m = beta1 * m + (1 - beta1) * g; v = beta2 * v + (1 - beta2) * g^2
 * p -= learningRate * (m / (1 - beta1^step)) / (sqrt(v / (1 - beta2^step)) + epsilon)
 *
 * Source: Kingma and Ba 2015, in the form of tf.train.adam.
 */
export const adam = (settings: OptimizerSettings<'adam'>): Optimizer => optimizerOf(partsOf(settings));

/** Adam, whose weights decay by default. Source: Loshchilov and Hutter 2019, in the form of Keras and PyTorch. */
export const adamw = (settings: OptimizerSettings<'adamw'>): Optimizer => optimizerOf(partsOf(settings));

/**
 * Adam, whose step on each weight is multiplied by |p| / |step| (both L2 norms of the whole weight; by 1 where one is 0),
 * a step being that of a learning rate of 1.
 *
 * Source: You et al. 2020, in the form of Keras: |p| is that of the decayed weight, and the decay no part of the step.
 */
export const lamb = (settings: OptimizerSettings<'lamb'>): Optimizer =>
  optimizerOf({ ...partsOf(settings), squares: (kernels) => kernels.adamSquares });

const partsOf = ({
  beta1,
  beta2,
  epsilon,
}: Omit<OptimizerSettings<'adam' | 'adamw' | 'lamb'>, 'name'>): OptimizerParts<Adam> => ({
  initialState: [0, 0],
  layout: adamLayout,
  kernel: (kernels) => kernels.adam,
  struct: (update, step) => ({
    ...update,
    ...{ beta1, rest1: 1 - beta1, beta2, rest2: 1 - beta2, epsilon },
    correction1: 1 - betaPower(beta1, step),
    correction2: 1 - betaPower(beta2, step),
  }),
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
