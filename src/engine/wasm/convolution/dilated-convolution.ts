import { roundUp } from '../../../kernels/panels.ts';
import { type Conv2dLayer, isFrozen } from '../../../model/network.ts';
import type { Arena } from '../operation/arena.ts';
import {
  addressOf,
  type Operation,
  type Pass,
  shardOf,
  type WeightedBuffers,
} from '../operation/operation.ts';
import { windowProducts } from './window-products.ts';

/**
 * A convolution whose windows are copied out of the image, for windows whose rows do not lie there in one piece.
 *
 * - forward: output = windows * kernel
 * - kernel's gradient: the windows, transposed, times dOutput
 * - input's gradient: dOutput times the kernel, transposed, are the windows' gradients, which are added up
 */
export function dilatedConvolution(layer: Conv2dLayer, arena: Arena, buffers: WeightedBuffers): Operation {
  const { input, output, dOutput, dInput, kernel, bias, edge } = buffers;
  const [height, width, filters] = layer.output;
  const grid = { ...layer, image: layer.input, grid: layer.output };
  const products = windowProducts(grid, bias !== undefined, arena, edge);
  return {
    perExample: true,
    forward({ kernels, parameters }, first, count) {
      const init = bias === undefined ? arena.zeros : parameters + bias.offset;
      for (let example = first; example < first + count; example++) {
        products.gather(kernels, addressOf(input, example));
        products.times(kernels, parameters + kernel.offset, init, addressOf(output, example));
      }
    },
    backward(pass, first, count) {
      for (let example = first; example < first + count; example++) {
        if (!isFrozen(layer)) addGradients(pass, example);
        if (dInput !== undefined)
          inputGradient(pass, addressOf(dOutput, example), addressOf(dInput, example));
      }
    },
  };

  function addGradients(pass: Pass, example: number): void {
    const { kernels, bytes } = pass;
    const shard = shardOf(pass, example);
    const isFirst = example === shard.first;
    const from = addressOf(dOutput, example);
    products.gather(kernels, addressOf(input, example));
    products.addGradient(kernels, from, shard.gradient + kernel.offset, isFirst);
    if (bias === undefined) return;
    const dBias = shard.gradient + bias.offset;
    if (isFirst) bytes.fill(0, dBias, dBias + roundUp(filters) * 4);
    kernels.addRows(from, dBias, height * width, filters);
  }

  function inputGradient({ kernels, parameters }: Pass, from: number, to: number): void {
    products.timesTransposed(kernels, from, parameters + kernel.offset);
    kernels.clear(to, input.size * 4);
    products.scatter(kernels, to);
  }
}
