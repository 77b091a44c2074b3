import type { Kernels } from '../../../kernels/kernels.ts';
import { panelWidth } from '../../../kernels/panels.ts';
import { sparseImageShapeLayout } from '../../../kernels/structs.ts';
import type { Conv2dLayer } from '../../../model/network.ts';
import { sizeOf } from '../../../shape.ts';
import type { Arena } from '../operation/arena.ts';

/** The forward pass of a convolution of stride 1 for images that are mostly zero (kernels/assembly/sparse-image.ts). */
export interface SparseImage {
  /** Makes rows of these weights: once a call, before `run`. */
  turn(kernels: Kernels, kernel: number): void;
  isWorthIt(kernels: Kernels, image: number): boolean;
  /** @param bias address of [filters] */
  run(kernels: Kernels, image: number, bias: number, output: number): void;
}

/** Filters come in whole panels, and the values of an image, which are counted, in whole vectors. */
export const canBeSparse = ({ strides, input, output }: Conv2dLayer): boolean =>
  strides.every((stride) => stride === 1) && output[2] % panelWidth === 0 && sizeOf(input) % 4 === 0;

/** Up to this share of values that are not zero, adding the kernel to the outputs is faster than the matrix product. */
const mostDense = 0.4;

export function sparseImage(layer: Conv2dLayer, arena: Arena): SparseImage {
  const [height, width, channels] = layer.input;
  const [outputHeight, outputWidth, filters] = layer.output;
  const [kernelHeight, kernelWidth] = layer.kernelSize;
  const { top, left } = layer.padding;
  const shape = arena.struct(sparseImageShapeLayout, {
    ...{ height, width, channels, filters, outputHeight, outputWidth, kernelHeight, kernelWidth },
    above: kernelHeight - 1 - top,
    left: kernelWidth - 1 - left,
  });
  const rows = arena.floats(kernelHeight * kernelWidth * channels * filters);
  const size = sizeOf(layer.input);
  return {
    turn: (kernels, kernel) => kernels.turnedRows(shape, kernel, rows),
    isWorthIt: (kernels, image) => kernels.countNonzeros(image, size) <= mostDense * size,
    run: (kernels, image, bias, output) => kernels.convolveNonzeros(shape, image, rows, bias, output),
  };
}
