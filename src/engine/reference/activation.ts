import type { ActivationKind } from '../../model/network.ts';

/** relu: max(x, 0); sigmoid: 1 / (1 + exp(-x)); tanh. */
export const activationForward = (activation: ActivationKind, input: Float64Array): Float64Array =>
  input.map(functions[activation]);

/** dInput = dOutput times the derivative, which each of the three can tell from its output. */
export const activationBackward = (
  activation: ActivationKind,
  output: Float64Array,
  dOutput: Float64Array,
): Float64Array => dOutput.map((d, i) => d * derivatives[activation](output[i]));

const functions: Record<ActivationKind, (x: number) => number> = {
  relu: (x) => Math.max(x, 0),
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  tanh: Math.tanh,
};

/** In terms of the output y. */
const derivatives: Record<ActivationKind, (y: number) => number> = {
  relu: (y) => (y > 0 ? 1 : 0),
  sigmoid: (y) => y * (1 - y),
  tanh: (y) => 1 - y * y,
};
