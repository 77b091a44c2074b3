import type { Kernels } from '../../../../kernels/kernels.ts';
import { matmulShape } from '../../../../kernels/matmul-shape.ts';
import { panelBytes, panelWidth } from '../../../../kernels/panels.ts';
import { matmulShapeLayout } from '../../../../kernels/structs.ts';
import type { Conv2dLayer } from '../../../../model/network.ts';
import { sizeOf } from '../../../../shape.ts';
import type { PassShard, WeightGradient } from '../../operation/operation.ts';
import type { PackedParameter } from '../../operation/packing.ts';
import type { Compiler } from '../../operation/row.ts';
import { groupShards, groupsOf, type ImageRange } from '../images/image-groups.ts';
import { meetingsOf } from './windows.ts';

/** What a convolution leaves in the memory of the batch for the gradient of its kernel. */
export interface LeftImages {
  readonly batchSize: number;
  /** [batchSize] images, `imageBytes` apart. */
  readonly inputs: number;
  readonly imageBytes: number;
  /** [pixels, filters / 16, batchSize, 16] */
  readonly dOutputs: number;
}

export function leftImages(layer: Conv2dLayer, { batch, sizes }: Compiler): LeftImages {
  const { batchSize } = sizes;
  // Not a power of two: the images' values for a weight would fall on the same cache lines.
  const imageFloats = (Math.ceil(sizeOf(layer.input) / panelWidth) | 1) * panelWidth;
  return {
    batchSize,
    inputs: batch.floats(batchSize * imageFloats),
    imageBytes: imageFloats * 4,
    dOutputs: batch.floats(batchSize * sizeOf(layer.output)),
  };
}

/** Leaves a shard's. @param shard with the addresses of its inputs and of the gradients of its outputs */
export function leave(
  kernels: Kernels,
  layer: Conv2dLayer,
  { batchSize, inputs, imageBytes, dOutputs }: LeftImages,
  shard: PassShard & { readonly inputs: number; readonly dOutputs: number },
): void {
  const { batchFirst, count } = shard;
  const bytes = sizeOf(layer.input) * 4;
  kernels.copyRows(shard.inputs, bytes, inputs + batchFirst * imageBytes, imageBytes, bytes, count);
  const target = dOutputs + batchFirst * panelBytes;
  kernels.packPanels(shard.dOutputs, target, count, sizeOf(layer.output), batchSize * panelBytes);
}

/**
 * The gradient in the update phase, tap by tap, 16 filters at a time:
 *
 *   dKernel[tap, channel, filter] = sum over the output's pixels and images of input[image, channel] under the tap *
 *     dOutput[image, filter]
 */
export function kernelGradient(
  layer: Conv2dLayer,
  kernel: PackedParameter,
  left: LeftImages,
  { arena, sizes }: Pick<Compiler, 'arena' | 'sizes'>,
): WeightGradient {
  const [channels, filters] = [layer.input[2], layer.output[2]];
  const panels = filters / panelWidth;
  const blockFloats = channels * panelWidth;
  const shardsOfGroup = groupShards(sizes);
  const groups = Math.ceil(sizes.shards / shardsOfGroup);
  const [sums, sum] = [groups, Math.ceil(groups / 2)].map((count) => arena.floats(count * blockFloats));
  const common = { aRow: 4, aStep: left.imageBytes, cRow: panelBytes, columns: panelWidth };
  const [first, next] = [{}, { initRow: panelBytes }].map((init) =>
    arena.struct(matmulShapeLayout, matmulShape({ ...common, ...init })),
  );
  const taps = Map.groupBy(meetingsOf(layer), ({ tap }) => tap);
  const shapeLength = matmulShapeLayout.offsets.length;
  return {
    layer: layer.name,
    groupShards: shardsOfGroup,
    sum({ kernels, ints, bytes }, request, apply) {
      const ranges = groupsOf(request, shardsOfGroup);
      const border = (part: number) => Math.floor((panels * part) / request.parts);
      for (let panel = border(request.part); panel < border(request.part + 1); panel++)
        for (let tap = 0; tap < layer.kernelSize[0] * layer.kernelSize[1]; tap++) {
          for (const [group, range] of ranges.entries())
            sumGroup(tap, panel, range, sums + group * blockFloats * 4);
          kernels.treeSum(sums, blockFloats * 4, ranges.length, blockFloats, sum);
          const place = panel * kernel.rows + tap * channels;
          apply({ first: kernel.offset / 4 + place * panelWidth, floats: blockFloats, sum });
        }

      /** Of the images of a group. */
      function sumGroup(tap: number, panel: number, group: ImageRange, target: number): void {
        for (const shape of [first, next]) ints[(shape + shapeLength) / 4] = group.count;
        const meetings = taps.get(tap) ?? [];
        if (meetings.length === 0) bytes.fill(0, target, target + blockFloats * 4);
        for (const [place, { inputPixel, outputPixel }] of meetings.entries()) {
          const a = left.inputs + group.first * left.imageBytes + inputPixel * channels * 4;
          const row = (outputPixel * panels + panel) * left.batchSize + group.first;
          const [shape, init] = place === 0 ? [first, arena.zeros] : [next, target];
          kernels.matmulAcross(shape, a, left.dOutputs + row * panelBytes, init, target, channels);
        }
      }
    },
  };
}
