import { panelBytes, panelWidth } from '../../../../kernels/panels.ts';
import { matmulShapeLayout } from '../../../../kernels/structs.ts';
import { type Conv2dLayer, isFrozen } from '../../../../model/network.ts';
import {
  addressOf,
  type Operation,
  type Pass,
  type PassShard,
  type WeightedBuffers,
} from '../../operation/operation.ts';
import {
  bins,
  taps,
  type WinogradScratch,
  type WinogradShapes,
  type WinogradSizes,
} from './winograd-shapes.ts';

/** What both ways have in common. */
export interface WinogradParts {
  readonly sizes: WinogradSizes;
  readonly shapes: WinogradShapes;
  readonly scratch: WinogradScratch;
  /** Byte offset of the weights' bins in a buffer of parameters. */
  readonly weightBins: number;
  readonly zeros: number;
}

/**
 * The way back, in each bin, for a group of images of a shard at a time:
 *
 * - input's gradient: dInput[row, channel] = sum over filters of dOutput[row, filter] * weight[channel, filter]
 * - kernel's gradient: dWeight[filter, channel] = sum over rows of dOutput[row, filter] * input[row, channel]
 *
 * Inputs are transformed again, which takes less time than to keep what is larger than they are.
 */
export function winogradBackward(
  layer: Conv2dLayer,
  { input, dOutput, dInput, kernel, bias }: WeightedBuffers,
  { sizes, shapes, scratch, weightBins, zeros }: WinogradParts,
): Operation['backward'] {
  const [channels, filters] = [layer.input[2], layer.output[2]];
  const lengthOfSum = matmulShapeLayout.offsets.length;
  return (pass) => {
    for (const shard of pass.shards) {
      for (let image = 0; image < shard.count; image += sizes.images)
        backwardGroup(pass, shard, image, Math.min(sizes.images, shard.count - image));
      if (isFrozen(layer)) continue;
      turnGradient(layer, pass, scratch().turnedTaps, shard.gradient + kernel.offset);
      if (bias !== undefined) sumBiasGradient(pass, shard, shard.gradient + bias.offset);
    }
  };

  function sumBiasGradient({ kernels, bytes }: Pass, shard: PassShard, dBias: number): void {
    const rows = (shard.count * dOutput.size) / filters;
    bytes.fill(0, dBias, dBias + filters * 4);
    kernels.addRows(addressOf(dOutput, shard.first), dBias, rows, filters);
  }

  /** @param first of the group, within the shard */
  function backwardGroup(pass: Pass, shard: PassShard, first: number, count: number): void {
    const { outputs } = scratch();
    for (let place = 0; place < count; place++) {
      const image = addressOf(dOutput, shard.first + first + place);
      const to = outputs + place * sizes.tiles * sizes.outputRow;
      pass.kernels.winogradOutputGradient(shapes.outputRows, image, to);
    }
    if (!isFrozen(layer)) addGradients(pass, shard, first, count);
    giveInputGradients(pass, shard.first + first, count);
  }

  function giveInputGradients({ kernels, parameters }: Pass, first: number, count: number): void {
    if (dInput === undefined) return;
    const { inputs, outputs, turned } = scratch();
    for (let bin = 0; bin < bins; bin++) {
      const [a, c] = [outputs + bin * sizes.outputBin, inputs + bin * sizes.inputBin];
      const b = parameters + weightBins + bin * sizes.weightBin;
      kernels.matmulTransposed(shapes.inputGradient, a, b, zeros, c, count * sizes.tiles, turned);
    }
    for (let place = 0; place < count; place++) {
      const from = inputs + place * sizes.tiles * channels * 4;
      kernels.winogradInputGradient(shapes.inputRows, from, addressOf(dInput, first + place));
    }
  }

  /** Of a group: 16 channels at a time, in all bins, which are transformed with the shard's last group. */
  function addGradients({ kernels, ints }: Pass, shard: PassShard, first: number, count: number): void {
    const { inputs, outputs, gradients, turnedTaps } = scratch();
    for (let place = 0; place < count; place++) {
      const image = addressOf(input, shard.first + first + place);
      kernels.winogradInput(shapes.inputPanels, image, inputs + place * sizes.tiles * panelBytes);
    }
    const shape = first === 0 ? shapes.firstGradient : shapes.nextGradient;
    ints[(shape + lengthOfSum) / 4] = count * sizes.tiles;
    for (let panel = 0; panel < channels / panelWidth; panel++) {
      const target = gradients + panel * bins * sizes.gradientBin;
      for (let bin = 0; bin < bins; bin++) {
        const b = inputs + bin * sizes.inputBin + panel * sizes.rows * panelBytes;
        const c = target + bin * sizes.gradientBin;
        kernels.matmulAcross(shape, outputs + bin * sizes.outputBin, b, first === 0 ? zeros : c, c, filters);
      }
      if (first + count < shard.count) continue;
      const to = turnedTaps + panel * taps * filters * panelBytes;
      kernels.winogradWeightGradient(shapes.gradient, target, to);
    }
  }
}

/** The kernel's gradient as it is packed, of [channels / 16, 3 * 3, filters, 16]. */
function turnGradient(layer: Conv2dLayer, { kernels }: Pass, from: number, to: number): void {
  const [channels, filters] = [layer.input[2], layer.output[2]];
  const [tapFrom, tapTo, panels] = [filters * panelBytes, channels * panelBytes, channels / panelWidth];
  for (let tap = 0; tap < taps; tap++) {
    const [source, target] = [from + tap * tapFrom, to + tap * tapTo];
    kernels.transposePanels(source, taps * tapFrom, target, taps * tapTo, panels, filters);
  }
}
