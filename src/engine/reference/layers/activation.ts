import type { ActivationLayer, ActivationName } from '../../../model/network.ts';
import type { Activation } from '../../../model/sequence-layers.ts';

/** @returns the function of each value */
export const activationForward = (
  { activation, setting }: ActivationLayer,
  input: Float64Array,
): Float64Array => input.map((x) => activations[activation].value(x, settingOf(setting)));

/** dInput = dOutput times the derivative. */
export const activationBackward = (
  { activation, setting }: ActivationLayer,
  input: Float64Array,
  dOutput: Float64Array,
): Float64Array => dOutput.map((d, i) => d * activations[activation].slope(input[i], settingOf(setting)));

/** Without an activation, values are as they are. */
export const valueAt = (within: Activation | undefined, x: number): number =>
  within === undefined ? x : activations[within.activation].value(x, settingOf(within.setting));

export const slopeAt = (within: Activation | undefined, x: number): number =>
  within === undefined ? 1 : activations[within.activation].slope(x, settingOf(within.setting));

const settingOf = (setting: number | undefined): number => setting ?? Number.NaN;

interface ActivationFunction {
  value(x: number, setting: number): number;
  /** Its derivative; at a kink that of TensorFlow.js. */
  slope(x: number, setting: number): number;
}

/** Klambauer et al., Self-Normalizing Neural Networks, 2017. */
const [seluScale, seluAlpha] = [1.0507009873554805, 1.6732632423543772];

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

/** 1 + tanh(u) = 2 sigmoid(2 u) */
const geluInner = (x: number): number => Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3);

/** A NaN stays one. */
const activations: { readonly [K in ActivationName]: ActivationFunction } = {
  relu: { value: (x) => Math.max(x, 0), slope: (x) => (x > 0 ? 1 : 0) },
  sigmoid: { value: sigmoid, slope: (x) => sigmoid(x) * (1 - sigmoid(x)) },
  tanh: { value: Math.tanh, slope: (x) => 1 - Math.tanh(x) * Math.tanh(x) },
  elu: { value: (x) => (x > 0 ? x : Math.expm1(x)), slope: (x) => (x > 0 ? 1 : Math.exp(x)) },
  selu: {
    value: (x) => seluScale * (x > 0 ? x : seluAlpha * Math.expm1(x)),
    slope: (x) => seluScale * (x > 0 ? 1 : seluAlpha * Math.exp(x)),
  },
  softplus: { value: softplus, slope: sigmoid },
  softsign: { value: (x) => x / (1 + Math.abs(x)), slope: (x) => 1 / (1 + Math.abs(x)) ** 2 },
  hardSigmoid: {
    value: (x) => Math.min(Math.max(0.2 * x + 0.5, 0), 1),
    slope: (x) => (Math.abs(x) < 2.5 ? 0.2 : 0),
  },
  swish: {
    value: (x) => x * sigmoid(x),
    slope: (x) => sigmoid(x) * (1 + x * (1 - sigmoid(x))),
  },
  mish: {
    value: (x) => x * Math.tanh(softplus(x)),
    slope(x) {
      const t = Math.tanh(softplus(x));
      return t + x * (1 - t * t) * sigmoid(x);
    },
  },
  gelu: {
    value: (x) => x * normalBelow(x),
    slope: (x) => normalBelow(x) + (x * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI),
  },
  geluNew: {
    value: (x) => x * sigmoid(2 * geluInner(x)),
    slope(x) {
      const s = sigmoid(2 * geluInner(x));
      return s + 2 * x * s * (1 - s) * Math.sqrt(2 / Math.PI) * (1 + 3 * 0.044715 * x * x);
    },
  },
  cappedReLU: {
    value: (x, cap) => Math.min(Math.max(x, 0), cap),
    slope: (x, cap) => (x > 0 && x < cap ? 1 : 0),
  },
  leakyReLU: { value: (x, alpha) => (x < 0 ? alpha * x : x), slope: (x, alpha) => (x > 0 ? 1 : alpha) },
  thresholdedReLU: { value: (x, theta) => (x <= theta ? 0 : x), slope: (x, theta) => (x > theta ? 1 : 0) },
};

/**
 * The normal distribution's probability of values below x: 1/2 + phi(x) (x + x^3 / 3 + x^5 / (3 * 5) + ...), and far out
 * the continued fraction phi(x) / (x + 1 / (x + 2 / (x + ...))).
 * Source: Abramowitz and Stegun, 26.2.11 and 26.2.14.
 */
function normalBelow(x: number): number {
  const density = Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
  if (Math.abs(x) < 4) {
    let [sum, term] = [0, x];
    for (let n = 1; n < 60; n++) {
      sum += term;
      term *= (x * x) / (2 * n + 1);
    }
    return 0.5 + density * sum;
  }
  let fraction = Math.abs(x);
  for (let n = 60; n >= 1; n--) fraction = Math.abs(x) + n / fraction;
  return x > 0 ? 1 - density / fraction : density / fraction;
}
