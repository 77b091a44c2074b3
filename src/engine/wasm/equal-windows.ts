import type { Conv2dLayer } from '../../model/network.ts';
import type { Arena } from './arena.ts';
import type { Kernels } from './kernels.ts';

/**
 * Gives windows that are all zero exactly the bias, and equal neighbouring windows equal outputs, as a sum does
 * (kernels/assembly/equal-windows.ts). Windows that are equal without being neighbours in a row or column stay as the
 * transform rounds them.
 */
export interface EqualWindows {
  /** @param output of the image, to be corrected; @param bias [filters] */
  settle(kernels: Kernels, image: number, output: number, bias: number): void;
}

export function equalWindows(layer: Conv2dLayer, arena: Arena): EqualWindows {
  const { input, output, kernelSize, padding } = layer;
  const { top, left, bottom, right } = padding;
  const [paddedHeight, paddedWidth] = [top + input[0] + bottom, left + input[1] + right];
  const markRow = Math.ceil((paddedWidth + kernelSize[1]) / 16) * 16 + 16;
  const marks = arena.floats((paddedHeight * markRow) / 4);
  const shape = arena.table([
    ...input,
    top,
    left,
    paddedHeight,
    paddedWidth,
    ...kernelSize,
    ...output,
    markRow,
  ]);
  return {
    settle(kernels, image, outputs, bias) {
      kernels.markWindows(shape, image, marks);
      kernels.settleWindows(shape, marks, bias, outputs);
    },
  };
}
