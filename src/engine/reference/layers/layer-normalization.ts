import type { LayerNormalizationLayer } from '../../../model/network.ts';

/** For each row: output = x * gamma + beta, with x = (input - mean) / sqrt(variance + epsilon). */
export function layerNormalizationForward(
  layer: LayerNormalizationLayer,
  parameters: Float64Array,
  input: Float64Array,
): Float64Array {
  const { size, gamma, beta } = layer;
  const { normalized } = normalize(layer, input);
  return normalized.map((x, i) => {
    const scale = gamma === undefined ? 1 : parameters[gamma.offset + (i % size)];
    return x * scale + (beta === undefined ? 0 : parameters[beta.offset + (i % size)]);
  });
}

/**
 * Adds the gradients of gamma and beta. For each row, with dX = dOutput * gamma:
 * dInput = (dX - mean of dX - x * mean of (dX * x)) / sqrt(variance + epsilon)
 * Source: Ba, Kiros and Hinton, Layer Normalization, 2016.
 */
export function layerNormalizationBackward(
  layer: LayerNormalizationLayer,
  parameters: Float64Array,
  input: Float64Array,
  dOutput: Float64Array,
  dParameters: Float64Array,
): Float64Array {
  const { size, gamma, beta } = layer;
  const { normalized, deviations } = normalize(layer, input);
  const dX = dOutput.map((d, i) => (gamma === undefined ? d : d * parameters[gamma.offset + (i % size)]));
  for (const [i, d] of dOutput.entries()) {
    if (gamma !== undefined) dParameters[gamma.offset + (i % size)] += d * normalized[i];
    if (beta !== undefined) dParameters[beta.offset + (i % size)] += d;
  }
  const means = rowMeans(dX, size);
  const along = rowMeans(
    dX.map((d, i) => d * normalized[i]),
    size,
  );
  return dX.map((d, i) => {
    const row = Math.floor(i / size);
    return (d - means[row] - normalized[i] * along[row]) / deviations[row];
  });
}

function normalize({ size, epsilon }: LayerNormalizationLayer, input: Float64Array) {
  const means = rowMeans(input, size);
  const centred = input.map((value, i) => value - means[Math.floor(i / size)]);
  const variances = rowMeans(
    centred.map((value) => value ** 2),
    size,
  );
  const deviations = variances.map((variance) => Math.sqrt(variance + epsilon));
  return { deviations, normalized: centred.map((value, i) => value / deviations[Math.floor(i / size)]) };
}

const rowMeans = (values: Float64Array, size: number): Float64Array =>
  Float64Array.from(
    { length: values.length / size },
    (_, row) => values.subarray(row * size, (row + 1) * size).reduce((sum, value) => sum + value) / size,
  );
