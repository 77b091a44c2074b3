import type { FourierPoints } from '../../../../kernels/generators/fourier.ts';
import { panelBytes, roundUp } from '../../../../kernels/panels.ts';
import type { AddressOf } from '../../../../kernels/struct.ts';
import {
  type ImageTile,
  imageTileLayout,
  type KernelTile,
  kernelTileLayout,
} from '../../../../kernels/structs.ts';
import type { ImageShape, Pair } from '../../../../shape.ts';
import type { Arena } from '../../operation/arena.ts';
import type { Part } from '../fourier/fourier-plan.ts';
import type { WindowGrid } from '../images/window-grid.ts';
import { binsOf, type Phase, type PhasePlan } from './phase-plan.ts';

/** An odd number of cache lines: what is a power of two apart would fall on the same ones. */
export const oddLines = (bytes: number): number => {
  const lines = Math.ceil(bytes / panelBytes);
  return (lines + (lines % 2 === 0 ? 1 : 0)) * panelBytes;
};

/** Spectra of some tiles, [bins, tiles, 2 (re, im), width]. */
export interface SpectraLayout {
  readonly width: number;
  readonly rowBytes: number;
  readonly binBytes: number;
  readonly floats: number;
}

export function spectraLayout(points: FourierPoints, tiles: number, width: number): SpectraLayout {
  const rowBytes = oddLines(2 * width * 4);
  const binBytes = oddLines(tiles * rowBytes);
  return { width, rowBytes, binBytes, floats: (binsOf(points) * binBytes) / 4 };
}

/** Rows of the spectrum of the weights: a channel of each phase. */
export const rowsOf = ({ image }: WindowGrid, { phases }: PhasePlan): number =>
  phases.length * roundUp(image[2]);

/** Of the spectrum of the weights, [bins, filters / 16, 2 (re, im), rows, 16]: from bin to bin. */
export const weightBinBytes = (windows: WindowGrid, plan: PhasePlan): number =>
  oddLines(2 * rowsOf(windows, plan) * roundUp(windows.grid[2]) * 4);

/** A part of the image, or grid, that a tile has, and where it begins in bytes. */
export interface TilePart {
  readonly shape: AddressOf<ImageTile>;
  readonly offset: number;
  /** Of its spectrum in that of the tile. */
  readonly inSpectrum: number;
}

/** Of each tile the parts of the image, a phase each. */
export const imageParts = (
  { image, strides }: WindowGrid,
  { points, phases, tiles }: PhasePlan,
  layout: SpectraLayout,
  arena: Arena,
): TilePart[][] =>
  tiles.map(({ images }) =>
    images.map((part, index) => ({
      ...tilePart(image, part, points, layout, arena, strides, phases[index].firstPixel),
      inSpectrum: index * roundUp(image[2]) * 4,
    })),
  );

export const gridParts = (
  { grid }: WindowGrid,
  { points, tiles }: PhasePlan,
  layout: SpectraLayout,
  arena: Arena,
): TilePart[][] =>
  tiles.map((tile) => [{ ...tilePart(grid, tile.grid, points, layout, arena), inSpectrum: 0 }]);

function tilePart(
  [, width, channels]: ImageShape,
  [rows, columns]: readonly [Part, Part],
  points: FourierPoints,
  layout: SpectraLayout,
  arena: Arena,
  strides: Pair = [1, 1],
  firstPixel: Pair = [0, 0],
) {
  const [y, x] = [rows.first * strides[0] + firstPixel[0], columns.first * strides[1] + firstPixel[1]];
  return {
    shape: arena.struct(imageTileLayout, {
      ...{ points, rows: rows.count, columns: columns.count, channels, wideChannels: roundUp(channels) },
      ...{ imageRow: strides[0] * width * channels * 4, pixelBytes: strides[1] * channels * 4 },
      ...{ firstRow: rows.inTile, firstColumn: columns.inTile },
      ...{ binBytes: layout.binBytes, partBytes: layout.width * 4 },
    }),
    offset: (y * width + x) * channels * 4,
  };
}

/** The taps of a phase: the kernels' table for a panel of 16 filters, and where they begin in it. */
export function compilePhase(
  windows: WindowGrid,
  plan: PhasePlan,
  { firstTap, taps, shift }: Phase,
  arena: Arena,
): { readonly shape: AddressOf<KernelTile>; readonly offset: number } {
  const { image, kernelSize, strides } = windows;
  const tap = image[2] * panelBytes;
  return {
    shape: arena.struct(kernelTileLayout, {
      ...{ points: plan.points, height: taps[0], width: taps[1], channels: image[2] },
      ...{ tapBytes: strides[1] * tap, tapRowBytes: strides[0] * kernelSize[1] * tap },
      ...{ wideChannels: rowsOf(windows, plan), panels: 1, shiftY: shift[0], shiftX: shift[1] },
      binBytes: weightBinBytes(windows, plan),
    }),
    offset: (firstTap[0] * kernelSize[1] + firstTap[1]) * tap,
  };
}
