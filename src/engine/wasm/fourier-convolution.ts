import type { Conv2dLayer, ImageShape } from '../../model/network.ts';
import type { Arena } from './arena.ts';
import { complexLengthField, complexShapeFields } from './complex-shape.ts';
import { equalWindows } from './equal-windows.ts';
import { type FourierTile, fourierPlan, type Part } from './fourier-plan.ts';
import type { Kernels } from './kernels.ts';
import { addressOf, type Operation, type Pass, type PassShard, type WeightedBuffers } from './operation.ts';
import { panelBytes, panelWidth, roundUp } from './panels.ts';

/**
 * A convolution of stride 1 as products of spectra: tiles of 16 x 16 pixels become 130 bins (kernels/fourier.ts), and
 * in each bin, with complex numbers and conj for their conjugates,
 *
 * - forward: output[image, filter] = sum over channels of input[image, channel] * conj(kernel[channel, filter])
 * - kernel's gradient: dKernel[channel, filter] = sum over images of input[image, channel] * conj(dOutput[image, filter])
 * - input's gradient: dInput[image, channel] = sum over filters of dOutput[image, filter] * kernel[channel, filter],
 *   which is the forward product with the turned kernel, whose spectrum is the conjugate
 *
 * Each is a complex matrix product (kernels/complex-tile.ts).
 *
 * Images go in groups, so that a group's spectra stay in the cache; the gradient of the kernel goes by 16 filters for
 * the same reason, over all images of a shard. The input's spectra are kept for the way back.
 */
