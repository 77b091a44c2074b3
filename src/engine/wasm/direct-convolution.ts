import { type Conv2dLayer, isFrozen } from '../../model/network.ts';
import type { Arena } from './arena.ts';
import { matmulShapeFields } from './matmul-shape.ts';
import { addressOf, type Operation, type Pass, shardOf, type WeightedBuffers } from './operation.ts';
import { paddedImages } from './padded-images.ts';
import { panelBytes, roundUp } from './panels.ts';
import { canBeSparse, sparseImage } from './sparse-image.ts';
import { turnedConvolution } from './turned-convolution.ts';

/**
 * A convolution as matrix products on the padded image, without copying windows: the row of A for an output pixel is
 * its window, whose rows (kernelWidth * channels floats) lie in the padded image as they are.
 *
 * - forward: output[pixel, filter] = window[pixel, k] * kernel[k, filter]
 * - kernel's gradient: dKernel[k, filter] = sum over pixels of window[pixel, k] * dOutput[pixel, filter]
 * - input's gradient: a forward convolution of dOutput, spread by the strides and padded, with the turned kernel
 */
export function directConvolution(
  layer: Conv2dLayer,
  maxExamples: number,
  arena: Arena,
  buffers: WeightedBuffers,
): Operation {
  const { input, output, dOutput, dInput, kernel, bias, edge } = buffers;
  const channels = layer.input[2];
  const [outputHeight, outputWidth, filters] = layer.output;
  const [kernelHeight, kernelWidth] = layer.kernelSize;
  const depth = kernelHeight * kernelWidth * channels;
  const { images, pixelBytes, rowBytes, keep } = paddedImages(layer, maxExamples, arena);
  const windowStrides = { x: layer.strides[1] * pixelBytes, y: layer.strides[0] * rowBytes };

  const forwardShape = arena.table(
    matmulShapeFields({
      aRow: windowStrides.x,
      aOuter: windowStrides.y,
      aSegment: rowBytes,
      bPanel: depth * panelBytes,
      initPanel: bias === undefined ? 0 : panelBytes,
      cRow: filters * 4,
      cPanel: panelBytes,
      cOuter: outputWidth * filters * 4,
      columns: filters,
      segments: kernelHeight,
      length: kernelWidth * channels,
      outer: outputHeight,
      edge,
    }),
  );

  const pixels = outputHeight * outputWidth;
  const wideFilters = roundUp(filters);
  const panels = arena.floats(pixels * wideFilters);
  const kernelGradient = {
    aStep: windowStrides.x,
    aRow: 4,
    aSegment: windowStrides.y,
    aOuter: rowBytes,
    bPanel: pixels * panelBytes,
    cRow: panelBytes,
    cPanel: depth * panelBytes,
    cOuter: kernelWidth * channels * panelBytes,
    columns: wideFilters,
    segments: outputHeight,
    length: outputWidth,
    outer: kernelHeight,
  };
  const firstGradientShape = arena.table(matmulShapeFields(kernelGradient));
  const nextGradientShape = arena.table(
    matmulShapeFields({
      ...kernelGradient,
      initRow: kernelGradient.cRow,
      initPanel: kernelGradient.cPanel,
      initOuter: kernelGradient.cOuter,
    }),
  );
  const inputGradient = dInput === undefined ? undefined : turnedConvolution(layer, arena, edge);

  // Where no layer before is trained, the input may be mostly zero. (Without a bias, there is no [filters] to begin with.)
  const mayBeSparse = dInput === undefined && bias !== undefined && canBeSparse(layer);
  const sparse = mayBeSparse ? sparseImage(layer, arena) : undefined;

  return {
    perExample: true,
    forward({ kernels, parameters, training }, first, count) {
      const init = bias === undefined ? arena.zeros : parameters + bias.offset;
      const weights = parameters + kernel.offset;
      if (first === 0) sparse?.turn(kernels, weights);
      for (let example = first; example < first + count; example++) {
        const [image, target] = [addressOf(input, example), addressOf(output, example)];
        const isSparse = sparse?.isWorthIt(kernels, image) === true;
        // The way back needs it too.
        if (training || !isSparse) keep(kernels, image, example);
        if (isSparse) sparse.run(kernels, image, init, target);
        else kernels.matmul(forwardShape, addressOf(images, example), weights, init, target, outputWidth);
      }
    },
    backward(pass, first, count) {
      for (let example = first; example < first + count; example++) {
        const dImage = addressOf(dOutput, example);
        if (!isFrozen(layer)) addGradients(pass, example, dImage);
        if (dInput === undefined || inputGradient === undefined) continue;
        if (example === 0) inputGradient.turn(pass.kernels, pass.parameters + kernel.offset);
        inputGradient.run(pass.kernels, dImage, addressOf(dInput, example));
      }
    },
  };

  /** Of kernel and bias. */
  function addGradients(pass: Pass, example: number, dImage: number): void {
    const shard = shardOf(pass, example);
    const isFirst = example === shard.first;
    if (bias !== undefined) {
      const dBias = shard.gradient + bias.offset;
      if (isFirst) pass.bytes.fill(0, dBias, dBias + wideFilters * 4);
      pass.kernels.addRows(dImage, dBias, pixels, filters);
    }
    const dKernel = shard.gradient + kernel.offset;
    pass.kernels.packPanels(dImage, panels, pixels, filters, pixels * panelBytes);
    pass.kernels.matmulAcross(
      isFirst ? firstGradientShape : nextGradientShape,
      addressOf(images, example),
      panels,
      isFirst ? arena.zeros : dKernel,
      dKernel,
      kernelWidth * channels,
    );
  }
}
