import { matmulShape } from '../../../kernels/matmul-shape.ts';
import { panelBytes, roundUp } from '../../../kernels/panels.ts';
import { matmulShapeLayout } from '../../../kernels/structs.ts';
import { type Conv2dLayer, isFrozen } from '../../../model/network.ts';
import type { Arena } from '../operation/arena.ts';
import { addressOf, type Operation, shardOf, type WeightedBuffers } from '../operation/operation.ts';
import { type PaddedImages, paddedImages } from './images/padded-images.ts';
import { type ConvolutionBackward, skippingBackward } from './images/skipping-backward.ts';
import { canBeSparse, sparseImage } from './sparse-image.ts';
import { type InputGradient, turnedConvolution } from './turned-convolution.ts';
import { windowsOfGradient } from './windows-of-gradient.ts';

/**
 * A convolution as matrix products on the padded image, without copying windows: the row of A for an output pixel is
 * its window, whose rows (kernelWidth * channels floats) lie in the padded image as they are.
 *
 * - forward: output[pixel, filter] = window[pixel, k] * kernel[k, filter]
 * - kernel's gradient: dKernel[k, filter] = sum over pixels of window[pixel, k] * dOutput[pixel, filter]
 * - input's gradient: a forward convolution of the padded dOutput with the turned kernel; with strides, one for each phase,
 *   or, of few channels, dOutput times the kernel, transposed: windows that are added up
 *
 * @param back whether it goes back the same way, or by what of the output's gradient is not zero, with the same bits
 */
export function directConvolution(
  layer: Conv2dLayer,
  maxExamples: number,
  arena: Arena,
  buffers: WeightedBuffers,
  back: 'direct' | 'skipping' = 'direct',
): Operation {
  const { input, output, dInput, kernel, bias } = buffers;
  const padded = paddedImages(layer, maxExamples, arena);
  const { images, keep } = padded;
  const forwardShape = compileForward(layer, padded, buffers, arena);
  const goBack =
    back === 'direct'
      ? directBackward(layer, padded, arena, buffers)
      : skippingBackward(layer, padded, arena, buffers);

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
        else kernels.matmul(forwardShape, addressOf(images, example), weights, init, target, layer.output[1]);
      }
    },
    backward(pass, first, count) {
      for (let example = first; example < first + count; example++) {
        goBack.takeOutputGradient(pass, example);
        goBack.giveInputGradient(pass, example);
      }
    },
  };
}

/** With few channels, most of a tile's columns of the turned convolution would be none. */
const inputGradientOf = (layer: Conv2dLayer, arena: Arena, edge: number): InputGradient =>
  layer.strides.some((stride) => stride > 1) && layer.input[2] <= fewChannels
    ? windowsOfGradient(layer, arena, edge)
    : turnedConvolution(layer, arena, edge);

const fewChannels = 4;

function directBackward(
  layer: Conv2dLayer,
  padded: PaddedImages,
  arena: Arena,
  { dOutput, dInput, kernel, bias, edge }: WeightedBuffers,
): ConvolutionBackward {
  const [outputHeight, outputWidth, filters] = layer.output;
  const pixels = outputHeight * outputWidth;
  const wideFilters = roundUp(filters);
  const panels = arena.floats(pixels * wideFilters);
  const [firstGradientShape, nextGradientShape] = compileKernelGradient(layer, padded, arena);
  const inputGradient = dInput && inputGradientOf(layer, arena, edge);

  return {
    takeOutputGradient(pass, example) {
      if (isFrozen(layer)) return;
      const dImage = addressOf(dOutput, example);
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
        addressOf(padded.images, example),
        panels,
        isFirst ? arena.zeros : dKernel,
        dKernel,
        layer.kernelSize[1] * layer.input[2],
      );
    },
    giveInputGradient(pass, example) {
      if (dInput === undefined || inputGradient === undefined) return;
      if (example === 0) inputGradient.turn(pass.kernels, pass.parameters + kernel.offset);
      inputGradient.run(pass.kernels, addressOf(dOutput, example), addressOf(dInput, example));
    },
  };
}

const windowStrides = ({ strides }: Conv2dLayer, { pixelBytes, rowBytes }: PaddedImages) => ({
  x: strides[1] * pixelBytes,
  y: strides[0] * rowBytes,
});

/** The table of the forward product. */
function compileForward(
  layer: Conv2dLayer,
  padded: PaddedImages,
  { bias, edge }: Pick<WeightedBuffers, 'bias' | 'edge'>,
  arena: Arena,
) {
  const channels = layer.input[2];
  const [outputHeight, outputWidth, filters] = layer.output;
  const [kernelHeight, kernelWidth] = layer.kernelSize;
  const strides = windowStrides(layer, padded);
  return arena.struct(
    matmulShapeLayout,
    matmulShape({
      aRow: strides.x,
      aOuter: strides.y,
      aSegment: padded.rowBytes,
      bPanel: kernelHeight * kernelWidth * channels * panelBytes,
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
}

/** The tables of the kernel's gradient: of a shard's first example, and of the next ones, which are added to it. */
function compileKernelGradient(layer: Conv2dLayer, padded: PaddedImages, arena: Arena) {
  const channels = layer.input[2];
  const [outputHeight, outputWidth, filters] = layer.output;
  const [kernelHeight, kernelWidth] = layer.kernelSize;
  const strides = windowStrides(layer, padded);
  const kernelGradient = {
    aStep: strides.x,
    aRow: 4,
    aSegment: strides.y,
    aOuter: padded.rowBytes,
    bPanel: outputHeight * outputWidth * panelBytes,
    cRow: panelBytes,
    cPanel: kernelHeight * kernelWidth * channels * panelBytes,
    cOuter: kernelWidth * channels * panelBytes,
    columns: filters,
    segments: outputHeight,
    length: outputWidth,
    outer: kernelHeight,
  };
  const firstGradientShape = arena.struct(matmulShapeLayout, matmulShape(kernelGradient));
  const nextGradientShape = arena.struct(
    matmulShapeLayout,
    matmulShape({
      ...kernelGradient,
      initRow: kernelGradient.cRow,
      initPanel: kernelGradient.cPanel,
      initOuter: kernelGradient.cOuter,
    }),
  );
  return [firstGradientShape, nextGradientShape] as const;
}
