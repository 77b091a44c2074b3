import type { Conv2dLayer, ImageShape } from '../../model/network.ts';
import type { Arena } from './arena.ts';
import { type FourierTile, fourierPlan, type Part } from './fourier-plan.ts';
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
 * Images go in groups, cut out of a shard, so that a group's spectra stay in the cache and sums do not depend on the
 * call's other shards. The input's spectra are kept for the way back.
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
  const [height, width] = layer.kernelSize;

  const inputSpectra = arena.floats(maxExamples * tiles.length * spectrumFloats(3 * wideChannels));
  const dOutputSpectra = arena.floats(groupTiles * spectrumFloats(3 * wideFilters));
  const resultSpectra = arena.floats(groupTiles * spectrumFloats(2 * Math.max(wideChannels, wideFilters)));
  const tile = arena.floats(16 * 16 * 8);
  const noBias = arena.floats(wideFilters);
  const weights = compileKernel(layer, plan.shift, arena);
  const turnedShift = [height - 1 - plan.shift[0], width - 1 - plan.shift[1]] as const;
  const turned = dInput && compileKernel(turnedLayer(layer), turnedShift, arena);
  const turnedWeights = dInput && arena.floats(height * width * filters * wideChannels);
  const dWeights = arena.floats((bins * weights.binBytes) / 4);
  const outputShape = rowsShape(arena, wideChannels, wideFilters);
  const dInputShape = rowsShape(arena, wideFilters, wideChannels);
  const kernelGradientShapes = [false, true].map((more) =>
    acrossShape(arena, wideChannels, wideFilters, more),
  );

  return {
    perExample: false,
    forward(pass, first, count) {
      weights.transform(pass, pass.parameters + kernel.offset, tile);
      const shards = pass.training ? pass.shards : [{ first, count }];
      for (const shard of shards) for (const group of groupsOf(shard, groupImages)) forwardGroup(pass, group);
    },
    backward(pass) {
      if (turned !== undefined && turnedWeights !== undefined) {
        const taps = height * width;
        const source = pass.parameters + kernel.offset;
        pass.kernels.turnKernel(source, turnedWeights, taps, channels, filters);
        turned.transform(pass, turnedWeights, tile);
      }
      for (const shard of pass.shards) {
        for (const group of groupsOf(shard, groupImages))
          backwardGroup(pass, group, group.first > shard.first);
        pass.kernels.kernelOfSpectrum(weights.shape, dWeights, tile, shard.gradient + kernel.offset);
        sumBiasGradient(pass, shard);
      }
    },
  };

  function forwardGroup({ kernels, parameters }: Pass, group: Group): void {
    const rows = group.count * tiles.length;
    const from = spectraOf(group, rows);
    const to = spectra(resultSpectra, rows, 2 * wideFilters);
    eachTile(group, ({ input: shape }, example, row) => {
      const image = addressOf(input, example) + shape.offset;
      kernels.imageSpectrum(shape.shape, image, tile, from.address + row * from.rowBytes, from.binBytes);
    });
    for (let bin = 0; bin < bins; bin++)
      kernels.matmul(
        outputShape,
        from.address + bin * from.binBytes,
        weights.spectrum + bin * weights.binBytes,
        arena.zeros,
        to.address + bin * to.binBytes,
        rows,
      );
    const start = bias === undefined ? noBias : parameters + bias.offset;
    eachTile(group, ({ output: shape }, example, row) => {
      const image = addressOf(output, example) + shape.offset;
      kernels.imageOfSpectrum(shape.shape, to.address + row * to.rowBytes, to.binBytes, tile, start, image);
    });
  }

  function backwardGroup({ kernels, ints, bytes }: Pass, group: Group, isLater: boolean): void {
    const rows = group.count * tiles.length;
    const inputs = spectraOf(group, rows);
    const from = spectra(dOutputSpectra, rows, 3 * wideFilters);
    eachTile(group, ({ output: shape }, example, row) => {
      const image = addressOf(dOutput, example) + shape.offset;
      kernels.imageSpectrum(shape.shape, image, tile, from.address + row * from.rowBytes, from.binBytes);
    });
    const gradientShape = kernelGradientShapes[isLater ? 1 : 0];
    ints[gradientShape / 4 + lengthField] = rows;
    for (let bin = 0; bin < bins; bin++) {
      const target = dWeights + bin * weights.binBytes;
      kernels.matmulAcross(
        gradientShape,
        inputs.address + bin * inputs.binBytes,
        from.address + bin * from.binBytes,
        isLater ? target : arena.zeros,
        target,
        channels,
      );
    }
    if (dInput === undefined || turned === undefined) return;
    const to = spectra(resultSpectra, rows, 2 * wideChannels);
    for (let bin = 0; bin < bins; bin++)
      kernels.matmul(
        dInputShape,
        from.address + bin * from.binBytes,
        turned.spectrum + bin * turned.binBytes,
        arena.zeros,
        to.address + bin * to.binBytes,
        rows,
      );
    const start = addressOf(dInput, group.first);
    bytes.fill(0, start, start + group.count * dInput.size * 4);
    eachTile(group, ({ input: shape }, example, row) => {
      const image = addressOf(dInput, example) + shape.offset;
      kernels.addImageOfSpectrum(shape.shape, to.address + row * to.rowBytes, to.binBytes, tile, image);
    });
  }

  function sumBiasGradient({ kernels, bytes }: Pass, { first, count, gradient }: PassShard): void {
    if (bias === undefined) return;
    const dBias = gradient + bias.offset;
    bytes.fill(0, dBias, dBias + wideFilters * 4);
    kernels.addRows(addressOf(dOutput, first), dBias, (count * dOutput.size) / filters, filters);
  }

  /** The input's spectra of a group; those of all examples are kept. */
  function spectraOf({ first }: Group, rows: number): Spectra {
    const offset = first * tiles.length * spectrumFloats(3 * wideChannels) * 4;
    return spectra(inputSpectra + offset, rows, 3 * wideChannels);
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

/** [bins, rows, parts * channels] */
interface Spectra {
  readonly address: number;
  readonly rowBytes: number;
  readonly binBytes: number;
}

const spectra = (address: number, rows: number, floats: number): Spectra => ({
  address,
  rowBytes: floats * 4,
  binBytes: oddLines(rows * floats * 4),
});

/** An odd number of cache lines: bins a power of two apart would fall on the same ones. */
const oddLines = (byteLength: number): number =>
  byteLength + ((byteLength / panelBytes) % 2 === 0 ? panelBytes : 0);

/** Floats that the bins of one row may take in a group. */
const spectrumFloats = (floats: number): number => bins * (floats + panelWidth);

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

/** Weights and where their spectrum lies: [bins, filters / 16, 2 (re, im), wide channels, 16]. */
function compileKernel(
  { kernelSize, input: [, , channels], output: [, , filters] }: Conv2dLayer,
  shift: readonly [number, number],
  arena: Arena,
) {
  const wideChannels = roundUp(channels);
  const binBytes = oddLines(2 * wideChannels * roundUp(filters) * 4);
  const spectrum = arena.floats((bins * binBytes) / 4);
  const panels = roundUp(filters) / panelWidth;
  const shape = arena.table([...kernelSize, channels, wideChannels, panels, ...shift, binBytes]);
  return {
    shape,
    spectrum,
    binBytes,
    transform({ kernels }: Pass, weights: number, tile: number): void {
      kernels.kernelSpectrum(shape, weights, tile, spectrum);
    },
  };
}

/** As the input's gradient sees the layer. */
const turnedLayer = (layer: Conv2dLayer): Conv2dLayer => ({
  ...layer,
  input: layer.output,
  output: layer.input,
});

/** Rows [re, im, -re] of `from` channels times weights, to rows [re, im] of `to` channels. */
const rowsShape = (arena: Arena, from: number, to: number): number =>
  arena.table(
    matmulShapeFields({
      aRow: 3 * from * 4,
      aOuter: from * 4,
      bPanel: 2 * from * panelBytes,
      cRow: 2 * to * 4,
      cPanel: panelBytes,
      cOuter: to * 4,
      columns: to,
      ...cutDepth(2 * from),
      outer: 2,
    }),
  );

/** Two rows [re, im, -re] of each image, multiplied and summed over the images (`length`), first the re, then the im. */
const acrossShape = (arena: Arena, channels: number, filters: number, isLater: boolean): number =>
  arena.table(
    matmulShapeFields({
      aRow: 4,
      aStep: 3 * channels * 4,
      aSegment: channels * 4,
      aOuter: channels * 4,
      bPanel: panelBytes,
      bStep: 3 * filters * 4,
      bSegment: filters * 4,
      cRow: panelBytes,
      cPanel: 2 * channels * panelBytes,
      cOuter: channels * panelBytes,
      ...(isLater
        ? {
            initRow: panelBytes,
            initPanel: 2 * channels * panelBytes,
            initOuter: channels * panelBytes,
          }
        : {}),
      columns: filters,
      segments: 2,
      outer: 2,
    }),
  );
