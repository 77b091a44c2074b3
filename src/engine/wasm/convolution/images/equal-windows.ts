import type { Kernels } from '../../../../kernels/kernels.ts';
import { windowShapeLayout } from '../../../../kernels/structs.ts';
import type { Conv2dLayer } from '../../../../model/network.ts';
import type { Arena } from '../../operation/arena.ts';

/**
 * Gives windows that are all zero exactly the bias, and equal neighbouring windows equal outputs, as a sum does
 * (kernels/assembly/equal-windows.ts). Windows that are equal without being neighbours in a row or column stay as the
 * transform rounds them.
 */
export interface EqualWindows {
  /** Looks at an image. @param place its number in its group */
  mark(kernels: Kernels, image: number, place: number): void;
  /** Corrects the output of that image. @param bias address of [filters] */
  settle(kernels: Kernels, place: number, output: number, bias: number): void;
}

export function equalWindows(layer: Conv2dLayer, groupImages: number, arena: Arena): EqualWindows {
  const { input, output, kernelSize, strides, padding } = layer;
  const { top, left, bottom, right } = padding;
  const [paddedHeight, paddedWidth] = [top + input[0] + bottom, left + input[1] + right];
  const markRow = Math.ceil((paddedWidth + kernelSize[1]) / 16) * 16 + 16;
  const markBytes = paddedHeight * markRow;
  const marks = arena.floats((groupImages * markBytes) / 4);
  const shape = arena.struct(windowShapeLayout, {
    ...{ height: input[0], width: input[1], channels: input[2] },
    ...{ top, left, paddedHeight, paddedWidth },
    ...{ kernelHeight: kernelSize[0], kernelWidth: kernelSize[1] },
    ...{ strideY: strides[0], strideX: strides[1] },
    ...{ outputHeight: output[0], outputWidth: output[1], filters: output[2] },
    markRow,
  });
  return {
    mark(kernels, image, place) {
      kernels.markWindows(shape, image, marks + place * markBytes);
    },
    settle(kernels, place, outputs, bias) {
      kernels.settleWindows(shape, marks + place * markBytes, bias, outputs);
    },
  };
}
