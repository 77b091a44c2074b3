import { roundUp } from '../../../kernels/panels.ts';
import { type Conv2dTransposeLayer, isFrozen } from '../../../model/network.ts';
import { addressOf, type Operation, type Pass, shardOf, singleInput } from '../operation/operation.ts';
import type { CompiledNode, Compiler, LayerRow } from '../operation/row.ts';
import { pointsOf } from './phases/phase-choice.ts';
import { phaseTranspose } from './phases/phase-transpose.ts';
import { windowProducts } from './window-products.ts';

export const conv2dTransposeRow: LayerRow<Conv2dTransposeLayer> = {
  takes(layer) {
    const taking = phasePoints(layer) === undefined ? 'one by one' : 'all at once';
    return { forward: taking, backward: taking };
  },
  way: (layer) => (phasePoints(layer) === undefined ? undefined : 'fourier by phases'),
  // Of phases, the spectra are kept.
  keeps: (layer) => (phasePoints(layer) === undefined ? 'input' : undefined),
  deferredRows: (layer) => (phasePoints(layer) === undefined ? [] : [layer.kernel]),
  compile(node, compiler) {
    const points = phasePoints(node.layer);
    if (points === undefined) return [conv2dTranspose(node, compiler)];
    return [phaseTranspose(node.layer, points, compiler, singleInput(node.buffers))];
  },
};

const phasePoints = (layer: Conv2dTransposeLayer) =>
  pointsOf({ ...layer, image: layer.output, grid: layer.input });

/**
 * What a convolution from the output to the input does, the other way round.
 *
 * - forward: input times the kernel, transposed, are windows of the output, which are added up
 * - input's gradient: the windows of dOutput times the kernel
 * - kernel's gradient: these windows, transposed, times the input
 */
function conv2dTranspose(
  { layer, buffers }: CompiledNode<Conv2dTransposeLayer>,
  { arena, edge, packed }: Compiler,
): Operation {
  const { input, output, dOutput, dInput } = singleInput(buffers);
  const kernel = packed(layer.kernel);
  const bias = layer.bias && packed(layer.bias);
  const [height, width, filters] = layer.output;
  const [pixels, pixelBytes] = [height * width, filters * 4];
  const products = windowProducts({ ...layer, image: layer.output, grid: layer.input }, false, arena, edge);
  return {
    perExample: true,
    forward(pass, first, count) {
      for (let example = first; example < first + count; example++) {
        const to = addressOf(output, example);
        begin(pass, to);
        products.timesTransposed(pass.kernels, addressOf(input, example), pass.parameters + kernel.offset);
        products.scatter(pass.kernels, to);
      }
    },
    backward(pass, first, count) {
      const { kernels, parameters } = pass;
      for (let example = first; example < first + count; example++) {
        products.gather(kernels, addressOf(dOutput, example));
        if (!isFrozen(layer)) addGradients(pass, example);
        if (dInput === undefined) continue;
        products.times(kernels, parameters + kernel.offset, arena.zeros, addressOf(dInput, example));
      }
    },
  };

  /** With the bias at each pixel. */
  function begin({ kernels, bytes, parameters }: Pass, to: number): void {
    if (bias === undefined) bytes.fill(0, to, to + output.size * 4);
    else kernels.copyRows(parameters + bias.offset, 0, to, pixelBytes, pixelBytes, pixels);
  }

  function addGradients(pass: Pass, example: number): void {
    const { kernels, bytes } = pass;
    const shard = shardOf(pass, example);
    const isFirst = example === shard.first;
    products.addGradient(kernels, addressOf(input, example), shard.gradient + kernel.offset, isFirst);
    if (bias === undefined) return;
    const dBias = shard.gradient + bias.offset;
    if (isFirst) bytes.fill(0, dBias, dBias + roundUp(filters) * 4);
    kernels.addRows(addressOf(dOutput, example), dBias, pixels, filters);
  }
}
