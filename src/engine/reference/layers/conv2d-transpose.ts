import type { Conv2dTransposeLayer } from '../../../model/network.ts';
import { sizeOf } from '../../../shape.ts';
import { forEachTap, type Taps } from './conv2d.ts';

/**
 * Each input pixel adds its multiples of the kernel to a window of the output.
 * @param input [height, width, channels]
 * @returns [outputHeight, outputWidth, filters]
 */
export function conv2dTransposeForward(
  layer: Conv2dTransposeLayer,
  parameters: Float64Array,
  input: Float64Array,
): Float64Array {
  const [, , filters] = layer.output;
  const [, , channels] = layer.input;
  const output = new Float64Array(sizeOf(layer.output));
  if (layer.bias)
    for (let i = 0; i < output.length; i++) output[i] = parameters[layer.bias.offset + (i % filters)];
  forEachTap(turned(layer), (outputAt, kernelAt, inputAt) => {
    for (let c = 0; c < channels; c++) output[outputAt] += input[inputAt + c] * parameters[kernelAt + c];
  });
  return output;
}

/**
 * Adds the gradients of kernel and bias to `dParameters`.
 * @param dOutput [outputHeight, outputWidth, filters]
 * @returns dInput [height, width, channels]
 */
export function conv2dTransposeBackward(
  layer: Conv2dTransposeLayer,
  parameters: Float64Array,
  input: Float64Array,
  dOutput: Float64Array,
  dParameters: Float64Array,
): Float64Array {
  const [, , filters] = layer.output;
  const [, , channels] = layer.input;
  const dInput = new Float64Array(sizeOf(layer.input));
  forEachTap(turned(layer), (outputAt, kernelAt, inputAt) => {
    for (let c = 0; c < channels; c++) {
      dInput[inputAt + c] += dOutput[outputAt] * parameters[kernelAt + c];
      dParameters[kernelAt + c] += dOutput[outputAt] * input[inputAt + c];
    }
  });
  if (layer.bias)
    for (let i = 0; i < dOutput.length; i++) dParameters[layer.bias.offset + (i % filters)] += dOutput[i];
  return dInput;
}

/** The convolution that goes the other way, from the output to the input. */
const turned = (layer: Conv2dTransposeLayer): Taps => ({
  ...layer,
  input: layer.output,
  output: layer.input,
  kernelStart: layer.kernel.offset,
});
