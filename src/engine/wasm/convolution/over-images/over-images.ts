import { cutDepth, type MatmulRequest, matmulShape } from '../../../../kernels/matmul-shape.ts';
import { panelBytes, panelWidth, roundUp } from '../../../../kernels/panels.ts';
import type { AddressOf } from '../../../../kernels/struct.ts';
import { type MatmulShape, matmulShapeLayout } from '../../../../kernels/structs.ts';
import { type Conv2dLayer, isFrozen } from '../../../../model/network.ts';
import { sizeOf } from '../../../../shape.ts';
import type { Arena } from '../../operation/arena.ts';
import { addressOf, type Operation, type Pass, type WeightedBuffers } from '../../operation/operation.ts';
import type { Compiler } from '../../operation/row.ts';
import { kernelGradient, type LeftImages, leave, leftImages } from './kernel-gradient.ts';
import { meetingsOf, tapRowsOf } from './windows.ts';

/**
 * A convolution of small images, as matrix products whose rows are the images of a call at one pixel: weights are read
 * once for all of them, and taps outside of the image are left out. All sums have the order of directConvolution.
 *
 * - forward: output[image, filter] of a pixel = its window[image, k] * kernel[k, filter], a row of the window at a time
 * - input's gradient: dInput[image, channel] of a pixel = sum over the windows that it is in of dOutput[image, filter] *
 *   kernel[tap, channel, filter]
 * - kernel's gradient: in the update phase (kernel-gradient.ts); images and outputs' gradients are left in the memory of
 *   the batch
 */
export function convolutionOverImages(
  layer: Conv2dLayer,
  compiler: Compiler,
  buffers: WeightedBuffers,
): Operation {
  const { arena } = compiler;
  const { input, output, dOutput, dInput, kernel, bias } = buffers;
  const left = isFrozen(layer) ? undefined : leftImages(layer, compiler);
  if (left !== undefined) compiler.addWeightGradient(kernelGradient(layer, kernel, left, compiler));
  const forwardProducts = compileForward(layer, buffers, arena);
  const inputProducts = compileInputGradient(layer, buffers.edge, arena);
  const turned = arena.floats(roundUp(layer.output[2]) * panelWidth);
  return {
    perExample: false,
    forward({ kernels, parameters }, first, count) {
      const [images, outputs] = [addressOf(input, first), addressOf(output, first)];
      const start = bias === undefined ? arena.zeros : parameters + bias.offset;
      for (const { shape, image, weights, pixel, isFirst } of forwardProducts) {
        const [b, c] = [parameters + kernel.offset + weights, outputs + pixel];
        kernels.matmul(shape, images + image, b, isFirst ? start : c, c, count);
      }
    },
    backward(pass, first, count) {
      const { kernels, parameters } = pass;
      if (left !== undefined) addGradients(pass, left);
      if (dInput === undefined) return;
      const [gradients, inputs] = [addressOf(dOutput, first), addressOf(dInput, first)];
      for (const { shape, output: at, weights, pixel, isFirst } of inputProducts) {
        const [b, c] = [parameters + kernel.offset + weights, inputs + pixel];
        const init = isFirst ? arena.zeros : c;
        kernels.matmulTransposed(shape, gradients + at, b, init, c, count, turned);
      }
    },
  };

  function addGradients(pass: Pass, images: LeftImages): void {
    const { kernels, bytes, shards } = pass;
    const [height, width, filters] = layer.output;
    for (const shard of shards) {
      const dImages = addressOf(dOutput, shard.first);
      leave(kernels, layer, images, { ...shard, inputs: addressOf(input, shard.first), dOutputs: dImages });
      if (bias === undefined) continue;
      const dBias = shard.gradient + bias.offset;
      bytes.fill(0, dBias, dBias + filters * 4);
      kernels.addRows(dImages, dBias, shard.count * height * width, filters);
    }
  }
}

/** Products of the way forward, in bytes from the first image, the kernel and the first output on. */
function compileForward(layer: Conv2dLayer, { bias, edge }: WeightedBuffers, arena: Arena) {
  const [channels, filters] = [layer.input[2], layer.output[2]];
  const [kernelHeight, kernelWidth] = layer.kernelSize;
  const imageBytes = sizeOf(layer.output) * 4;
  const shapeOf = shapesFor(arena, bias === undefined ? 0 : panelBytes, {
    ...{ aRow: sizeOf(layer.input) * 4, bPanel: kernelHeight * kernelWidth * channels * panelBytes },
    ...{ cRow: imageBytes, cPanel: panelBytes, columns: filters, edge },
  });
  return tapRowsOf(layer).flatMap((rows, pixel) =>
    rowsOrNothing(rows).map(({ firstTap, taps, firstPixel }, index) => ({
      shape: shapeOf(taps * channels, index === 0),
      image: firstPixel * channels * 4,
      weights: firstTap * channels * panelBytes,
      pixel: pixel * filters * 4,
      isFirst: index === 0,
    })),
  );
}

/** Products of the way back, likewise. */
function compileInputGradient(layer: Conv2dLayer, edge: number, arena: Arena) {
  const [channels, filters] = [layer.input[2], layer.output[2]];
  const [kernelHeight, kernelWidth] = layer.kernelSize;
  const shapeOf = shapesFor(arena, 0, {
    ...{ aRow: sizeOf(layer.output) * 4, bPanel: kernelHeight * kernelWidth * channels * panelBytes },
    ...{ cRow: sizeOf(layer.input) * 4, cPanel: panelBytes, columns: channels, edge },
  });
  const meetings = Map.groupBy(meetingsOf(layer), ({ inputPixel }) => inputPixel);
  const pixels = Array.from({ length: layer.input[0] * layer.input[1] }, (_, pixel) => pixel);
  return pixels.flatMap((pixel) =>
    (meetings.get(pixel) ?? [undefined]).map((meeting, index) => ({
      shape: shapeOf(meeting === undefined ? 0 : filters, index === 0),
      output: (meeting?.outputPixel ?? 0) * filters * 4,
      weights: (meeting?.tap ?? 0) * channels * panelBytes,
      pixel: pixel * channels * 4,
      isFirst: index === 0,
    })),
  );
}

/** A window that has nothing of the image still has a bias: a product over nothing. */
const rowsOrNothing = <T>(rows: readonly T[]) =>
  rows.length > 0 ? rows : [{ firstTap: 0, taps: 0, firstPixel: 0 }];

type ProductShape = MatmulRequest & Pick<MatmulShape, 'cRow' | 'cPanel'>;

/** One table for each depth: of products that begin with `init`, and of those that are added to what is there. */
function shapesFor(arena: Arena, initPanel: number, request: ProductShape) {
  const made = new Map<string, AddressOf<MatmulShape>>();
  return (depth: number, isFirst: boolean): AddressOf<MatmulShape> => {
    const key = `${depth} ${isFirst}`;
    const cut = depth === 0 ? { segments: 1, length: 0 } : cutDepth(depth);
    const init = isFirst ? { initPanel } : { initRow: request.cRow, initPanel: request.cPanel };
    const shape =
      made.get(key) ?? arena.struct(matmulShapeLayout, matmulShape({ ...request, ...init, ...cut }));
    made.set(key, shape);
    return shape;
  };
}
