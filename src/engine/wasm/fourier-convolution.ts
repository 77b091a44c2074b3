import type { Conv2dLayer } from '../../model/network.ts';
import type { Arena } from './arena.ts';
import { complexLengthField } from './complex-shape.ts';
import { equalWindows } from './equal-windows.ts';
import { fourierPlan } from './fourier-plan.ts';
import {
  acrossShape,
  bins,
  type CompiledTile,
  channelBytes,
  compileKernel,
  compileTile,
  kernelTable,
  rowsShape,
  scratchBinBytes,
  spectrumOf,
} from './fourier-shapes.ts';
import {
  addressOf,
  type Operation,
  type Pass,
  shardOf,
  type Tensor,
  type WeightedBuffers,
} from './operation.ts';
import { panelBytes, panelWidth, roundUp } from './panels.ts';

/**
 * A convolution of stride 1 as products of spectra: tiles of 16 x 16 pixels become 130 bins (kernels/fourier.ts), and
 * in each bin, with complex numbers and conj for their conjugates,
 *
 * - forward: output[image, filter] = sum over channels of input[image, channel] * conj(kernel[channel, filter])
 * - kernel's gradient: dKernel[channel, filter] = sum over images of input[image, channel] * conj(dOutput[image, filter])
 * - input's gradient: dInput[image, channel] = sum over filters of dOutput[image, filter] * kernel[channel, filter],
 *   which is the forward product with the turned kernel, whose spectrum is the transposed conjugate
 *
 * Each is a complex matrix product (kernels/complex-tile.ts).
 *
 * Three operations in a row: the middle one multiplies the spectra of a group of images, on the way back of a shard;
 * the others transform images one by one, together with the operations before and behind, so that the input and the
 * output of a single image are enough where nobody else needs them. The input's spectra are kept for the way back.
 */
