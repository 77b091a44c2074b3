import { sgdLayout } from '../kernels/structs.ts';
import { type Optimizer, optimizerOf } from './optimizer.ts';

/** Stochastic gradient descent, for g = sum / examples: p -= learningRate * g */
export const sgd = (): Optimizer =>
  optimizerOf({
    initialState: [],
    layout: sgdLayout,
    kernel: (kernels) => kernels.sgd,
    struct: (update) => update,
  });
