import { panelBytes, panelWidth, roundUp } from '../../../../kernels/panels.ts';
import type { Conv2dLayer } from '../../../../model/network.ts';
import type { Arena } from '../../operation/arena.ts';
import type { Derived } from '../../operation/derived.ts';
import { addressOf, type Operation, type Pass, type WeightedBuffers } from '../../operation/operation.ts';
import { equalWindows } from '../images/equal-windows.ts';
import { paddedImages } from '../images/padded-images.ts';
import { skippingBackward } from '../images/skipping-backward.ts';
import { fourierBackward } from './fourier-backward.ts';
import { type FourierPlan, fourierPlan } from './fourier-plan.ts';
import {
  bins,
  compileTile,
  eachTile,
  kernelSpectrumFloats,
  kernelTable,
  rowsShape,
  scratchBinBytes,
  spectrumOf,
} from './fourier-shapes.ts';

/**
 * A convolution of stride 1 as products of spectra: tiles of 16 x 16 pixels become 130 bins (kernels/generators/fourier.ts), and
 * in each bin, with complex numbers and conj for their conjugates,
 *
 *   output[image, filter] = sum over channels of input[image, channel] * conj(kernel[channel, filter])
 *
 * which is a complex matrix product (kernels/generators/complex-tile.ts). On the way back either the same (fourier-backward.ts),
 * or, where most of the output's gradient is zero, a sum that skips the zeros (skipping-backward.ts).
 *
 * Three operations in a row: the middle one multiplies the spectra of a group of images; the others transform images
 * one by one, together with the operations before and behind, so that the input and the output of a single image are
 * enough where nobody else needs them.
 */
export function fourierConvolution(
  layer: Conv2dLayer,
  maxExamples: number,
  { arena, derived }: { readonly arena: Arena; readonly derived: Derived },
  buffers: WeightedBuffers,
  back: 'fourier' | 'skipping',
): Operation[] {
  const { input, output, kernel, bias } = buffers;
  const plan = fourierPlan(layer);
  const [channelRow, filterRow] = [spectrumOf(roundUp(layer.input[2])), spectrumOf(roundUp(layer.output[2]))];
  const tiles = plan.tiles.map((tile) => compileTile(layer, tile, arena));
  const groupImages = 2 ** Math.max(0, Math.floor(Math.log2(groupRows / tiles.length)));
  const windows = equalWindows(layer, groupImages, arena);

  /** Those of all examples are kept for the way back, if it needs them. */
  const keptImages = back === 'fourier' ? maxExamples : groupImages;
  const inputSpectra = arena.floats((keptImages * tiles.length * channelRow.bytes) / 4);
  const widest = Math.max(channelRow.bytes, filterRow.bytes);
  const resultSpectra = arena.floats((groupImages * tiles.length * widest) / 4);
  const tile = arena.floats(16 * 16 * 8);
  const noBias = arena.floats(roundUp(layer.output[2]));
  const { kernelSpectrum, panelTable } = deriveSpectrum(layer, kernel, plan, tile, { arena, derived });
  const outputShape = rowsShape(channelRow, filterRow, layer, arena);

  const [take, multiplied, give] = [
    { perExample: true, forward: takeInput },
    { perExample: true, groupExamples: groupImages, forward: multiply },
    { perExample: true, forward: giveOutput },
  ];
  if (back === 'fourier') {
    const spectra = {
      plan,
      tiles,
      groupImages,
      inputSpectra,
      resultSpectra,
      tile,
      kernelSpectrum,
      panelTable,
    };
    const backward = fourierBackward(layer, maxExamples, arena, buffers, spectra);
    return [
      { ...take, backward: backward.giveInputGradient },
      { ...multiplied, backward: backward.sumKernelGradient, backwardByShard: true },
      { ...give, backward: backward.takeOutputGradient },
    ];
  }
  const padded = paddedImages(layer, maxExamples, arena);
  const backward = skippingBackward(layer, padded, arena, buffers);
  return [
    {
      ...take,
      forward(pass, example) {
        takeInput(pass, example);
        if (pass.training) padded.keep(pass.kernels, addressOf(input, example), example);
      },
      backward: backward.giveInputGradient,
    },
    { ...multiplied, backward() {} },
    { ...give, backward: backward.takeOutputGradient },
  ];

  function takeInput({ kernels }: Pass, example: number): void {
    eachTile(tiles, example % keptImages, ({ input: part }, row) => {
      const image = addressOf(input, example) + part.offset;
      kernels.imageSpectrum(part.shape, image, tile, inputSpectra + row * channelRow.bytes);
    });
    windows.mark(kernels, addressOf(input, example), example % groupImages);
  }

  function multiply({ kernels, parameters }: Pass, first: number, count: number): void {
    const from = inputSpectra + (first % keptImages) * tiles.length * channelRow.bytes;
    const to = resultSpectra + (first % groupImages) * tiles.length * filterRow.bytes;
    kernels.complexMatmul(outputShape, from, parameters + kernelSpectrum, to, count * tiles.length);
  }

  function giveOutput({ kernels, parameters }: Pass, example: number): void {
    const start = bias === undefined ? noBias : parameters + bias.offset;
    eachTile(tiles, example % groupImages, ({ output: part }, row) => {
      const image = addressOf(output, example) + part.offset;
      kernels.imageOfSpectrum(part.shape, resultSpectra + row * filterRow.bytes, tile, start, image);
    });
    windows.settle(kernels, example % groupImages, addressOf(output, example), start);
  }
}

/** Tiles of a group at most. Groups are powers of two, so that those of neighbouring layers divide each other. */
const groupRows = 16;

/** The spectrum of the weights, a panel of 16 filters at a time. @returns where it is, and the kernels' table for a panel */
function deriveSpectrum(
  layer: Conv2dLayer,
  kernel: WeightedBuffers['kernel'],
  plan: FourierPlan,
  tile: number,
  { arena, derived }: { readonly arena: Arena; readonly derived: Derived },
) {
  const scratch = arena.floats((bins * scratchBinBytes) / 4);
  const kernelSpectrum = derived.take(kernelSpectrumFloats(layer));
  const panelTable = kernelTable(layer, plan.shift, arena, 1);
  const [channels, filters] = [roundUp(layer.input[2]), roundUp(layer.output[2])];
  const [floats, panelSpectrum] = [kernel.rows * panelWidth, 2 * channels * panelBytes];
  for (let panel = 0; panel < filters / panelWidth; panel++) {
    const first = kernel.offset / 4 + panel * floats;
    const target = kernelSpectrum + panel * panelSpectrum;
    derived.add({
      ...{ layer: layer.name, first, floats },
      derive: (kernels, parameters) =>
        kernels.kernelSpectrum(panelTable, parameters + first * 4, tile, scratch, parameters + target),
    });
  }
  return { kernelSpectrum, panelTable };
}
