import { panelBytes, panelWidth } from '../../../../kernels/panels.ts';
import { type Conv2dLayer, isFrozen } from '../../../../model/network.ts';
import { addressOf, type Operation, type Pass, type WeightedBuffers } from '../../operation/operation.ts';
import type { PackedParameter } from '../../operation/packing.ts';
import { equalWindows } from '../images/equal-windows.ts';
import { type LeftImages, leave, leftImages, overImagesGradient } from './over-images-gradient.ts';
import {
  blockPanels,
  type OverImagesCompiler,
  type OverImagesShapes,
  overImagesShapes,
} from './over-images-shapes.ts';
import { bins, taps } from './winograd-shapes.ts';

/**
 * Winograd's F(4x4, 3x3) for images of few tiles and many weights (see winograd-convolution.ts): all images of a call at
 * once. The weights' bins, four times as many as the weights, are made for some filters, or channels, at a time, and used
 * from the cache. The kernel's gradient is computed in the update phase (over-images-gradient.ts).
 */
export function winogradOverImages(
  layer: Conv2dLayer,
  compiler: OverImagesCompiler,
  { input, output, dOutput, dInput, kernel, bias }: WeightedBuffers,
): Operation {
  const { arena } = compiler;
  const [channels, filters] = [layer.input[2], layer.output[2]];
  const panels = filters / panelWidth;
  const left = isFrozen(layer) ? undefined : leftImages(layer, compiler);
  if (left !== undefined) compiler.addWeightGradient(overImagesGradient(layer, kernel, left, compiler));
  const shapes = overImagesShapes(layer, compiler);
  const { tiles, inputRow, outputRow } = shapes;
  const { multiplyBlock, multiplyBack } = products(layer, kernel, shapes, arena.zeros);
  const windows = equalWindows(layer, 1, arena);
  const noBias = arena.floats(filters);
  return {
    perExample: false,
    forward(pass, first, count) {
      const { inputs } = shapes.scratch();
      for (let place = 0; place < count; place++) {
        const image = addressOf(input, first + place);
        pass.kernels.winogradInput(shapes.inputs, image, inputs + place * tiles * inputRow);
      }
      for (let panel = 0; panel < panels; panel += blockPanels)
        multiplyBlock(pass, panel, Math.min(blockPanels, panels - panel), count * tiles);
      for (let place = 0; place < count; place++) giveOutput(pass, first, place);
    },
    backward(pass, first, count) {
      if (left !== undefined) addGradients(pass, left);
      if (dInput === undefined) return;
      const { inputs, outputs } = shapes.scratch();
      for (let place = 0; place < count; place++) {
        const image = addressOf(dOutput, first + place);
        pass.kernels.winogradOutputGradient(shapes.outputs, image, outputs + place * tiles * outputRow);
      }
      for (let panel = 0; panel < channels / panelWidth; panel++) multiplyBack(pass, panel, count * tiles);
      for (let place = 0; place < count; place++) {
        const image = addressOf(dInput, first + place);
        pass.kernels.winogradInputGradient(shapes.inputs, inputs + place * tiles * inputRow, image);
      }
    },
  };

  function giveOutput({ kernels, parameters }: Pass, first: number, place: number): void {
    const start = bias === undefined ? noBias : parameters + bias.offset;
    const image = addressOf(output, first + place);
    kernels.winogradOutput(
      shapes.outputs,
      shapes.scratch().outputs + place * tiles * outputRow,
      start,
      image,
    );
    windows.mark(kernels, addressOf(input, first + place), 0);
    windows.settle(kernels, 0, image, start);
  }

  function addGradients({ kernels, bytes, shards }: Pass, images: LeftImages): void {
    for (const shard of shards) {
      const dImages = addressOf(dOutput, shard.first);
      leave(kernels, layer, images, { ...shard, inputs: addressOf(input, shard.first), dOutputs: dImages });
      if (bias === undefined) continue;
      const dBias = shard.gradient + bias.offset;
      bytes.fill(0, dBias, dBias + filters * 4);
      kernels.addRows(dImages, dBias, (shard.count * dOutput.size) / filters, filters);
    }
  }
}

/** The products with the weights' bins, which they make. */
function products(layer: Conv2dLayer, kernel: PackedParameter, shapes: OverImagesShapes, zeros: number) {
  const [channels, panels] = [layer.input[2], layer.output[2] / panelWidth];
  const { inputBin, outputBin, blockBin, gatheredBin } = shapes;
  const weightsOf = (panel: number) => kernel.offset + panel * taps * channels * panelBytes;
  return { multiplyBlock, multiplyBack };

  /** Of the filters of some panels. */
  function multiplyBlock({ kernels, parameters }: Pass, panel: number, some: number, rows: number): void {
    const { inputs, outputs, weights } = shapes.scratch();
    for (let own = 0; own < some; own++) {
      const to = weights + own * channels * panelBytes;
      kernels.winogradWeights(shapes.block, parameters + weightsOf(panel + own), to);
    }
    for (let bin = 0; bin < bins; bin++) {
      const c = outputs + bin * outputBin + panel * panelBytes;
      const [a, b] = [inputs + bin * inputBin, weights + bin * blockBin];
      kernels.matmul(shapes.forward[some], a, b, zeros, c, rows);
    }
  }

  /** To the channels of a panel, from all filters. */
  function multiplyBack({ kernels, parameters }: Pass, panel: number, rows: number): void {
    const { inputs, outputs, weights, turned } = shapes.scratch();
    const square = panelWidth * panelBytes;
    for (let from = 0; from < panels; from++)
      kernels.winogradWeights(
        shapes.gathered,
        parameters + weightsOf(from) + panel * square,
        weights + from * square,
      );
    for (let bin = 0; bin < bins; bin++) {
      const c = inputs + bin * inputBin + panel * panelBytes;
      const [a, b] = [outputs + bin * outputBin, weights + bin * gatheredBin];
      kernels.matmulTransposed(shapes.inputGradient, a, b, zeros, c, rows, turned);
    }
  }
}
