import { panelBytes, panelWidth, roundUp } from '../../../../kernels/panels.ts';
import type { AddressOf } from '../../../../kernels/struct.ts';
import {
  type ComplexShape,
  complexShapeLayout,
  type ImageTile,
  imageTileLayout,
  type KernelTile,
  kernelTileLayout,
} from '../../../../kernels/structs.ts';
import type { Conv2dLayer } from '../../../../model/network.ts';
import type { ImageShape } from '../../../../shape.ts';
import type { Arena } from '../../operation/arena.ts';
import type { FourierTile, Part } from './fourier-plan.ts';

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
  readonly shape: AddressOf<ImageTile>;
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
  return {
    shape: arena.struct(imageTileLayout, {
      ...{ points: 16, rows: rows.count, columns: columns.count, channels, wideChannels: roundUp(channels) },
      ...{ imageRow: width * channels * 4, pixelBytes: channels * 4 },
      ...{ firstRow: rows.inTile, firstColumn: columns.inTile },
      ...{ binBytes: 2 * roundUp(channels) * 4, partBytes: roundUp(channels) * 4 },
    }),
    offset: (rows.first * width + columns.first) * channels * 4,
  };
}

/** Floats of the spectrum of a layer's weights, [bins, filters / 16, 2 (re, im), wide channels, 16]. */
export const kernelSpectrumFloats = (layer: Conv2dLayer): number => (bins * kernelBinBytes(layer)) / 4;

const kernelBinBytes = ({ input, output }: Conv2dLayer): number =>
  oddLines(2 * roundUp(input[2]) * roundUp(output[2]) * 4);

/** Of all panels of 16 filters or fewer. */
export function kernelTable(
  layer: Conv2dLayer,
  shift: readonly [number, number],
  arena: Arena,
  panels = roundUp(layer.output[2]) / panelWidth,
): AddressOf<KernelTile> {
  const { kernelSize, input } = layer;
  return arena.struct(kernelTileLayout, {
    ...{ points: 16, height: kernelSize[0], width: kernelSize[1] },
    ...{ channels: input[2], wideChannels: roundUp(input[2]) },
    ...{ tapBytes: input[2] * panelBytes, tapRowBytes: kernelSize[1] * input[2] * panelBytes },
    ...{ panels, shiftY: shift[0], shiftX: shift[1], binBytes: kernelBinBytes(layer) },
  });
}

/** Scratch of the weights' transform, from bin to bin. */
export const scratchBinBytes = oddLines(2 * panelWidth * panelBytes);

/** The spectrum of a channel's gradients for 16 filters, [bins, 2 (re, im), 16]: from channel to channel. */
export const channelBytes = oddLines(bins * 2 * panelBytes);

/** Rows of channels times weights of a layer, to rows of others. */
export const rowsShape = (
  from: SpectrumRow,
  to: SpectrumRow,
  layer: Conv2dLayer,
  arena: Arena,
): AddressOf<ComplexShape> =>
  arena.struct(complexShapeLayout, {
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
  });

/** Channels times 16 filters, summed over images (`length`), to [channels, bins, 2 (re, im), 16]. */
export const acrossShape = (
  channels: SpectrumRow,
  filters: SpectrumRow,
  arena: Arena,
): AddressOf<ComplexShape> =>
  arena.struct(complexShapeLayout, {
    bins,
    ...{ aRow: 4, aStep: channels.bytes, aImaginary: channels.channels * 4, aBin: channels.binBytes },
    ...{ bStep: filters.bytes, bImaginary: filters.channels * 4, bPanel: 0, bBin: filters.binBytes },
    ...{ cRow: channelBytes, cImaginary: panelBytes, cPanel: 0, cBin: 2 * panelBytes },
    panels: 1,
    length: 0,
    zeros: arena.zeros,
  });