export function fourierConvolution(
  layer: Conv2dLayer,
  maxExamples: number,
  arena: Arena,
  buffers: WeightedBuffers,
): Operation {
  const { input, output, dOutput, dInput, kernel, bias } = buffers;
  const plan = fourierPlan(layer);
  const [channels, filters] = [layer.input[2], layer.output[2]];
  const [wideChannels, wideFilters] = [roundUp(channels), roundUp(filters)];
  const tiles = plan.tiles.map((tile) => compileTile(layer, tile, arena));
  const groupImages = Math.max(1, Math.floor(groupRows / tiles.length));
  const groupTiles = groupImages * tiles.length;
  const channelRow = spectrumOf(wideChannels);
  const filterRow = spectrumOf(wideFilters);
  const [height, width] = layer.kernelSize;
  const windows = equalWindows(layer, arena);

  const inputSpectra = arena.floats((maxExamples * tiles.length * channelRow.bytes) / 4);
  const dOutputSpectra = arena.floats((maxExamples * tiles.length * filterRow.bytes) / 4);
  const resultSpectra = arena.floats((groupTiles * Math.max(channelRow.bytes, filterRow.bytes)) / 4);
  const tile = arena.floats(16 * 16 * 8);
  const scratch = arena.floats((bins * scratchBinBytes) / 4);
  const noBias = arena.floats(wideFilters);
  const weights = compileKernel(layer, plan.shift, arena);
  const turnedShift = [height - 1 - plan.shift[0], width - 1 - plan.shift[1]] as const;
  const turned = dInput && compileKernel(turnedLayer(layer), turnedShift, arena);
  const turnedWeights = dInput && arena.floats(height * width * filters * wideChannels);
  const dWeights = arena.floats((channels * channelBytes) / 4);
  const dWeightsShape = kernelTable({ ...layer, output: [0, 0, panelWidth] }, plan.shift, arena);
  const outputShape = rowsShape(channelRow, filterRow, weights, arena);
  const dInputShape = turned && rowsShape(filterRow, channelRow, turned, arena);
  const kernelGradientShape = acrossShape(channelRow, filterRow, arena);

  return {
    perExample: false,
    forward(pass, first, count) {
      weights.transform(pass, pass.parameters + kernel.offset, tile, scratch);
      const shards = pass.training ? pass.shards : [{ first, count }];
      for (const shard of shards) for (const group of groupsOf(shard, groupImages)) forwardGroup(pass, group);
    },
    backward(pass) {
      if (turned !== undefined && turnedWeights !== undefined) {
        const taps = height * width;
        const source = pass.parameters + kernel.offset;
        pass.kernels.turnKernel(source, turnedWeights, taps, channels, filters);
        turned.transform(pass, turnedWeights, tile, scratch);
      }
      for (const shard of pass.shards) {
        transformGradients(pass, shard);
        for (let panel = 0; panel < wideFilters / panelWidth; panel++) sumKernelGradient(pass, shard, panel);
        sumBiasGradient(pass, shard);
        for (const group of groupsOf(shard, groupImages)) passGradients(pass, shard, group);
      }
    },
  };

  function forwardGroup({ kernels, parameters }: Pass, group: Group): void {
    const from = inputSpectra + group.first * tiles.length * channelRow.bytes;
    eachTile(group, ({ input: shape }, example, row) => {
      const image = addressOf(input, example) + shape.offset;
      kernels.imageSpectrum(shape.shape, image, tile, from + row * channelRow.bytes);
    });
    multiply(kernels, outputShape, from, weights, group);
    const start = bias === undefined ? noBias : parameters + bias.offset;
    eachTile(group, ({ output: shape }, example, row) => {
      const image = addressOf(output, example) + shape.offset;
      kernels.imageOfSpectrum(shape.shape, resultSpectra + row * filterRow.bytes, tile, start, image);
    });
    for (let example = group.first; example < group.first + group.count; example++)
      windows.settle(kernels, addressOf(input, example), addressOf(output, example), start);
  }

  /** The spectra of a shard's dOutput, for both of their uses. */
  function transformGradients({ kernels }: Pass, shard: Group): void {
    eachTile(shard, ({ output: shape }, example, row) => {
      const image = addressOf(dOutput, example) + shape.offset;
      kernels.imageSpectrum(shape.shape, image, tile, dOutputSpectra + row * filterRow.bytes);
    });
  }

  function passGradients({ kernels, bytes }: Pass, shard: PassShard, group: Group): void {
    if (dInput === undefined || turned === undefined || dInputShape === undefined) return;
    const from = dOutputSpectra + (group.first - shard.first) * tiles.length * filterRow.bytes;
    multiply(kernels, dInputShape, from, turned, group);
    const start = addressOf(dInput, group.first);
    bytes.fill(0, start, start + group.count * dInput.size * 4);
    eachTile(group, ({ input: shape }, example, row) => {
      const image = addressOf(dInput, example) + shape.offset;
      kernels.addImageOfSpectrum(shape.shape, resultSpectra + row * channelRow.bytes, tile, image);
    });
  }

  /** The products of a group's spectra with those of weights, bin by bin. */
  function multiply(
    kernels: Kernels,
    shape: number,
    from: number,
    { spectrum }: CompiledKernel,
    { count }: Group,
  ): void {
    kernels.complexMatmul(shape, from, spectrum, resultSpectra, count * tiles.length);
  }

  /** Of 16 filters: their bins, of all images of the shard, stay in the cache until they are transformed. */
  function sumKernelGradient({ kernels, ints }: Pass, shard: PassShard, panel: number): void {
    ints[kernelGradientShape / 4 + complexLengthField] = shard.count * tiles.length;
    const from = inputSpectra + shard.first * tiles.length * channelRow.bytes;
    const gradients = dOutputSpectra + panel * panelBytes;
    kernels.complexMatmul(kernelGradientShape, from, gradients, dWeights, channels);
    const target = shard.gradient + kernel.offset + panel * height * width * channels * panelBytes;
    kernels.kernelOfSpectrum(dWeightsShape, dWeights, channelBytes, tile, target);
  }

  function sumBiasGradient({ kernels, bytes }: Pass, { first, count, gradient }: PassShard): void {
    if (bias === undefined) return;
    const dBias = gradient + bias.offset;
    bytes.fill(0, dBias, dBias + wideFilters * 4);
    kernels.addRows(addressOf(dOutput, first), dBias, (count * dOutput.size) / filters, filters);
  }

  function eachTile(
    { first, count }: Group,
    visit: (tile: CompiledTile, example: number, row: number) => void,
  ): void {
    for (let image = 0; image < count; image++)
      tiles.forEach((tile, index) => {
        visit(tile, first + image, image * tiles.length + index);
      });
  }
}

/** Bins of a tile. */
const bins = 130;

/** Tiles of a group at most: two or three heights of the matrix product's tile. */
const groupRows = 14;

/** Neighbouring examples. */
interface Group {
  readonly first: number;
  readonly count: number;
}

/** Groups of nearly equal size. */
function groupsOf({ first, count }: Group, most: number): Group[] {
  const groups = Math.ceil(count / most);
  const border = (group: number) => first + Math.floor((count * group) / groups);
  return Array.from({ length: groups }, (_, group) => ({
    first: border(group),
    count: border(group + 1) - border(group),
  }));
}

/** The spectrum of a tile: [bins, 2 (re, im), channels]. */
interface SpectrumRow {
  /** Rounded up to whole panels. */
  readonly channels: number;
  readonly binBytes: number;
  /** From tile to tile. */
  readonly bytes: number;
}

