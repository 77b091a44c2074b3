import type { FourierPoints } from '../../../../kernels/generators/fourier.ts';
import { panelWidth, roundUp } from '../../../../kernels/panels.ts';
import { addressOf, type Pass, type Tensor } from '../../operation/operation.ts';
import type { PackedParameter } from '../../operation/packing.ts';
import type { Compiler } from '../../operation/row.ts';
import type { WindowGrid } from '../images/window-grid.ts';
import { isRealBin, multiplyBin } from './gauss-products.ts';
import { phaseGradient } from './phase-gradient.ts';
import { binsOf, type PhasePlan, phasePlan } from './phase-plan.ts';
import { gridParts, imageParts, rowsOf, spectraLayout, weightBinBytes } from './phase-shapes.ts';
import { type PhaseSide, phaseSide, type Range, type Taken } from './phase-side.ts';
import { deriveSpectrum } from './phase-weights.ts';

/** What of a compiler is needed. */
export type PhaseCompiler = Pick<Compiler, 'arena' | 'batch' | 'sizes' | 'derived' | 'addWeightGradient'>;

/**
 * The three passes between images and grids as products of spectra: tiles of each phase of the image become bins
 * (kernels/generators/fourier.ts), and in each bin, with complex numbers and conj for their conjugates,
 *
 * - to the grid: grid[tile, filter] = sum over phases and channels of image[tile, row] * conj(kernel[row, filter])
 * - to the image: image[tile, row] = sum over filters of grid[tile, filter] * kernel[row, filter]
 * - kernel's gradient, in the update phase (phase-gradient.ts), of the spectra that both leave in the memory of the batch
 */
export interface PhaseProducts {
  /** Images at a time, at most. */
  readonly groupImages: number;
  takeImages(pass: Pass, source: Tensor, range: Range): Taken;
  takeGrids(pass: Pass, source: Tensor, range: Range): Taken;
  /** target = init + what the images that were taken give. @param init address of [filters] */
  giveGrids(pass: Pass, taken: Taken, init: number, target: Tensor, range: Range): void;
  /** The same of the images, of the grids that were taken. @param init address of [channels] */
  giveImages(pass: Pass, taken: Taken, init: number, target: Tensor, range: Range): void;
}

/** @param trains whether the kernel's gradient is wanted */
export function phaseProducts(
  { windows, points }: { readonly windows: WindowGrid; readonly points: FourierPoints },
  { layer, trains }: { readonly layer: string; readonly trains: boolean },
  kernel: PackedParameter,
  compiler: PhaseCompiler,
): PhaseProducts {
  const { arena, batch, sizes } = compiler;
  const plan = phasePlan(windows, points);
  const tiles = plan.tiles.length;
  const [rows, filters] = [rowsOf(windows, plan), roundUp(windows.grid[2])];
  const groupImages = Math.min(sizes.maxExamples, Math.ceil(groupTiles / tiles));
  const [imageLayout, gridLayout] = [rows, filters].map((width) =>
    spectraLayout(points, groupImages * tiles, width),
  );
  const [imageFloats, gridFloats] = [imageLayout.floats, gridLayout.floats];
  const [imageBin, gridBin] = [imageLayout.binBytes, gridLayout.binBytes];
  const weightBin = weightBinBytes(windows, plan);
  // Those of both sides, and what a bin takes of the weights and of either side.
  const partFloats = 3 * rows * filters;
  const sumFloats = Math.max(imageFloats, gridFloats) / binsOf(points);
  const scratch = arena.shared(imageFloats + gridFloats + partFloats + sumFloats);
  const tile = arena.floats(points * points * 8);
  const common = {
    ...{ plan, arena, tile, images: groupImages },
    left: trains ? { batch, images: sizes.batchSize } : undefined,
  };
  const images = phaseSide({
    ...{ ...common, scratch, width: rows, otherWidth: filters },
    partsOf: (layout) => imageParts(windows, plan, layout, arena),
  });
  const grids = phaseSide({
    ...{ ...common, scratch: () => scratch() + imageFloats * 4, width: filters, otherWidth: rows },
    partsOf: (layout) => gridParts(windows, plan, layout, arena),
  });
  const weights = deriveSpectrum({ windows, plan }, layer, kernel, compiler);
  if (images.left !== undefined && grids.left !== undefined) {
    const left = { images: images.left, grids: grids.left };
    compiler.addWeightGradient(phaseGradient({ windows, plan }, layer, kernel, left, compiler));
  }
  return {
    groupImages,
    takeImages: images.take,
    takeGrids: grids.take,
    giveGrids(pass, taken, init, target, range) {
      multiply(pass, 'splitGaussParts', taken, scratch() + imageFloats * 4, gridBin, range.count);
      grids.eachPart(target, range, ({ shape }, spectrum, pixels) =>
        pass.kernels.imageOfSpectrum(shape, spectrum, tile, init, pixels),
      );
    },
    giveImages(pass, taken, init, target, range) {
      multiply(pass, 'turnGaussParts', taken, scratch(), imageBin, range.count);
      writeImages(pass, { windows, plan, images, tile }, init, target, range);
    },
  };

  /** By the weights or, the other way, by them turned, whose parts are made bin by bin. */
  function multiply(
    { kernels, parameters }: Pass,
    parts: 'splitGaussParts' | 'turnGaussParts',
    { address, layout, product }: Taken,
    to: number,
    toBin: number,
    count: number,
  ): void {
    const b = scratch() + (imageFloats + gridFloats) * 4;
    for (let bin = 0; bin < binsOf(points); bin++) {
      kernels[parts](parameters + weights + bin * weightBin, filters / panelWidth, rows, b);
      const factors = {
        ...{ a: address + bin * layout.binBytes, b, c: to + bin * toBin },
        ...{ sums: b + partFloats * 4, storedRows: count * tiles, rows: count * tiles },
      };
      multiplyBin(kernels, 'matmul', product, factors, isRealBin(bin, points));
    }
  }
}

interface ImageWriting {
  readonly windows: WindowGrid;
  readonly plan: PhasePlan;
  readonly images: PhaseSide;
  /** Address of a tile. */
  readonly tile: number;
}

/** target = init + what the spectra in scratch give, at once where each pixel is in one phase of the one tile. */
function writeImages(
  { kernels }: Pass,
  { windows, plan, images, tile }: ImageWriting,
  init: number,
  target: Tensor,
  range: Range,
): void {
  const [height, width, channels] = windows.image;
  const [first, ...others] = plan.tiles;
  const written = first.images.reduce((pixels, [rows, columns]) => pixels + rows.count * columns.count, 0);
  // Windows may leave out the last rows and columns: these are init.
  const isOnce = others.length === 0 && written === height * width;
  if (!isOnce) {
    const pixels = (range.count * target.size) / channels;
    kernels.copyRows(init, 0, addressOf(target, range.first), channels * 4, channels * 4, pixels);
  }
  images.eachPart(target, range, ({ shape }, spectrum, pixels) => {
    if (isOnce) kernels.imageOfSpectrum(shape, spectrum, tile, init, pixels);
    else kernels.addImageOfSpectrum(shape, spectrum, tile, pixels);
  });
}

/** Calls `visit` for as many examples at a time as there is room for. */
export function eachRange(first: number, count: number, most: number, visit: (range: Range) => void): void {
  for (let done = 0; done < count; done += most)
    visit({ first: first + done, count: Math.min(most, count - done) });
}

/** So many reuse a bin's weights from the cache. */
const groupTiles = 128;
