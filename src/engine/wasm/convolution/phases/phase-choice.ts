import { type FourierPoints, fourierPoints } from '../../../../kernels/generators/fourier.ts';
import type { WindowGrid } from '../images/window-grid.ts';
import { binsOf, phasePlan } from './phase-plan.ts';

/** Points of the tiles by which it takes the least time; undefined where sums take less. */
export function pointsOf(windows: WindowGrid): FourierPoints | undefined {
  const { image, grid, kernelSize, strides, dilation } = windows;
  const [channels, filters] = [image[2], grid[2]];
  const isStrided =
    strides.some((stride) => stride > 1) && strides.every((stride, axis) => stride <= image[axis]);
  if (!isStrided || dilation !== undefined || Math.min(channels, filters) < fewestChannels) return undefined;
  const direct = grid[0] * grid[1] * kernelSize[0] * kernelSize[1] * channels * filters;
  const [best] = fourierPoints
    .filter((points) => kernelSize.every((size, axis) => Math.ceil(size / strides[axis]) <= points / 2 + 1))
    .map((points) => ({ points, multiplications: multiplicationsOf(windows, points) }))
    .sort((a, b) => a.multiplications - b.multiplications);
  return best !== undefined && best.multiplications < worthIt * direct ? best.points : undefined;
}

/** Of an image there: products and, in their time, transforms. */
function multiplicationsOf(windows: WindowGrid, points: FourierPoints): number {
  const { phases, tiles } = phasePlan(windows, points);
  const [channels, filters] = [windows.image[2], windows.grid[2]];
  const bins = binsOf(points);
  const products = (3 * bins - 2 * realBins) * phases.length * channels * filters;
  return tiles.length * (products + transformCost * bins * (phases.length * channels + filters));
}

/** Bins that take one real product and not three. */
const realBins = 4;

/** With fewer, the transforms cost more than the products. */
const fewestChannels = 16;

/** A transform of a tile and channel, in multiplications of the products for each of its bins. */
const transformCost = 90;

/** The transforms of the weights come on top of it. */
const worthIt = 0.8;