const spectrumOf = (channels: number): SpectrumRow => ({
  channels,
  binBytes: 2 * channels * 4,
  bytes: oddLines(bins * 2 * channels * 4),
});

/** An odd number of cache lines: what is a power of two apart would fall on the same ones. */
function oddLines(byteLength: number): number {
  return byteLength + ((byteLength / panelBytes) % 2 === 0 ? panelBytes : 0);
}

interface CompiledTile {
  readonly input: CompiledPart;
  readonly output: CompiledPart;
}

interface CompiledPart {
  /** Address of the kernels' ImageTile. */
  readonly shape: number;
  /** Of the part's first pixel in an image, in bytes. */
  readonly offset: number;
}

const compileTile = (layer: Conv2dLayer, { input, output }: FourierTile, arena: Arena): CompiledTile => ({
  input: compilePart(layer.input, input, arena),
  output: compilePart(layer.output, output, arena),
});

function compilePart(
  [, width, channels]: ImageShape,
  [rows, columns]: readonly [Part, Part],
  arena: Arena,
): CompiledPart {
  const shape = [rows.count, columns.count, channels, roundUp(channels), width * channels * 4];
  return {
    shape: arena.table([...shape, rows.inTile, columns.inTile]),
    offset: (rows.first * width + columns.first) * channels * 4,
  };
}

interface CompiledKernel {
  readonly spectrum: number;
  readonly binBytes: number;
  transform(pass: Pass, weights: number, tile: number, scratch: number): void;
}

/** Weights and where their spectrum lies: [bins, filters / 16, 2 (re, im), wide channels, 16]. */
function compileKernel(layer: Conv2dLayer, shift: readonly [number, number], arena: Arena): CompiledKernel {
  const shape = kernelTable(layer, shift, arena);
  const binBytes = kernelBinBytes(layer);
  const spectrum = arena.floats((bins * binBytes) / 4);
  return {
    spectrum,
    binBytes,
    transform({ kernels }, weights, tile, scratch) {
      kernels.kernelSpectrum(shape, weights, tile, scratch, spectrum);
    },
  };
}

const kernelBinBytes = ({ input, output }: Conv2dLayer): number =>
  oddLines(2 * roundUp(input[2]) * roundUp(output[2]) * 4);

/** The address of the kernels' KernelTile. */
function kernelTable(layer: Conv2dLayer, shift: readonly [number, number], arena: Arena): number {
  const { kernelSize, input, output } = layer;
  const panels = roundUp(output[2]) / panelWidth;
  return arena.table([
    ...[...kernelSize, input[2], roundUp(input[2]), panels],
    ...[...shift, kernelBinBytes(layer)],
  ]);
}

/** Scratch of the weights' transform, from bin to bin. */
const scratchBinBytes = oddLines(2 * panelWidth * panelBytes);

/** The spectrum of a channel's gradients for 16 filters, [bins, 2 (re, im), 16]: from channel to channel. */
const channelBytes = oddLines(bins * 2 * panelBytes);

/** As the input's gradient sees the layer. */
const turnedLayer = (layer: Conv2dLayer): Conv2dLayer => ({
  ...layer,
  input: layer.output,
  output: layer.input,
});

/** Rows of channels times weights, to rows of others. */
const rowsShape = (from: SpectrumRow, to: SpectrumRow, weights: CompiledKernel, arena: Arena): number =>
  arena.table(
    complexShapeFields({
      bins,
      ...{ aRow: from.bytes, aStep: 4, aImaginary: from.channels * 4, aBin: from.binBytes },
      ...{
        bStep: panelBytes,
        bImaginary: from.channels * panelBytes,
        bPanel: 2 * from.channels * panelBytes,
      },
      bBin: weights.binBytes,
      ...{ cRow: to.bytes, cImaginary: to.channels * 4, cPanel: panelBytes, cBin: to.binBytes },
      panels: to.channels / panelWidth,
      length: from.channels,
      zeros: arena.zeros,
    }),
  );

/** Channels times 16 filters, summed over images (`length`), to [channels, bins, 2 (re, im), 16]. */
const acrossShape = (channels: SpectrumRow, filters: SpectrumRow, arena: Arena): number =>
  arena.table(
    complexShapeFields({
      bins,
      ...{ aRow: 4, aStep: channels.bytes, aImaginary: channels.channels * 4, aBin: channels.binBytes },
      ...{ bStep: filters.bytes, bImaginary: filters.channels * 4, bPanel: 0, bBin: filters.binBytes },
      ...{ cRow: channelBytes, cImaginary: panelBytes, cPanel: 0, cBin: 2 * panelBytes },
      panels: 1,
      length: 0,
      zeros: arena.zeros,
    }),
  );
