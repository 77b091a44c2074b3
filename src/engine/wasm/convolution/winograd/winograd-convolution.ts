import { panelBytes, panelWidth } from '../../../../kernels/panels.ts';
import type { Conv2dLayer } from '../../../../model/network.ts';
import { addressOf, type Operation, type Pass, type WeightedBuffers } from '../../operation/operation.ts';
import type { Compiler } from '../../operation/row.ts';
import { equalWindows } from '../images/equal-windows.ts';
import { winogradBackward } from './winograd-backward.ts';
import { bins, scratchOf, taps, winogradShapes, winogradSizes } from './winograd-shapes.ts';

/**
 * A 3 x 3 convolution of stride 1 by Winograd's F(4x4, 3x3): tiles of images become rows of 36 bins
 * (kernels/generators/winograd.ts), and in each bin
 *
 *   output[row, filter] = sum over channels of input[row, channel] * weight[channel, filter]
 *
 * for a group of images at a time, whose bins stay in the cache. The weights' bins are derived once a step.
 */
export function winogradConvolution(
  layer: Conv2dLayer,
  compiler: Pick<Compiler, 'arena' | 'derived'>,
  buffers: WeightedBuffers,
): Operation {
  const { arena } = compiler;
  const { input, output, kernel, bias, edge } = buffers;
  const [channels, filters] = [layer.input[2], layer.output[2]];
  const sizes = winogradSizes(layer);
  const shapes = winogradShapes(layer, sizes, arena, edge);
  const windows = equalWindows(layer, 1, arena);
  const noBias = arena.floats(filters);
  const weightBins = deriveBins(layer, kernel, sizes, shapes, compiler);
  const scratch = scratchOf(layer, sizes, arena);
  const parts = { sizes, shapes, weightBins, scratch, zeros: arena.zeros };
  return {
    perExample: false,
    forward(pass, first, count) {
      for (let image = first; image < first + count; image += sizes.images)
        forwardGroup(pass, image, Math.min(sizes.images, first + count - image));
    },
    backward: winogradBackward(layer, buffers, parts),
  };

  function forwardGroup({ kernels, parameters }: Pass, first: number, count: number): void {
    const { inputs, outputs } = scratch();
    const start = bias === undefined ? noBias : parameters + bias.offset;
    for (let place = 0; place < count; place++) {
      const to = inputs + place * sizes.tiles * channels * 4;
      kernels.winogradInput(shapes.inputRows, addressOf(input, first + place), to);
    }
    for (let bin = 0; bin < bins; bin++) {
      const [a, c] = [inputs + bin * sizes.inputBin, outputs + bin * sizes.outputBin];
      const b = parameters + weightBins + bin * sizes.weightBin;
      kernels.matmul(shapes.forward, a, b, arena.zeros, c, count * sizes.tiles);
    }
    for (let place = 0; place < count; place++) {
      const image = addressOf(output, first + place);
      const from = outputs + place * sizes.tiles * sizes.outputRow;
      kernels.winogradOutput(shapes.outputRows, from, start, image);
      windows.mark(kernels, addressOf(input, first + place), 0);
      windows.settle(kernels, 0, image, start);
    }
  }
}

/** The bins of the weights, 16 filters at a time. @returns where they are, in a buffer of parameters */
function deriveBins(
  { name, input, output }: Conv2dLayer,
  kernel: WeightedBuffers['kernel'],
  { weightBin }: ReturnType<typeof winogradSizes>,
  { weights }: ReturnType<typeof winogradShapes>,
  { derived }: Pick<Compiler, 'derived'>,
): number {
  const target = derived.take((bins * weightBin) / 4);
  const floats = taps * input[2] * panelWidth;
  for (let panel = 0; panel < output[2] / panelWidth; panel++) {
    const first = kernel.offset / 4 + panel * floats;
    const to = target + panel * input[2] * panelBytes;
    derived.add({
      ...{ layer: name, first, floats },
      derive: (kernels, parameters) =>
        kernels.winogradWeights(weights, parameters + first * 4, parameters + to),
    });
  }
  return target;
}
