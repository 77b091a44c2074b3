import type { DenseLayer } from '../../../model/network.ts';
import { sizeOf } from '../../../shape.ts';

/**
 * output[r,u] = sum over i of input[r,i] * kernel[i,u] (+ bias[u])
 * @param parameters the network's flat array
 * @param input [rows, inputs]
 * @returns [rows, units]
 */
export function denseForward(layer: DenseLayer, parameters: Float64Array, input: Float64Array): Float64Array {
  const { rows, inputs, units, kernel, bias } = layer;
  const output = new Float64Array(sizeOf(layer.output));
  for (let r = 0; r < rows; r++) {
    for (let i = 0; i < inputs; i++)
      for (let u = 0; u < units; u++)
        output[r * units + u] += input[r * inputs + i] * parameters[kernel.offset + i * units + u];
    if (bias) for (let u = 0; u < units; u++) output[r * units + u] += parameters[bias.offset + u];
  }
  return output;
}

/**
 * Adds the gradients of kernel and bias to `dParameters`.
 * @param dOutput [rows, units]
 * @returns dInput [rows, inputs]
 */
export function denseBackward(
  layer: DenseLayer,
  parameters: Float64Array,
  input: Float64Array,
  dOutput: Float64Array,
  dParameters: Float64Array,
): Float64Array {
  const { rows, inputs, units, kernel, bias } = layer;
  const dInput = new Float64Array(sizeOf(layer.input));
  for (let r = 0; r < rows; r++) {
    for (let i = 0; i < inputs; i++)
      for (let u = 0; u < units; u++) {
        dInput[r * inputs + i] += dOutput[r * units + u] * parameters[kernel.offset + i * units + u];
        dParameters[kernel.offset + i * units + u] += dOutput[r * units + u] * input[r * inputs + i];
      }
    if (bias) for (let u = 0; u < units; u++) dParameters[bias.offset + u] += dOutput[r * units + u];
  }
  return dInput;
}
