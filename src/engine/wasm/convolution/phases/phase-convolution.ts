import type { FourierPoints } from '../../../../kernels/generators/fourier.ts';
import { roundUp } from '../../../../kernels/panels.ts';
import { type Conv2dLayer, isFrozen } from '../../../../model/network.ts';
import { addressOf, type Operation, type Pass, type WeightedBuffers } from '../../operation/operation.ts';
import { equalWindows } from '../images/equal-windows.ts';
import { eachRange, type PhaseCompiler, phaseProducts } from './phase-products.ts';

/** A convolution with strides as products of spectra of its phases (phase-products.ts). */
export function phaseConvolution(
  layer: Conv2dLayer,
  points: FourierPoints,
  compiler: PhaseCompiler,
  { input, output, dOutput, dInput, kernel, bias }: WeightedBuffers,
): Operation {
  const filters = layer.output[2];
  const trains = !isFrozen(layer);
  const windows = { ...layer, image: layer.input, grid: layer.output };
  const products = phaseProducts({ windows, points }, { layer: layer.name, trains }, kernel, compiler);
  const { groupImages } = products;
  const alike = equalWindows(layer, 1, compiler.arena);
  const nothing = compiler.arena.floats(roundUp(Math.max(filters, layer.input[2])));
  return {
    perExample: false,
    forward(pass, first, count) {
      const { kernels, parameters } = pass;
      const init = bias === undefined ? nothing : parameters + bias.offset;
      eachRange(first, count, groupImages, (range) => {
        products.giveGrids(pass, products.takeImages(pass, input, range), init, output, range);
      });
      for (let example = first; example < first + count; example++) {
        alike.mark(kernels, addressOf(input, example), 0);
        alike.settle(kernels, 0, addressOf(output, example), init);
      }
    },
    backward(pass, first, count) {
      if (trains) addBiasGradients(pass);
      eachRange(first, count, groupImages, (range) => {
        const taken = products.takeGrids(pass, dOutput, range);
        if (dInput === undefined) return;
        products.giveImages(pass, taken, nothing, dInput, range);
      });
    },
  };

  function addBiasGradients({ kernels, bytes, shards }: Pass): void {
    if (bias === undefined) return;
    for (const { first, count, gradient } of shards) {
      const dBias = gradient + bias.offset;
      bytes.fill(0, dBias, dBias + roundUp(filters) * 4);
      kernels.addRows(addressOf(dOutput, first), dBias, (count * dOutput.size) / filters, filters);
    }
  }
}
