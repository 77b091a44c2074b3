/** Layers that compute each value, or each row of values, for itself. */
import type { LayerBase, Parameter } from './layer-base.ts';

/**
 * TensorFlow.js's activations. cappedReLU is its relu6 and its ReLU with a `maxValue`; what is linear stands in no layer.
 * geluNew, its gelu_new: x / 2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))), which is near gelu. swish: x sigmoid(x); mish: x tanh(log(1 + exp(x))); gelu: x times the normal distribution's probability below x.
 */
export const activationNames = [
  ...(['relu', 'sigmoid', 'tanh', 'elu', 'selu', 'softplus', 'softsign', 'hardSigmoid', 'swish'] as const),
  ...(['mish', 'gelu', 'geluNew', 'cappedReLU', 'leakyReLU', 'thresholdedReLU'] as const),
] as const;

export type ActivationName = (typeof activationNames)[number];

export interface ActivationLayer extends LayerBase {
  readonly kind: 'activation';
  readonly activation: ActivationName;
  /**
   * cappedReLU: the largest output; leakyReLU: what a value below 0 is multiplied by; thresholdedReLU: values up to it
   * give 0. The others have none.
   */
  readonly setting?: number;
}

/** output[r, c] = exp(input[r, c]) / sum over the row of exp(input[r, ...]), for rows of `columns` values; or its logarithm. */
export interface SoftmaxLayer<K = 'softmax' | 'logSoftmax'> extends LayerBase {
  readonly kind: K;
  readonly columns: number;
}

/** output = input where that is not below 0, else alpha * input; alpha is spread over the input where its size is 1. */
export interface PReluLayer extends LayerBase {
  readonly kind: 'prelu';
  /** The input's shape, with 1 for each axis that shares. */
  readonly alpha: Parameter;
}
