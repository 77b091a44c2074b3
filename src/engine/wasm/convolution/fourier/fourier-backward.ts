import { panelBytes, panelWidth, roundUp } from '../../../../kernels/panels.ts';
import type { AddressOf } from '../../../../kernels/struct.ts';
import { complexShapeLayout, type KernelTile } from '../../../../kernels/structs.ts';
import { type Conv2dLayer, isFrozen } from '../../../../model/network.ts';
import type { Arena } from '../../operation/arena.ts';
import {
  addressOf,
  type Pass,
  shardOf,
  type Tensor,
  type WeightedBuffers,
} from '../../operation/operation.ts';
import type { FourierPlan } from './fourier-plan.ts';
import {
  acrossShape,
  type CompiledTile,
  channelBytes,
  eachTile,
  kernelSpectrumFloats,
  kernelTable,
  rowsShape,
  spectrumOf,
} from './fourier-shapes.ts';

/** What the way forward leaves (fourier-convolution.ts). */
export interface ForwardSpectra {
  readonly plan: FourierPlan;
  readonly tiles: readonly CompiledTile[];
  readonly groupImages: number;
  /** Of all examples of the call. */
  readonly inputSpectra: number;
  /** Scratch for those of a group. */
  readonly resultSpectra: number;
  /** Scratch of a tile. */
  readonly tile: number;
  /** Byte offset of the spectrum of the weights in a buffer of parameters. */
  readonly kernelSpectrum: number;
  /** Of a panel of 16 filters. */
  readonly panelTable: AddressOf<KernelTile>;
}

/**
 * The way back through a convolution as products of spectra:
 *
 * - kernel's gradient: dKernel[channel, filter] = sum over images of input[image, channel] * conj(dOutput[image, filter])
 * - input's gradient: dInput[image, channel] = sum over filters of dOutput[image, filter] * kernel[channel, filter],
 *   which is the forward product with the turned kernel, whose spectrum is the transposed conjugate
 *
 * dOutput is transformed image by image, and kept for a shard.
 */
export function fourierBackward(
  layer: Conv2dLayer,
  maxExamples: number,
  arena: Arena,
  { dOutput, dInput, kernel, bias }: WeightedBuffers,
  { plan, tiles, groupImages, inputSpectra, resultSpectra, tile, kernelSpectrum, panelTable }: ForwardSpectra,
) {
  const [channels, filters] = [layer.input[2], layer.output[2]];
  const wideFilters = roundUp(filters);
  const [channelRow, filterRow] = [spectrumOf(roundUp(channels)), spectrumOf(wideFilters)];
  const [height, width] = layer.kernelSize;
  const dOutputSpectra = arena.floats((maxExamples * tiles.length * filterRow.bytes) / 4);
  const dWeights = arena.floats((channels * channelBytes) / 4);
  const kernelGradientShape = acrossShape(channelRow, filterRow, arena);
  const inputGradient = dInput && compileInputGradient(layer, plan, arena, dInput);
  return { takeOutputGradient, sumKernelGradient, giveInputGradient };

  function takeOutputGradient(pass: Pass, example: number): void {
    const { kernels, bytes } = pass;
    const shard = shardOf(pass, example);
    eachTile(tiles, example - shard.first, ({ output: part }, row) => {
      const image = addressOf(dOutput, example) + part.offset;
      kernels.imageSpectrum(part.shape, image, tile, dOutputSpectra + row * filterRow.bytes);
    });
    if (bias === undefined || isFrozen(layer)) return;
    const dBias = shard.gradient + bias.offset;
    if (example === shard.first) bytes.fill(0, dBias, dBias + wideFilters * 4);
    kernels.addRows(addressOf(dOutput, example), dBias, dOutput.size / filters, filters);
  }

  /** Of a shard, by 16 filters: their bins, of all of its images, stay in the cache until they are transformed. */
  function sumKernelGradient(pass: Pass, first: number, count: number): void {
    if (isFrozen(layer)) return;
    const { kernels, ints } = pass;
    ints[(kernelGradientShape + complexShapeLayout.offsets.length) / 4] = count * tiles.length;
    const from = inputSpectra + first * tiles.length * channelRow.bytes;
    for (let panel = 0; panel < wideFilters / panelWidth; panel++) {
      kernels.complexMatmul(
        kernelGradientShape,
        from,
        dOutputSpectra + panel * panelBytes,
        dWeights,
        channels,
      );
      const target =
        shardOf(pass, first).gradient + kernel.offset + panel * height * width * channels * panelBytes;
      kernels.kernelOfSpectrum(panelTable, dWeights, channelBytes, 2 * panelBytes, panelBytes, tile, target);
    }
  }

  /** The first one of a group multiplies for all of them, the first one of a call turns the spectrum of the weights. */
  function giveInputGradient(pass: Pass, example: number): void {
    if (inputGradient === undefined) return;
    const { target, turned, turnedTable, shape } = inputGradient;
    const { kernels, parameters } = pass;
    const { first, count } = shardOf(pass, example);
    if (example === 0) kernels.turnSpectrum(turnedTable, parameters + kernelSpectrum, turned);
    const inGroup = (example - first) % groupImages;
    if (inGroup === 0) {
      const from = dOutputSpectra + (example - first) * tiles.length * filterRow.bytes;
      const rows = Math.min(groupImages, first + count - example) * tiles.length;
      kernels.complexMatmul(shape, from, turned, resultSpectra, rows);
    }
    const start = addressOf(target, example);
    kernels.clear(start, target.size * 4);
    eachTile(tiles, inGroup, ({ input: part }, row) => {
      kernels.addImageOfSpectrum(
        part.shape,
        resultSpectra + row * channelRow.bytes,
        tile,
        start + part.offset,
      );
    });
  }
}

/** The product with the turned kernel. @param target where the gradient goes */
function compileInputGradient(layer: Conv2dLayer, plan: FourierPlan, arena: Arena, target: Tensor) {
  const turned = arena.floats(kernelSpectrumFloats(layer));
  const turnedTable = kernelTable(layer, plan.shift, arena);
  const [channelRow, filterRow] = [spectrumOf(roundUp(layer.input[2])), spectrumOf(roundUp(layer.output[2]))];
  return { target, turned, turnedTable, shape: rowsShape(filterRow, channelRow, layer, arena) };
}
