import type { Pooling2dLayer } from '../../../model/network.ts';
import { sizeOf } from '../../../shape.ts';

/**
 * The largest (or mean) value of each window, channel by channel; padding is left out.
 * @param input [height, width, channels]
 * @returns [outputHeight, outputWidth, channels]
 */
export function pooling2dForward(layer: Pooling2dLayer, input: Float64Array): Float64Array {
  const output = new Float64Array(sizeOf(layer.output));
  forEachWindow(layer, (inputAts, outputAt) => {
    output[outputAt] =
      layer.kind === 'maxPooling2d'
        ? input[firstLargest(input, inputAts)]
        : inputAts.reduce((sum, inputAt) => sum + input[inputAt], 0) / inputAts.length;
  });
  return output;
}

/**
 * @param dOutput [outputHeight, outputWidth, channels]
 * @returns dInput [height, width, channels]
 */
export function pooling2dBackward(
  layer: Pooling2dLayer,
  input: Float64Array,
  dOutput: Float64Array,
): Float64Array {
  const dInput = new Float64Array(sizeOf(layer.input));
  forEachWindow(layer, (inputAts, outputAt) => {
    if (layer.kind === 'maxPooling2d') dInput[firstLargest(input, inputAts)] += dOutput[outputAt];
    else for (const inputAt of inputAts) dInput[inputAt] += dOutput[outputAt] / inputAts.length;
  });
  return dInput;
}

/** The first place, row-major, of the window's largest value. NaN counts as larger than all, so that it is not lost. */
function firstLargest(input: Float64Array, inputAts: readonly number[]): number {
  let largest = inputAts[0];
  for (const inputAt of inputAts)
    if (input[inputAt] > input[largest] || Number.isNaN(input[inputAt])) largest = inputAt;
  return largest;
}

/** Each output value and the places of the input values in its window, row-major. */
function forEachWindow(layer: Pooling2dLayer, visit: (inputAts: number[], outputAt: number) => void): void {
  const [outputHeight, outputWidth, channels] = layer.output;
  for (let y = 0; y < outputHeight; y++)
    for (let x = 0; x < outputWidth; x++)
      for (let c = 0; c < channels; c++)
        visit(windowAt(layer, y, x, c), (y * outputWidth + x) * channels + c);
}

function windowAt({ input, poolSize, strides, padding }: Pooling2dLayer, y: number, x: number, c: number) {
  const [height, width, channels] = input;
  const inputAts: number[] = [];
  for (let i = 0; i < poolSize[0]; i++)
    for (let j = 0; j < poolSize[1]; j++) {
      const row = y * strides[0] + i - padding.top;
      const column = x * strides[1] + j - padding.left;
      if (row < 0 || row >= height || column < 0 || column >= width) continue;
      inputAts.push((row * width + column) * channels + c);
    }
  return inputAts;
}
