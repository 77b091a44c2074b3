import type { Conv2dLayer, ImageShape } from '../../model/network.ts';
import type { Arena } from './arena.ts';
import { complexShapeFields } from './complex-shape.ts';
import type { FourierTile, Part } from './fourier-plan.ts';
import { panelBytes, panelWidth, roundUp } from './panels.ts';

/** Bins of a tile. */
export const bins = 130;

/** The spectrum of a tile: [bins, 2 (re, im), channels]. */
export interface SpectrumRow {
  /** Rounded up to whole panels. */
  readonly channels: number;
  readonly binBytes: number;
  /** From tile to tile. */
  readonly bytes: number;
}

export const spectrumOf = (channels: number): SpectrumRow => ({
  channels,
  binBytes: 2 * channels * 4,
  bytes: oddLines(bins * 2 * channels * 4),
});

/** An odd number of cache lines: what is a power of two apart would fall on the same ones. */
function oddLines(byteLength: number): number {
  return byteLength + ((byteLength / panelBytes) % 2 === 0 ? panelBytes : 0);
}

export interface CompiledTile {
  readonly input: CompiledPart;
  readonly output: CompiledPart;
}

interface CompiledPart {
  /** Address of the kernels' ImageTile. */
  readonly shape: number;
  /** Of the part's first pixel in an image, in bytes. */
  readonly offset: number;
}

/** Visits the tiles of an image. @param image its place among those whose spectra lie together */
export function eachTile(
  tiles: readonly CompiledTile[],
  image: number,
  visit: (tile: CompiledTile, row: number) => void,
): void {
  for (let index = 0; index < tiles.length; index++) visit(tiles[index], image * tiles.length + index);
}

export const compileTile = (
  layer: Conv2dLayer,
  { input, output }: FourierTile,
  arena: Arena,
): CompiledTile => ({
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

/** Floats of the spectrum of a layer's weights, [bins, filters / 16, 2 (re, im), wide channels, 16]. */
export const kernelSpectrumFloats = (layer: Conv2dLayer): number => (bins * kernelBinBytes(layer)) / 4;

const kernelBinBytes = ({ input, output }: Conv2dLayer): number =>
  oddLines(2 * roundUp(input[2]) * roundUp(output[2]) * 4);

/** The address of the kernels' KernelTile, of all panels of 16 filters or fewer. */
export function kernelTable(
  layer: Conv2dLayer,
  shift: readonly [number, number],
  arena: Arena,
  panels = roundUp(layer.output[2]) / panelWidth,
): number {
  const { kernelSize, input } = layer;
  return arena.table([
    ...[...kernelSize, input[2], roundUp(input[2]), panels],
    ...[...shift, kernelBinBytes(layer)],
  ]);
}

/** Scratch of the weights' transform, from bin to bin. */
export const scratchBinBytes = oddLines(2 * panelWidth * panelBytes);

/** The spectrum of a channel's gradients for 16 filters, [bins, 2 (re, im), 16]: from channel to channel. */
export const channelBytes = oddLines(bins * 2 * panelBytes);

/** Rows of channels times weights of a layer, to rows of others. */
export const rowsShape = (from: SpectrumRow, to: SpectrumRow, layer: Conv2dLayer, arena: Arena): number =>
  arena.table(
    complexShapeFields({
      bins,
      ...{ aRow: from.bytes, aStep: 4, aImaginary: from.channels * 4, aBin: from.binBytes },
      ...{
        bStep: panelBytes,
        bImaginary: from.channels * panelBytes,
        bPanel: 2 * from.channels * panelBytes,
      },
      bBin: kernelBinBytes(layer),
      ...{ cRow: to.bytes, cImaginary: to.channels * 4, cPanel: panelBytes, cBin: to.binBytes },
      panels: to.channels / panelWidth,
      length: from.channels,
      zeros: arena.zeros,
    }),
  );

/** Channels times 16 filters, summed over images (`length`), to [channels, bins, 2 (re, im), 16]. */
export const acrossShape = (channels: SpectrumRow, filters: SpectrumRow, arena: Arena): number =>
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
