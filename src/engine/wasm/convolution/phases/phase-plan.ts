import type { FourierPoints } from '../../../../kernels/generators/fourier.ts';
import type { Pair } from '../../../../shape.ts';
import type { Part } from '../fourier/fourier-plan.ts';
import type { WindowGrid } from '../images/window-grid.ts';

/**
 * A convolution with strides as a sum of convolutions without any: the image's pixels that are a stride apart, a phase,
 * meet the same taps of the kernel, every stride-th. A transposed convolution is the same the other way round. The grid
 * has a pixel for each window of the image.
 */
export interface PhasePlan {
  readonly points: FourierPoints;
  readonly phases: readonly Phase[];
  readonly tiles: readonly PhaseTile[];
}

/** [vertical, horizontal] */
export interface Phase {
  readonly firstPixel: Pair;
  readonly firstTap: Pair;
  /** How many there are. */
  readonly taps: Pair;
  /** How far the first tap lies before the tile's first row and column, around its edge. */
  readonly shift: Pair;
}

/** Parts of the grid and of each phase of the image, in its own rows and columns; those of phases may overlap. */
export interface PhaseTile {
  readonly grid: readonly [Part, Part];
  readonly images: readonly (readonly [Part, Part])[];
}

/** Complex numbers of a tile's spectrum. */
export const binsOf = (points: FourierPoints): number => (points * points) / 2 + 2;

export function phasePlan(windows: WindowGrid, points: FourierPoints): PhasePlan {
  const [rows, columns] = [axisPlan(windows, 0, points), axisPlan(windows, 1, points)];
  return {
    points,
    phases: rows.phases.flatMap((row) =>
      columns.phases.map((column) => ({
        firstPixel: [row.firstPixel, column.firstPixel] as const,
        firstTap: [row.firstTap, column.firstTap] as const,
        taps: [row.taps, column.taps] as const,
        shift: [row.shift, column.shift] as const,
      })),
    ),
    tiles: rows.tiles.flatMap((row) =>
      columns.tiles.map((column) => ({
        grid: [row.grid, column.grid] as const,
        images: row.images.flatMap((image) => column.images.map((other) => [image, other] as const)),
      })),
    ),
  };
}

interface AxisPhase {
  readonly firstPixel: number;
  readonly pixels: number;
  readonly firstTap: number;
  readonly taps: number;
  /** The phase's pixel under the first tap at the grid's first pixel: 0 or before the image. */
  readonly start: number;
}

/**
 * Where a phase with what is around it fits into a tile, one does: what goes around the edge meets zeros only. Larger
 * ones are cut so that nothing goes around.
 */
function axisPlan(windows: WindowGrid, axis: 0 | 1, points: number) {
  const size = windows.grid[axis];
  const phases = phasesOf(windows, axis);
  const fits = phases.every(
    ({ pixels, taps, start }) =>
      pixels - start <= points && Math.max(size, size + taps - 1 + start) <= points,
  );
  if (fits)
    return {
      phases: phases.map((phase) => ({ ...phase, shift: -phase.start })),
      tiles: [{ grid: part(0, size, 0), images: phases.map(({ pixels }) => part(0, pixels, 0)) }],
    };
  const step = points - Math.max(...phases.map(({ taps }) => taps)) + 1;
  return {
    phases: phases.map((phase) => ({ ...phase, shift: 0 })),
    tiles: Array.from({ length: Math.ceil(size / step) }, (_, tile) => ({
      grid: part(tile * step, Math.min(step, size - tile * step), 0),
      images: phases.map(({ pixels, start }) => {
        const before = tile * step + start;
        const first = Math.min(pixels, Math.max(0, before));
        return part(first, Math.max(0, Math.min(pixels, before + points) - first), first - before);
      }),
    })),
  };
}

/** Those that meet any tap. */
function phasesOf({ image, kernelSize, strides, padding }: WindowGrid, axis: 0 | 1): AxisPhase[] {
  const stride = strides[axis];
  const before = axis === 0 ? padding.top : padding.left;
  return Array.from({ length: stride }, (_, firstPixel) => {
    const firstTap = (firstPixel + before) % stride;
    return {
      firstPixel,
      pixels: Math.ceil((image[axis] - firstPixel) / stride),
      firstTap,
      taps: Math.ceil((kernelSize[axis] - firstTap) / stride),
      start: (firstTap - before - firstPixel) / stride,
    };
  }).filter(({ taps }) => taps > 0);
}

const part = (first: number, count: number, inTile: number): Part => ({ first, count, inTile });
