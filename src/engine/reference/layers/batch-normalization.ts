import type { BatchNormalizationLayer, Parameter } from '../../../model/network.ts';

/** A tensor of each example of a shard, [rows, channels]. */
type Values = readonly Float64Array[];

/** For each channel: output = (input - mean) / sqrt(variance + epsilon) * gamma + beta. */
export function batchNormalizationForward(
  layer: BatchNormalizationLayer,
  input: Values,
  { parameters, isTraining }: { readonly parameters: Float64Array; readonly isTraining: boolean },
): Values {
  const { channels, epsilon, movingMean, movingVariance } = layer;
  const { mean, variance } = isTraining
    ? momentsOf(layer, input)
    : { mean: valuesOf(parameters, movingMean), variance: valuesOf(parameters, movingVariance) };
  const scale = gammaOf(layer, parameters);
  return input.map((values) =>
    values.map((value, i) => {
      const c = i % channels;
      const shift = layer.beta === undefined ? 0 : parameters[layer.beta.offset + c];
      return ((value - mean[c]) / Math.sqrt(variance[c] + epsilon)) * scale(c) + shift;
    }),
  );
}

/**
 * Adds the gradients of gamma and beta, and how far the averages move times the number of examples. With n values of a
 * channel in the shard and x = (input - mean) / deviation:
 * dInput = gamma / deviation * (dOutput - mean of dOutput - x * mean of (dOutput * x))
 * Source: Ioffe and Szegedy, Batch Normalization, 2015.
 */
export function batchNormalizationBackward(
  layer: BatchNormalizationLayer,
  parameters: Float64Array,
  input: Values,
  dOutput: Values,
  dParameters: Float64Array,
): Values {
  const { channels, epsilon, momentum } = layer;
  const { mean, variance, count } = momentsOf(layer, input);
  const deviation = variance.map((value) => Math.sqrt(value + epsilon));
  const normalized = input.map((values) =>
    values.map((value, i) => (value - mean[i % channels]) / deviation[i % channels]),
  );
  const [dBeta, dGamma] = [new Float64Array(channels), new Float64Array(channels)];
  for (const [example, values] of dOutput.entries())
    for (const [i, d] of values.entries()) {
      dBeta[i % channels] += d;
      dGamma[i % channels] += d * normalized[example][i];
    }
  add(dParameters, layer.beta, dBeta);
  add(dParameters, layer.gamma, dGamma);
  for (const [average, value] of [
    [layer.movingMean, mean],
    [layer.movingVariance, variance],
  ] as const)
    add(
      dParameters,
      average,
      value.map((now, c) => (now - parameters[average.offset + c]) * (1 - momentum) * input.length),
    );
  const scale = gammaOf(layer, parameters);
  return dOutput.map((values, example) =>
    values.map((d, i) => {
      const c = i % channels;
      const centred = d - dBeta[c] / count - (normalized[example][i] * dGamma[c]) / count;
      return (scale(c) / deviation[c]) * centred;
    }),
  );
}

/** Of each channel, over all values that the examples have of it. */
function momentsOf({ channels }: BatchNormalizationLayer, input: Values) {
  const count = (input.length * input[0].length) / channels;
  const [mean, variance] = [new Float64Array(channels), new Float64Array(channels)];
  for (const values of input) for (const [i, value] of values.entries()) mean[i % channels] += value / count;
  for (const values of input)
    for (const [i, value] of values.entries())
      variance[i % channels] += (value - mean[i % channels]) ** 2 / count;
  return { mean, variance, count };
}

const gammaOf =
  ({ gamma }: BatchNormalizationLayer, parameters: Float64Array) =>
  (channel: number): number =>
    gamma === undefined ? 1 : parameters[gamma.offset + channel];

const valuesOf = (parameters: Float64Array, { offset, size }: Parameter): Float64Array =>
  parameters.subarray(offset, offset + size);

function add(dParameters: Float64Array, parameter: Parameter | undefined, values: Float64Array): void {
  if (parameter !== undefined)
    for (const [i, value] of values.entries()) dParameters[parameter.offset + i] += value;
}
