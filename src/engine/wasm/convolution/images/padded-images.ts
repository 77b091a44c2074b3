import type { Kernels } from '../../../../kernels/kernels.ts';
import type { Conv2dLayer } from '../../../../model/network.ts';
import type { Arena } from '../../operation/arena.ts';
import { addressOf, type Tensor } from '../../operation/operation.ts';

/** The inputs of a convolution with the layer's padding around them, of all examples of a call. */
export interface PaddedImages {
  /** In bytes: from pixel to pixel, from row to row, and where the image begins in its padding. */
  readonly pixelBytes: number;
  readonly rowBytes: number;
  readonly start: number;
  readonly images: Tensor;
  /** @param image address of the input of an example */
  keep(kernels: Kernels, image: number, example: number): void;
}

export function paddedImages(layer: Conv2dLayer, maxExamples: number, arena: Arena): PaddedImages {
  const [height, width, channels] = layer.input;
  const { top, left, bottom, right } = layer.padding;
  const pixelBytes = channels * 4;
  const rowBytes = (left + width + right) * pixelBytes;
  const size = ((top + height + bottom) * rowBytes) / 4;
  const start = top * rowBytes + left * pixelBytes;
  const images: Tensor = { address: arena.floats(maxExamples * size), size, transient: false };
  return {
    pixelBytes,
    rowBytes,
    start,
    images,
    keep(kernels, image, example) {
      const target = addressOf(images, example) + start;
      kernels.padImage(image, target, height, width, pixelBytes, pixelBytes, rowBytes);
    },
  };
}
