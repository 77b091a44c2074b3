import { skippingPanels } from '../../../../kernels/generators/skipping-tile.ts';
import { panelBytes, panelWidth } from '../../../../kernels/panels.ts';
import { skippingShapeLayout } from '../../../../kernels/structs.ts';
import { type Conv2dLayer, isFrozen } from '../../../../model/network.ts';
import type { Arena } from '../../operation/arena.ts';
import { addressOf, type Pass, shardOf, type WeightedBuffers } from '../../operation/operation.ts';
import type { PaddedImages } from './padded-images.ts';

/** The way back of one example after the other. */
export interface ConvolutionBackward {
  /** Adds to the gradients of kernel and bias. */
  takeOutputGradient(pass: Pass, example: number): void;
  /** After `takeOutputGradient` of the same example. */
  giveInputGradient(pass: Pass, example: number): void;
}

/** Windows and filters come in whole panels. */
export const canSkip = ({ input, output, strides }: Conv2dLayer): boolean =>
  strides.every((stride) => stride === 1) && input[2] % panelWidth === 0 && output[2] % panelWidth === 0;

/** Whether its sums have the order of the direct way's: wider kernels are taken some columns after the others. */
export const isAsDirect = ({ kernelSize }: Conv2dLayer): boolean => kernelSize[1] <= skippingPanels;

/**
 * The way back through a convolution of stride 1 whose output's gradient is mostly zero: only what is not zero is
 * visited (kernels/assembly/skipping-convolution.ts).
 *
 * - kernel's gradient: dKernel[k, filter] = sum over pixels of window[pixel, k] * dOutput[pixel, filter]
 * - input's gradient: each window of dInput += dOutput[pixel, filter] * kernel[k, filter]
 *
 * @param padded the inputs, which have been kept
 */
export function skippingBackward(
  layer: Conv2dLayer,
  { images, pixelBytes, rowBytes, start }: PaddedImages,
  arena: Arena,
  { dOutput, dInput, kernel, bias }: WeightedBuffers,
): ConvolutionBackward {
  const [height, width, channels] = layer.input;
  const [outputHeight, outputWidth, filters] = layer.output;
  const [kernelHeight, kernelWidth] = layer.kernelSize;
  const channelPanels = channels / panelWidth;
  const taps = kernelHeight * kernelWidth * channelPanels;
  // Not a power of two: the panels of a row would fall on the same cache lines.
  const kernelPanel = (filters + 1) * panelBytes;
  const shape = arena.struct(skippingShapeLayout, {
    ...{ height: outputHeight, width: outputWidth, filters, kernelHeight, kernelWidth, channelPanels },
    ...{ rowBytes, pixelBytes, kernelPanel },
  });

  const pixels = outputHeight * outputWidth;
  const [byPixel, byFilter] = [arena.floats(2 * pixels * filters), arena.floats(2 * pixels * filters)];
  const [pixelBounds, filterBounds] = [arena.floats(pixels + 1), arena.floats(2 * filters)];
  const sums = arena.floats((taps * kernelPanel) / 4);
  const dImage = arena.floats(images.size);
  const weights = arena.floats((taps * kernelPanel) / 4);
  /** From panel to panel of 16 filters, as the kernel is packed. */
  const packedPanel = taps * panelWidth * panelBytes;

  return {
    takeOutputGradient(pass, example) {
      const { kernels, bytes } = pass;
      const { first, count, gradient } = shardOf(pass, example);
      const trains = !isFrozen(layer);
      const dBias = bias === undefined || !trains ? 0 : gradient + bias.offset;
      if (example === first) {
        kernels.clear(sums, taps * kernelPanel);
        if (dBias > 0) bytes.fill(0, dBias, dBias + filters * 4);
      }
      const values = addressOf(dOutput, example);
      kernels.listGradient(shape, values, byPixel, pixelBounds, byFilter, filterBounds, dBias);
      if (!trains) return;
      kernels.addKernelGradient(shape, filterBounds, addressOf(images, example), sums);
      if (example === first + count - 1)
        kernels.transposePanels(sums, kernelPanel, gradient + kernel.offset, packedPanel, taps, filters);
    },
    giveInputGradient({ kernels, bytes, parameters }, example) {
      if (dInput === undefined) return;
      if (example === 0) {
        const packed = parameters + kernel.offset;
        const panels = filters / panelWidth;
        kernels.transposePanels(packed, packedPanel, weights, kernelPanel, panels, taps * panelWidth);
      }
      kernels.clear(dImage, images.size * 4);
      kernels.addInputGradient(shape, pixelBounds, weights, dImage);
      const target = addressOf(dInput, example);
      const imageRow = width * pixelBytes;
      for (let y = 0; y < height; y++) {
        const row = dImage + start + y * rowBytes;
        bytes.copyWithin(target + y * imageRow, row, row + imageRow);
      }
    },
  };
}
