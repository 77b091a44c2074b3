import type { Conv2dLayer } from '../../model/network.ts';
import type { Arena } from './arena.ts';
import { matmulShapeFields } from './matmul-shape.ts';
import { addressOf, type Operation, shardOf, type Tensor, type WeightedBuffers } from './operation.ts';
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
  const [height, width, channels] = layer.input;
  const [outputHeight, outputWidth, filters] = layer.output;
  const [kernelHeight, kernelWidth] = layer.kernelSize;
  const { top, left, bottom, right } = layer.padding;
  const depth = kernelHeight * kernelWidth * channels;
  const pixelBytes = channels * 4;
  const paddedRow = (left + width + right) * pixelBytes;
  const paddedSize = ((top + height + bottom) * paddedRow) / 4;
  const padded: Tensor = {
    address: arena.floats(maxExamples * paddedSize),
    size: paddedSize,
    transient: false,
  };
  const paddedStart = top * paddedRow + left * pixelBytes;
  const windowStrides = { x: layer.strides[1] * pixelBytes, y: layer.strides[0] * paddedRow };

  const forwardShape = arena.table(
    matmulShapeFields({
      aRow: windowStrides.x,
      aOuter: windowStrides.y,
      aSegment: paddedRow,
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
    aOuter: paddedRow,
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

  // Where no layer before is trained, the input may be mostly zero. (Without a bias, sums have no [filters] to begin with.)
  const isFirst = dInput === undefined && bias !== undefined;
  const sparse = isFirst && canBeSparse(layer) ? sparseImage(layer, arena) : undefined;

  return {
    perExample: true,
    forward(pass, first, count) {
      const init = bias === undefined ? arena.zeros : pass.parameters + bias.offset;
      if (first === 0) sparse?.turn(pass.kernels, pass.parameters + kernel.offset);
      for (let example = first; example < first + count; example++) {
        const image = addressOf(padded, example);
        pass.kernels.padImage(
          addressOf(input, example),
          image + paddedStart,
          height,
          width,
          pixelBytes,
          pixelBytes,
          paddedRow,
        );
        const [source, target] = [addressOf(input, example), addressOf(output, example)];
        if (sparse?.isWorthIt(pass.kernels, source)) sparse.run(pass.kernels, source, init, target);
        else
          pass.kernels.matmul(
            forwardShape,
            image,
            pass.parameters + kernel.offset,
            init,
            target,
            outputWidth,
          );
      }
    },
    backward(pass, first, count) {
      for (let example = first; example < first + count; example++) {
        const shard = shardOf(pass, example);
        const isFirst = example === shard.first;
        const dImage = addressOf(dOutput, example);
        if (bias !== undefined) {
          const dBias = shard.gradient + bias.offset;
          if (isFirst) pass.bytes.fill(0, dBias, dBias + wideFilters * 4);
          pass.kernels.addRows(dImage, dBias, pixels, filters);
        }
        const dKernel = shard.gradient + kernel.offset;
        pass.kernels.packPanels(dImage, panels, pixels, filters, pixels * panelBytes);
        pass.kernels.matmulAcross(
          isFirst ? firstGradientShape : nextGradientShape,
          addressOf(padded, example),
          panels,
          isFirst ? arena.zeros : dKernel,
          dKernel,
          kernelWidth * channels,
        );
        if (dInput === undefined || inputGradient === undefined) continue;
        if (example === 0) inputGradient.turn(pass.kernels, pass.parameters + kernel.offset);
        inputGradient.run(pass.kernels, dImage, addressOf(dInput, example));
      }
    },
  };
}