export function fourierConvolution(
  layer: Conv2dLayer,
  maxExamples: number,
  arena: Arena,
  buffers: WeightedBuffers,
): Operation[] {
  const { input, output, dOutput, dInput, kernel, bias } = buffers;
  const plan = fourierPlan(layer);
  const [channels, filters] = [layer.input[2], layer.output[2]];
  const [wideChannels, wideFilters] = [roundUp(channels), roundUp(filters)];
  const tiles = plan.tiles.map((tile) => compileTile(layer, tile, arena));
  const groupImages = 2 ** Math.max(0, Math.floor(Math.log2(groupRows / tiles.length)));
  const groupTiles = groupImages * tiles.length;
  const channelRow = spectrumOf(wideChannels);
  const filterRow = spectrumOf(wideFilters);
  const [height, width] = layer.kernelSize;
  const windows = equalWindows(layer, groupImages, arena);

  const inputSpectra = arena.floats((maxExamples * tiles.length * channelRow.bytes) / 4);
  const dOutputSpectra = arena.floats((maxExamples * tiles.length * filterRow.bytes) / 4);
  const resultSpectra = arena.floats((groupTiles * Math.max(channelRow.bytes, filterRow.bytes)) / 4);
  const tile = arena.floats(16 * 16 * 8);
  const scratch = arena.floats((bins * scratchBinBytes) / 4);
  const noBias = arena.floats(wideFilters);
  const weights = compileKernel(layer, plan.shift, arena);
  const dWeights = arena.floats((channels * channelBytes) / 4);
  const dWeightsShape = kernelTable({ ...layer, output: [0, 0, panelWidth] }, plan.shift, arena);
  const outputShape = rowsShape(channelRow, filterRow, weights, arena);
  const inputGradient = dInput && compileInputGradient(dInput);
  const kernelGradientShape = acrossShape(channelRow, filterRow, arena);

  return [
    { perExample: true, forward: takeInput, backward: giveInputGradient },
    { perExample: true, groupExamples: groupImages, forward: multiply, backward: sumKernelGradient },
    { perExample: true, forward: giveOutput, backward: takeOutputGradient },
  ];

  function takeInput({ kernels }: Pass, example: number): void {
    eachTile(example, ({ input: part }, row) => {
      const image = addressOf(input, example) + part.offset;
      kernels.imageSpectrum(part.shape, image, tile, inputSpectra + row * channelRow.bytes);
    });
    windows.mark(kernels, addressOf(input, example), example % groupImages);
  }

  /** Also transforms the weights, once a call. */
  function multiply({ kernels, parameters }: Pass, first: number, count: number): void {
    if (first === 0) weights.transform(kernels, parameters + kernel.offset, tile, scratch);
    const from = inputSpectra + first * tiles.length * channelRow.bytes;
    const to = resultSpectra + (first % groupImages) * tiles.length * filterRow.bytes;
    kernels.complexMatmul(outputShape, from, weights.spectrum, to, count * tiles.length);
  }

  function giveOutput({ kernels, parameters }: Pass, example: number): void {
    const start = bias === undefined ? noBias : parameters + bias.offset;
    eachTile(example % groupImages, ({ output: part }, row) => {
      const image = addressOf(output, example) + part.offset;
      kernels.imageOfSpectrum(part.shape, resultSpectra + row * filterRow.bytes, tile, start, image);
    });
    windows.settle(kernels, example % groupImages, addressOf(output, example), start);
  }

  function takeOutputGradient(pass: Pass, example: number): void {
    const { kernels, bytes } = pass;
    const shard = shardOf(pass, example);
    eachTile(example - shard.first, ({ output: part }, row) => {
      const image = addressOf(dOutput, example) + part.offset;
      kernels.imageSpectrum(part.shape, image, tile, dOutputSpectra + row * filterRow.bytes);
    });
    if (bias === undefined) return;
    const dBias = shard.gradient + bias.offset;
    if (example === shard.first) bytes.fill(0, dBias, dBias + wideFilters * 4);
    kernels.addRows(addressOf(dOutput, example), dBias, dOutput.size / filters, filters);
  }

  /** Of a shard, by 16 filters: their bins, of all of its images, stay in the cache until they are transformed. */
  function sumKernelGradient(pass: Pass, first: number, count: number): void {
    const { kernels, ints } = pass;
    ints[kernelGradientShape / 4 + complexLengthField] = count * tiles.length;
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
      kernels.kernelOfSpectrum(dWeightsShape, dWeights, channelBytes, tile, target);
    }
  }

  /** The first one of a group multiplies for all of them, the first one of a call turns the spectrum of the weights. */
  function giveInputGradient(pass: Pass, example: number): void {
    if (inputGradient === undefined) return;
    const { target, turned, shape } = inputGradient;
    const { kernels, bytes } = pass;
    const { first, count } = shardOf(pass, example);
    if (example === 0) turned.turn(kernels);
    const inGroup = (example - first) % groupImages;
    if (inGroup === 0) {
      const from = dOutputSpectra + (example - first) * tiles.length * filterRow.bytes;
      const rows = Math.min(groupImages, first + count - example) * tiles.length;
      kernels.complexMatmul(shape, from, turned.spectrum, resultSpectra, rows);
    }
    const start = addressOf(target, example);
    bytes.fill(0, start, start + target.size * 4);
    eachTile(inGroup, ({ input: part }, row) => {
      kernels.addImageOfSpectrum(
        part.shape,
        resultSpectra + row * channelRow.bytes,
        tile,
        start + part.offset,
      );
    });
  }

  /** The product with the turned kernel. @param target where the gradient goes */
  function compileInputGradient(target: Tensor) {
    const turned = weights.compileTurned();
    return { target, turned, shape: rowsShape(filterRow, channelRow, turned, arena) };
  }

  /** @param image its place among those whose spectra lie together */
  function eachTile(image: number, visit: (tile: CompiledTile, row: number) => void): void {
    for (let index = 0; index < tiles.length; index++) visit(tiles[index], image * tiles.length + index);
  }
}

/** Tiles of a group at most. Groups are powers of two, so that those of neighbouring layers divide each other. */
const groupRows = 16;
