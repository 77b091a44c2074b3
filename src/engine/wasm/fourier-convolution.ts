import type { Conv2dLayer, ImageShape } from '../../model/network.ts';
import type { Arena } from './arena.ts';
import { equalWindows } from './equal-windows.ts';
import { type FourierTile, fourierPlan, type Part } from './fourier-plan.ts';
import type { Kernels } from './kernels.ts';
import { cutDepth, lengthField, matmulShapeFields } from './matmul-shape.ts';
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
 * A bin of images is a matrix of rows [re, im, -re] of all channels: (re, im) times the panels [re; im] of weights is
 * the real part of a product, (im, -re) times the same panels the imaginary part. So each is one real matrix product.
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
  const inputRow = spectrumOf(3 * wideChannels);
  const dOutputRow = spectrumOf(3 * wideFilters);
  const outputRow = spectrumOf(2 * wideFilters);
  const dInputRow = spectrumOf(2 * wideChannels);
  const [height, width] = layer.kernelSize;
  const windows = equalWindows(layer, arena);

  const inputSpectra = arena.floats((maxExamples * tiles.length * inputRow.bytes) / 4);
  const dOutputSpectra = arena.floats((maxExamples * tiles.length * dOutputRow.bytes) / 4);
  const resultSpectra = arena.floats((groupTiles * Math.max(outputRow.bytes, dInputRow.bytes)) / 4);
  const tile = arena.floats(16 * 16 * 8);
  const scratch = arena.floats(bins * 2 * 2 * panelWidth);
  const noBias = arena.floats(wideFilters);
  const weights = compileKernel(layer, plan.shift, arena);
  const turnedShift = [height - 1 - plan.shift[0], width - 1 - plan.shift[1]] as const;
  const turned = dInput && compileKernel(turnedLayer(layer), turnedShift, arena);
  const turnedWeights = dInput && arena.floats(height * width * filters * wideChannels);
  const dWeights = compileKernel(onePanel(layer), plan.shift, arena);
  const outputShape = rowsShape(arena, wideChannels, inputRow, wideFilters, outputRow);
  const dInputShape = rowsShape(arena, wideFilters, dOutputRow, wideChannels, dInputRow);
  const kernelGradientShape = acrossShape(arena, wideChannels, inputRow, wideFilters, dOutputRow);

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
    const from = inputSpectra + group.first * tiles.length * inputRow.bytes;
    eachTile(group, ({ input: shape }, example, row) => {
      const image = addressOf(input, example) + shape.offset;
      kernels.imageSpectrum(shape.shape, image, tile, from + row * inputRow.bytes);
    });
    multiply(kernels, outputShape, [from, inputRow], weights, outputRow, group);
    const start = bias === undefined ? noBias : parameters + bias.offset;
    eachTile(group, ({ output: shape }, example, row) => {
      const image = addressOf(output, example) + shape.offset;
      kernels.imageOfSpectrum(shape.shape, resultSpectra + row * outputRow.bytes, tile, start, image);
    });
    for (let example = group.first; example < group.first + group.count; example++)
      windows.settle(kernels, addressOf(input, example), addressOf(output, example), start);
  }

  /** The spectra of a shard's dOutput, for both of their uses. */
  function transformGradients({ kernels }: Pass, shard: Group): void {
    eachTile(shard, ({ output: shape }, example, row) => {
      const image = addressOf(dOutput, example) + shape.offset;
      kernels.imageSpectrum(shape.shape, image, tile, dOutputSpectra + row * dOutputRow.bytes);
    });
  }

  function passGradients({ kernels, bytes }: Pass, shard: PassShard, group: Group): void {
    if (dInput === undefined || turned === undefined) return;
    const from = dOutputSpectra + (group.first - shard.first) * tiles.length * dOutputRow.bytes;
    multiply(kernels, dInputShape, [from, dOutputRow], turned, dInputRow, group);
    const start = addressOf(dInput, group.first);
    bytes.fill(0, start, start + group.count * dInput.size * 4);
    eachTile(group, ({ input: shape }, example, row) => {
      const image = addressOf(dInput, example) + shape.offset;
      kernels.addImageOfSpectrum(shape.shape, resultSpectra + row * dInputRow.bytes, tile, image);
    });
  }

  /** The products of a group's spectra with those of weights, bin by bin. */
  function multiply(
    kernels: Kernels,
    shape: number,
    [from, fromRow]: readonly [address: number, row: SpectrumRow],
    { spectrum, binBytes }: CompiledKernel,
    toRow: SpectrumRow,
    { count }: Group,
  ): void {
    for (let bin = 0; bin < bins; bin++) {
      const a = from + bin * fromRow.binBytes;
      const c = resultSpectra + bin * toRow.binBytes;
      kernels.matmul(shape, a, spectrum + bin * binBytes, arena.zeros, c, count * tiles.length);
    }
  }

  /** Of 16 filters: their bins, of all images of the shard, stay in the cache until they are transformed. */
  function sumKernelGradient({ kernels, ints }: Pass, shard: PassShard, panel: number): void {
    ints[kernelGradientShape / 4 + lengthField] = shard.count * tiles.length;
    const from = inputSpectra + shard.first * tiles.length * inputRow.bytes;
    const gradients = dOutputSpectra + panel * panelBytes;
    for (let bin = 0; bin < bins; bin++)
      kernels.matmulAcross(
        kernelGradientShape,
        from + bin * inputRow.binBytes,
        gradients + bin * dOutputRow.binBytes,
        arena.zeros,
        dWeights.spectrum + bin * dWeights.binBytes,
        channels,
      );
    const target = shard.gradient + kernel.offset + panel * height * width * channels * panelBytes;
    kernels.kernelOfSpectrum(dWeights.shape, dWeights.spectrum, tile, scratch, target);
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

/** The spectrum of a tile: [bins, parts * channels]. */
interface SpectrumRow {
  readonly binBytes: number;
  /** From tile to tile. */
  readonly bytes: number;
}

const spectrumOf = (floats: number): SpectrumRow => ({
  binBytes: floats * 4,
  bytes: oddLines(bins * floats * 4),
});

/** An odd number of cache lines: what is a power of two apart would fall on the same ones. */
const oddLines = (byteLength: number): number =>
  byteLength + ((byteLength / panelBytes) % 2 === 0 ? panelBytes : 0);

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
  /** Address of the kernels' KernelTile. */
  readonly shape: number;
  readonly spectrum: number;
  readonly binBytes: number;
  transform(pass: Pass, weights: number, tile: number, scratch: number): void;
}

