import type { Kernels } from '../../../../kernels/kernels.ts';
import { panelBytes, panelWidth } from '../../../../kernels/panels.ts';
import { matmulShapeLayout } from '../../../../kernels/structs.ts';
import type { Conv2dLayer } from '../../../../model/network.ts';
import { sizeOf } from '../../../../shape.ts';
import type { Pass, PassShard, WeightGradient } from '../../operation/operation.ts';
import type { PackedParameter } from '../../operation/packing.ts';
import { groupShards, groupsOf, type ImageRange } from '../images/image-groups.ts';
import { type OverImagesCompiler, overImagesGradientShapes } from './over-images-shapes.ts';
import { bins, taps } from './winograd-shapes.ts';

/** What a convolution leaves in the memory of the batch for the gradient of its kernel, as it is. */
export interface LeftImages {
  readonly inputs: number;
  readonly dOutputs: number;
}

export const leftImages = (
  layer: Conv2dLayer,
  { batch, sizes: { batchSize } }: OverImagesCompiler,
): LeftImages => ({
  inputs: batch.floats(batchSize * sizeOf(layer.input)),
  dOutputs: batch.floats(batchSize * sizeOf(layer.output)),
});

/** Leaves a shard's. @param shard with the addresses of its inputs and of the gradients of its outputs */
export function leave(
  kernels: Kernels,
  layer: Conv2dLayer,
  left: LeftImages,
  shard: PassShard & { readonly inputs: number; readonly dOutputs: number },
): void {
  const { batchFirst, count } = shard;
  const [input, output] = [sizeOf(layer.input) * 4, sizeOf(layer.output) * 4];
  kernels.copyRows(shard.inputs, input, left.inputs + batchFirst * input, input, input, count);
  kernels.copyRows(shard.dOutputs, output, left.dOutputs + batchFirst * output, output, output, count);
}

/**
 * The gradient in the update phase, 16 filters at a time: in each bin
 *
 *   dWeight[channel, filter] = sum over the tiles of a group's images of input[tile, channel] * dOutput[tile, filter]
 *
 * and the groups of shards by the tree, as in over-images/kernel-gradient.ts.
 */
export function overImagesGradient(
  layer: Conv2dLayer,
  kernel: PackedParameter,
  left: LeftImages,
  compiler: OverImagesCompiler,
): WeightGradient {
  const { zeros } = compiler.arena;
  const [channels, panels] = [layer.input[2], layer.output[2] / panelWidth];
  const shapes = overImagesGradientShapes(layer, compiler);
  const { tiles, inputBin, outputBin, gradientBin, tapBytes } = shapes;
  const [inputBytes, outputBytes] = [sizeOf(layer.input) * 4, sizeOf(layer.output) * 4];
  const shardsOfGroup = groupShards(compiler.sizes);
  return {
    layer: layer.name,
    groupShards: shardsOfGroup,
    sum({ kernels, ints }, request, apply) {
      const groups = groupsOf(request, shardsOfGroup);
      const border = (part: number) => Math.floor((panels * part) / request.parts);
      const [start, end] = [border(request.part), border(request.part + 1)];
      if (start === end) return;
      for (const group of groups) takeInputs(kernels, group);
      for (let panel = start; panel < end; panel++) {
        for (const [place, group] of groups.entries()) {
          ints[(shapes.product + matmulShapeLayout.offsets.length) / 4] = group.count * tiles;
          sumPanel(kernels, group, panel, shapes.scratch().sums + place * taps * tapBytes);
        }
        applyPanel(kernels, panel, groups.length, apply);
      }
    },
  };

  /** The groups' sums by the tree, tap by tap. */
  function applyPanel(kernels: Pass['kernels'], panel: number, groups: number, apply: Apply): void {
    const { sums, sum } = shapes.scratch();
    const floats = tapBytes / 4;
    for (let tap = 0; tap < taps; tap++) {
      kernels.treeSum(sums + tap * tapBytes, taps * tapBytes, groups, floats, sum);
      apply({ first: kernel.offset / 4 + (panel * taps + tap) * floats, floats, sum });
    }
  }

  function takeInputs(kernels: Pass['kernels'], { first, count }: ImageRange): void {
    const { inputs } = shapes.scratch();
    for (let image = first; image < first + count; image++) {
      const to = inputs + image * tiles * shapes.inputRow;
      kernels.winogradInput(shapes.inputs, left.inputs + image * inputBytes, to);
    }
  }

  /** Of the images of a group. */
  function sumPanel(
    kernels: Pass['kernels'],
    { first, count }: ImageRange,
    panel: number,
    target: number,
  ): void {
    const { inputs, outputs, gradients } = shapes.scratch();
    for (let image = 0; image < count; image++) {
      const from = left.dOutputs + (first + image) * outputBytes + panel * panelBytes;
      kernels.winogradOutputGradient(shapes.outputs, from, outputs + image * tiles * panelBytes);
    }
    const start = inputs + first * tiles * shapes.inputRow;
    for (let bin = 0; bin < bins; bin++) {
      const [a, b, c] = [start + bin * inputBin, outputs + bin * outputBin, gradients + bin * gradientBin];
      kernels.matmulAcross(shapes.product, a, b, zeros, c, channels);
    }
    kernels.winogradWeightGradient(shapes.gradient, gradients, target);
  }
}

type Apply = Parameters<WeightGradient['sum']>[2];
