import type { Kernels } from '../../../kernels/kernels.ts';
import { cutDepth, matmulShape } from '../../../kernels/matmul-shape.ts';
import { panelBytes, roundUp } from '../../../kernels/panels.ts';
import { matmulShapeLayout, windowMatrixShapeLayout } from '../../../kernels/structs.ts';
import type { Arena } from '../operation/arena.ts';
import type { WindowGrid } from './images/window-grid.ts';

/**
 * Products of one image's windows W, [pixels, depth] with depth = kernelHeight * kernelWidth * channels, of a kernel K,
 * packed, [depth, columns], and of a matrix of [pixels, columns].
 */
export interface WindowProducts {
  /** W of an image: what the products read. */
  gather(kernels: Kernels, image: number): void;
  /** Adds W to an image. */
  scatter(kernels: Kernels, image: number): void;
  /** target = init + W K */
  times(kernels: Kernels, kernel: number, init: number, target: number): void;
  /** W = values K' */
  timesTransposed(kernels: Kernels, values: number, kernel: number): void;
  /** dKernel = W' values, or that much more. */
  addGradient(kernels: Kernels, values: number, dKernel: number, isFirst: boolean): void;
}

/** @param edge address of a tile of scratch, for a last panel that is narrow */
export function windowProducts(
  windows: WindowGrid,
  hasBias: boolean,
  arena: Arena,
  edge: number,
): WindowProducts {
  const { image, grid, kernelSize } = windows;
  const [height, width, columns] = grid;
  const pixels = height * width;
  const depth = kernelSize[0] * kernelSize[1] * image[2];
  const matrix = arena.floats(pixels * depth);
  const panels = arena.floats(pixels * roundUp(columns));
  const turned = arena.floats(roundUp(columns) * 16);
  const shape = arena.struct(windowMatrixShapeLayout, windowMatrixShape(windows));
  const common = { cPanel: panelBytes, bPanel: depth * panelBytes, edge };
  const timesShape = arena.struct(
    matmulShapeLayout,
    matmulShape({
      ...{ ...common, ...cutDepth(depth) },
      ...{ aRow: depth * 4, cRow: columns * 4, columns },
      initPanel: hasBias ? panelBytes : 0,
    }),
  );
  const transposedShape = arena.struct(
    matmulShapeLayout,
    matmulShape({
      ...{ ...common, ...cutDepth(columns) },
      ...{ aRow: columns * 4, cRow: depth * 4, columns: depth },
    }),
  );
  const gradient = {
    ...{ aStep: depth * 4, aRow: 4, bPanel: pixels * panelBytes },
    ...{ cRow: panelBytes, cPanel: depth * panelBytes, columns, length: pixels },
  };
  const firstShape = arena.struct(matmulShapeLayout, matmulShape(gradient));
  const nextShape = arena.struct(
    matmulShapeLayout,
    matmulShape({ ...gradient, initRow: gradient.cRow, initPanel: gradient.cPanel }),
  );
  return {
    gather: (kernels, from) => kernels.gatherWindows(shape, from, matrix),
    scatter: (kernels, to) => kernels.addWindows(shape, matrix, to),
    times: (kernels, kernel, init, target) =>
      kernels.matmul(timesShape, matrix, kernel, init, target, pixels),
    timesTransposed: (kernels, values, kernel) =>
      kernels.matmulTransposed(transposedShape, values, kernel, arena.zeros, matrix, pixels, turned),
    addGradient(kernels, values, dKernel, isFirst) {
      kernels.packPanels(values, panels, pixels, columns, pixels * panelBytes);
      const [how, init] = isFirst ? [firstShape, arena.zeros] : [nextShape, dKernel];
      kernels.matmulAcross(how, matrix, panels, init, dKernel, depth);
    },
  };
}

const windowMatrixShape = ({ image, grid, kernelSize, strides, dilation = [1, 1], padding }: WindowGrid) => ({
  ...{ height: image[0], width: image[1], channels: image[2] },
  ...{ outputHeight: grid[0], outputWidth: grid[1] },
  ...{ windowHeight: kernelSize[0], windowWidth: kernelSize[1], strideY: strides[0], strideX: strides[1] },
  ...{ dilationY: dilation[0], dilationX: dilation[1], top: padding.top, left: padding.left },
});
