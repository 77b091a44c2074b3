import type { Conv2dLayer, Windows } from '../../../model/network.ts';
import { type ImageShape, sizeOf } from '../../../shape.ts';

/**
 * output[y,x,o] = sum over i,j,c of input[y*sy+i*dy-top, x*sx+j*dx-left, c] * kernel[i,j,c,o] (+ bias[o])
 * @param parameters the network's flat array
 * @param input [height, width, channels]
 * @returns [outputHeight, outputWidth, filters]
 */
export function conv2dForward(
  layer: Conv2dLayer,
  parameters: Float64Array,
  input: Float64Array,
): Float64Array {
  const filters = layer.output[2];
  const output = new Float64Array(sizeOf(layer.output));
  if (layer.bias)
    for (let i = 0; i < output.length; i++) output[i] = parameters[layer.bias.offset + (i % filters)];
  forEachTap(tapsOf(layer), (inputAt, kernelAt, outputAt) => {
    for (let o = 0; o < filters; o++) output[outputAt + o] += input[inputAt] * parameters[kernelAt + o];
  });
  return output;
}

/**
 * Adds the gradients of kernel and bias to `dParameters`.
 * @param dOutput [outputHeight, outputWidth, filters]
 * @returns dInput [height, width, channels]
 */
export function conv2dBackward(
  layer: Conv2dLayer,
  parameters: Float64Array,
  input: Float64Array,
  dOutput: Float64Array,
  dParameters: Float64Array,
): Float64Array {
  const filters = layer.output[2];
  const dInput = new Float64Array(sizeOf(layer.input));
  forEachTap(tapsOf(layer), (inputAt, kernelAt, outputAt) => {
    for (let o = 0; o < filters; o++) {
      dInput[inputAt] += dOutput[outputAt + o] * parameters[kernelAt + o];
      dParameters[kernelAt + o] += dOutput[outputAt + o] * input[inputAt];
    }
  });
  if (layer.bias)
    for (let i = 0; i < dOutput.length; i++) dParameters[layer.bias.offset + (i % filters)] += dOutput[i];
  return dInput;
}

/** Windows over an image `input`, one for each pixel of `output`. */
export interface Taps extends Windows {
  readonly input: ImageShape;
  readonly output: ImageShape;
  /** Where the kernel, [kernelHeight, kernelWidth, channels, filters], begins in the flat array. */
  readonly kernelStart: number;
}

const tapsOf = (layer: Conv2dLayer): Taps => ({ ...layer, kernelStart: layer.kernel.offset });

/** The place of an input value, of the kernel's first filter and of the output's first filter that meet. */
export type Tap = (inputAt: number, kernelAt: number, outputAt: number) => void;

/** Every meeting of an output pixel and an input value within the image, row-major over y, x, i, j, c. */
export function forEachTap(layer: Taps, tap: Tap): void {
  const { strides, padding, dilation = [1, 1], kernelStart } = layer;
  const [height, width, channels] = layer.input;
  const [outputHeight, outputWidth, filters] = layer.output;
  const [kernelHeight, kernelWidth] = layer.kernelSize;
  for (let y = 0; y < outputHeight; y++)
    for (let x = 0; x < outputWidth; x++)
      for (let i = 0; i < kernelHeight; i++)
        for (let j = 0; j < kernelWidth; j++) {
          const row = y * strides[0] + i * dilation[0] - padding.top;
          const column = x * strides[1] + j * dilation[1] - padding.left;
          if (row < 0 || row >= height || column < 0 || column >= width) continue;
          for (let c = 0; c < channels; c++)
            tap(
              (row * width + column) * channels + c,
              kernelStart + ((i * kernelWidth + j) * channels + c) * filters,
              (y * outputWidth + x) * filters,
            );
        }
}
