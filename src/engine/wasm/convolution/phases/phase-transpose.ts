import type { FourierPoints } from '../../../../kernels/generators/fourier.ts';
import { roundUp } from '../../../../kernels/panels.ts';
import { type Conv2dTransposeLayer, isFrozen } from '../../../../model/network.ts';
import { addressOf, type Buffers, type Operation, type Pass } from '../../operation/operation.ts';
import type { Compiler } from '../../operation/row.ts';
import { eachRange, phaseProducts } from './phase-products.ts';

/** A transposed convolution as products of spectra of its phases (phase-products.ts): from the grid to the image. */
export function phaseTranspose(
  layer: Conv2dTransposeLayer,
  points: FourierPoints,
  compiler: Compiler,
  { input, output, dOutput, dInput }: Buffers,
): Operation {
  const trains = !isFrozen(layer);
  const kernel = compiler.packed(layer.kernel);
  const bias = layer.bias && compiler.packed(layer.bias);
  const [height, width, filters] = layer.output;
  const windows = { ...layer, image: layer.output, grid: layer.input };
  const products = phaseProducts({ windows, points }, { layer: layer.name, trains }, kernel, compiler);
  const { groupImages } = products;
  const nothing = compiler.arena.floats(roundUp(Math.max(layer.input[2], filters)));
  return {
    perExample: false,
    forward(pass, first, count) {
      const init = bias === undefined ? nothing : pass.parameters + bias.offset;
      eachRange(first, count, groupImages, (range) => {
        products.giveImages(pass, products.takeGrids(pass, input, range), init, output, range);
      });
    },
    backward(pass, first, count) {
      if (trains) addBiasGradients(pass);
      eachRange(first, count, groupImages, (range) => {
        const taken = products.takeImages(pass, dOutput, range);
        if (dInput !== undefined) products.giveGrids(pass, taken, nothing, dInput, range);
      });
    },
  };

  function addBiasGradients({ kernels, bytes, shards }: Pass): void {
    if (bias === undefined) return;
    for (const { first, count, gradient } of shards) {
      const dBias = gradient + bias.offset;
      bytes.fill(0, dBias, dBias + roundUp(filters) * 4);
      kernels.addRows(addressOf(dOutput, first), dBias, count * height * width, filters);
    }
  }
}
