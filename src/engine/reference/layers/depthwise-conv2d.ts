import type { DepthwiseConv2dLayer } from '../../../model/network.ts';
import { sizeOf } from '../../../shape.ts';

/**
 * output[y,x,c*M+m] = sum over i,j of input[y*sy+i*dy-top, x*sx+j*dx-left, c] * kernel[i,j,c,m] (+ bias[c*M+m])
 * @param input [height, width, channels]
 * @returns [outputHeight, outputWidth, channels * M]
 */
export function depthwiseConv2dForward(
  layer: DepthwiseConv2dLayer,
  parameters: Float64Array,
  input: Float64Array,
): Float64Array {
  const output = new Float64Array(sizeOf(layer.output));
  const filters = layer.output[2];
  if (layer.bias)
    for (let i = 0; i < output.length; i++) output[i] = parameters[layer.bias.offset + (i % filters)];
  forEachProduct(layer, (inputAt, kernelAt, outputAt) => {
    output[outputAt] += input[inputAt] * parameters[kernelAt];
  });
  return output;
}

/**
 * Adds the gradients of kernel and bias to `dParameters`.
 * @param dOutput [outputHeight, outputWidth, channels * M]
 * @returns dInput [height, width, channels]
 */
export function depthwiseConv2dBackward(
  layer: DepthwiseConv2dLayer,
  parameters: Float64Array,
  input: Float64Array,
  dOutput: Float64Array,
  dParameters: Float64Array,
): Float64Array {
  const dInput = new Float64Array(sizeOf(layer.input));
  const filters = layer.output[2];
  forEachProduct(layer, (inputAt, kernelAt, outputAt) => {
    dInput[inputAt] += dOutput[outputAt] * parameters[kernelAt];
    dParameters[kernelAt] += dOutput[outputAt] * input[inputAt];
  });
  if (layer.bias)
    for (let i = 0; i < dOutput.length; i++) dParameters[layer.bias.offset + (i % filters)] += dOutput[i];
  return dInput;
}

/** The places of the values that meet. */
type Product = (inputAt: number, kernelAt: number, outputAt: number) => void;

function forEachProduct(layer: DepthwiseConv2dLayer, visit: Product): void {
  const { kernelSize, strides, padding, dilation = [1, 1], multiplier, kernel } = layer;
  const [height, width, channels] = layer.input;
  const [outputHeight, outputWidth, filters] = layer.output;
  for (let y = 0; y < outputHeight; y++)
    for (let x = 0; x < outputWidth; x++)
      for (let i = 0; i < kernelSize[0]; i++)
        for (let j = 0; j < kernelSize[1]; j++) {
          const row = y * strides[0] + i * dilation[0] - padding.top;
          const column = x * strides[1] + j * dilation[1] - padding.left;
          if (row < 0 || row >= height || column < 0 || column >= width) continue;
          for (let filter = 0; filter < filters; filter++)
            visit(
              (row * width + column) * channels + Math.floor(filter / multiplier),
              kernel.offset + (i * kernelSize[1] + j) * filters + filter,
              (y * outputWidth + x) * filters + filter,
            );
        }
}
