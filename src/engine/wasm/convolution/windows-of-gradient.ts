import type { Conv2dLayer } from '../../../model/network.ts';
import type { Arena } from '../operation/arena.ts';
import type { InputGradient } from './turned-convolution.ts';
import { windowProducts } from './window-products.ts';

/** dInput = the windows of dOutput times the kernel, transposed, added up; without dilation. */
export function windowsOfGradient(layer: Conv2dLayer, arena: Arena, edge: number): InputGradient {
  const windows = { ...layer, image: layer.input, grid: layer.output };
  const products = windowProducts(windows, false, arena, edge);
  const [height, width, channels] = layer.input;
  let weights = 0;
  return {
    turn(_, kernel) {
      weights = kernel;
    },
    run(kernels, dOutput, dInput) {
      products.timesTransposed(kernels, dOutput, weights);
      kernels.copyRows(arena.zeros, 0, dInput, channels * 4, channels * 4, height * width);
      products.scatter(kernels, dInput);
    },
  };
}
