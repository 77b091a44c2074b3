import type { Conv2dLayer } from '../../model/network.ts';
import type { Arena } from './arena.ts';
import type { Kernels } from './kernels.ts';
import { matmulShapeFields } from './matmul-shape.ts';
import { panelBytes, roundUp } from './panels.ts';

/** The gradient of a convolution's input: dInput = convolution of the padded dOutput with the turned kernel. */
export interface TurnedConvolution {
  /** Makes the turned kernel of these weights: once a call, before `run`. */
  turn(kernels: Kernels, kernel: number): void;
  /** One image. */
  run(kernels: Kernels, dOutput: number, dInput: number): void;
}

export function turnedConvolution(layer: Conv2dLayer, arena: Arena, edge: number): TurnedConvolution {
  const [height, width, channels] = layer.input;
  const [outputHeight, outputWidth, filters] = layer.output;
  const [kernelHeight, kernelWidth] = layer.kernelSize;
  const [strideY, strideX] = layer.strides;
  const pixelBytes = filters * 4;
  const depth = kernelHeight * kernelWidth * filters;
  const rowBytes = (width + kernelWidth - 1) * pixelBytes;
  // Where strides leave pixels between, and around the image, the buffer is zero and is never written.
  const padded = arena.floats(((height + kernelHeight - 1) * rowBytes) / 4);
  const start =
    padded +
    (kernelHeight - 1 - layer.padding.top) * rowBytes +
    (kernelWidth - 1 - layer.padding.left) * pixelBytes;
  const turned = arena.floats(depth * roundUp(channels));
  const shape = arena.table(
    matmulShapeFields({
      aRow: pixelBytes,
      aOuter: rowBytes,
      aSegment: rowBytes,
      bPanel: depth * panelBytes,
      cRow: channels * 4,
      cPanel: panelBytes,
      cOuter: width * channels * 4,
      columns: channels,
      segments: kernelHeight,
      length: kernelWidth * filters,
      outer: height,
      edge,
    }),
  );
  return {
    turn(kernels, kernel) {
      kernels.turnKernel(kernel, turned, kernelHeight * kernelWidth, channels, filters);
    },
    run(kernels, dOutput, dInput) {
      kernels.padImage(
        dOutput,
        start,
        outputHeight,
        outputWidth,
        pixelBytes,
        strideX * pixelBytes,
        strideY * rowBytes,
      );
      kernels.matmul(shape, padded, turned, arena.zeros, dInput, width);
    },
  };
}
