import { type Conv2dLayer, sizeOf } from '../../model/network.ts';

/**
 * output[y,x,o] = sum over i,j,c of input[y*sy+i-top, x*sx+j-left, c] * kernel[i,j,c,o] (+ bias[o])
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
  forEachTap(layer, (inputAt, kernelAt, outputAt) => {
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
  forEachTap(layer, (inputAt, kernelAt, outputAt) => {
    for (let o = 0; o < filters; o++) {
      dInput[inputAt] += dOutput[outputAt + o] * parameters[kernelAt + o];
      dParameters[kernelAt + o] += dOutput[outputAt + o] * input[inputAt];
    }
  });
  if (layer.bias)
    for (let i = 0; i < dOutput.length; i++) dParameters[layer.bias.offset + (i % filters)] += dOutput[i];
  return dInput;
}

/** The place of an input value, of the kernel's first filter and of the output's first filter that meet. */
type Tap = (inputAt: number, kernelAt: number, outputAt: number) => void;

/** Every meeting of an output pixel and an input value within the image, row-major over y, x, i, j, c. */
function forEachTap(layer: Conv2dLayer, tap: Tap): void {
  const [height, width, channels] = layer.input;
  const [outputHeight, outputWidth, filters] = layer.output;
  const [kernelHeight, kernelWidth] = layer.kernelSize;
  for (let y = 0; y < outputHeight; y++)
    for (let x = 0; x < outputWidth; x++)
      for (let i = 0; i < kernelHeight; i++)
        for (let j = 0; j < kernelWidth; j++) {
          const row = y * layer.strides[0] + i - layer.padding.top;
          const column = x * layer.strides[1] + j - layer.padding.left;
          if (row < 0 || row >= height || column < 0 || column >= width) continue;
          for (let c = 0; c < channels; c++)
            tap(
              (row * width + column) * channels + c,
              layer.kernel.offset + ((i * kernelWidth + j) * channels + c) * filters,
              (y * outputWidth + x) * filters,
            );
        }
}