/** Weights and where their spectrum lies: [bins, filters / 16, 2 (re, im), wide channels, 16]. */
function compileKernel(
  { kernelSize, input: [, , channels], output: [, , filters] }: Conv2dLayer,
  shift: readonly [number, number],
  arena: Arena,
): CompiledKernel {
  const wideChannels = roundUp(channels);
  const binBytes = oddLines(2 * wideChannels * roundUp(filters) * 4);
  const spectrum = arena.floats((bins * binBytes) / 4);
  const panels = roundUp(filters) / panelWidth;
  const shape = arena.table([...kernelSize, channels, wideChannels, panels, ...shift, binBytes]);
  return {
    shape,
    spectrum,
    binBytes,
    transform({ kernels }, weights, tile, scratch) {
      kernels.kernelSpectrum(shape, weights, tile, scratch, spectrum);
    },
  };
}

/** As the input's gradient sees the layer. */
const turnedLayer = (layer: Conv2dLayer): Conv2dLayer => ({
  ...layer,
  input: layer.output,
  output: layer.input,
});

/** The layer of 16 of its filters. */
const onePanel = (layer: Conv2dLayer): Conv2dLayer => ({
  ...layer,
  output: [layer.output[0], layer.output[1], panelWidth],
});

/** Rows [re, im, -re] of `from` channels times weights, to rows [re, im] of `to` channels. */
const rowsShape = (
  arena: Arena,
  from: number,
  fromRow: SpectrumRow,
  to: number,
  toRow: SpectrumRow,
): number =>
  arena.table(
    matmulShapeFields({
      aRow: fromRow.bytes,
      aOuter: from * 4,
      bPanel: 2 * from * panelBytes,
      cRow: toRow.bytes,
      cPanel: panelBytes,
      cOuter: to * 4,
      columns: to,
      ...cutDepth(2 * from),
      outer: 2,
    }),
  );

/** Rows [re, im, -re] of images, multiplied with 16 filters and summed over images (`length`): the re, then the im. */
const acrossShape = (
  arena: Arena,
  channels: number,
  inputRow: SpectrumRow,
  filters: number,
  row: SpectrumRow,
) =>
  arena.table(
    matmulShapeFields({
      aRow: 4,
      aStep: inputRow.bytes,
      aSegment: channels * 4,
      aOuter: channels * 4,
      bStep: row.bytes,
      bSegment: filters * 4,
      cRow: panelBytes,
      cOuter: channels * panelBytes,
      columns: panelWidth,
      segments: 2,
      outer: 2,
    }),
  );
