import { cutDepth, type MatmulRequest, matmulShape } from '../../../../kernels/matmul-shape.ts';
import { panelBytes, panelWidth } from '../../../../kernels/panels.ts';
import {
  matmulShapeLayout,
  winogradImageLayout,
  winogradWeightsLayout,
} from '../../../../kernels/structs.ts';
import type { Conv2dLayer } from '../../../../model/network.ts';
import type { ImageShape } from '../../../../shape.ts';
import type { Compiler } from '../../operation/row.ts';
import { groupShards } from '../images/image-groups.ts';
import { bins, canTransform, cellsIn, multiplications, oddLines, taps, tilesOf } from './winograd-shapes.ts';

/** Of a layer with many weights: whether it takes so many less multiplications than the taps that lie on an image. */
export function isWinogradOverImages(layer: Conv2dLayer): boolean {
  if (!canTransform(layer)) return false;
  const { input, output, padding } = layer;
  const met = [padding.top, padding.left].reduce((product, before, axis) => {
    const taps = Array.from({ length: output[axis] }, (_, pixel) => {
      const start = pixel - before;
      return Math.max(0, Math.min(3, input[axis] - start) - Math.max(0, -start));
    });
    return product * taps.reduce((sum, count) => sum + count, 0);
  }, 1);
  return multiplications(layer) < worthIt * met * input[2] * output[2];
}

/** What of a compiler is needed. */
export type OverImagesCompiler = Pick<Compiler, 'arena' | 'batch' | 'sizes' | 'edge' | 'addWeightGradient'>;

/** The bins of the weights are made by each task, of which it may have few images. */
const worthIt = 0.6;

/** Filters whose bins are made at once: those of 64 stay in the second-level cache for the images of a task. */
export const blockPanels = 4;

/** What the kernels are told, sizes in bytes, and the addresses of scratch. */
export type OverImagesShapes = ReturnType<typeof overImagesShapes>;

/** Those of the products forward and of the inputs' gradients. */
export function overImagesShapes(layer: Conv2dLayer, { arena, sizes, edge }: OverImagesCompiler) {
  const [channels, filters] = [layer.input[2], layer.output[2]];
  const [tilesY, tilesX] = tilesOf(layer);
  const tiles = tilesY * tilesX;
  const [inputRow, outputRow] = [oddLines(channels * 4), oddLines(filters * 4)];
  const [inputBin, outputBin] = [inputRow, outputRow].map((row) => oddLines(sizes.maxExamples * tiles * row));
  const cells = cellsIn(arena);
  const image = (
    [height, width, depth]: ImageShape,
    top: number,
    left: number,
    tileBytes: number,
    binBytes: number,
  ) =>
    arena.struct(winogradImageLayout, {
      ...{ height, width, channels: depth, pixelBytes: depth * 4, top, left, tilesY, tilesX },
      ...{ binBytes, tileBytes, panelBytes, cells },
    });
  const product = (request: MatmulRequest) =>
    arena.struct(matmulShapeLayout, matmulShape({ edge, cPanel: panelBytes, ...request }));
  const forward = (panels: number) =>
    product({
      ...{ aRow: inputRow, bPanel: channels * panelBytes, cRow: outputRow },
      ...{ columns: panels * panelWidth, ...cutDepth(channels) },
    });
  const tapBytes = channels * panelBytes;
  const blockBin = oddLines(blockPanels * channels * panelBytes);
  const gatheredBin = oddLines(filters * panelBytes);
  const scratch = [inputBin, outputBin, Math.max(blockBin, gatheredBin)].map((bytes) => bins * bytes);
  const start = arena.shared((scratch.reduce((sum, bytes) => sum + bytes, 0) + filters * panelBytes) / 4);
  return {
    ...{ tiles, inputRow, outputRow, inputBin, outputBin, blockBin, gatheredBin },
    inputs: image(layer.input, layer.padding.top, layer.padding.left, inputRow, inputBin),
    outputs: image(layer.output, 0, 0, outputRow, outputBin),
    /** Of 16 filters, all channels; and of 16 filters and 16 channels. */
    block: arena.struct(winogradWeightsLayout, { rows: channels, tapBytes, binBytes: blockBin, cells }),
    gathered: arena.struct(winogradWeightsLayout, {
      ...{ rows: panelWidth, tapBytes, binBytes: gatheredBin, cells },
    }),
    /** By the number of panels of a block. */
    forward: Array.from({ length: blockPanels + 1 }, (_, panels) => forward(panels)),
    inputGradient: product({
      ...{ aRow: outputRow, bPanel: panelWidth * panelBytes, cRow: inputRow },
      ...{ columns: panelWidth, ...cutDepth(filters) },
    }),
    /** Shared with all who run before and after. */
    scratch: () => {
      const inputs = start();
      const outputs = inputs + scratch[0];
      const weights = outputs + scratch[1];
      return { inputs, outputs, weights, turned: weights + scratch[2] };
    },
  };
}

/** Those of the kernel's gradient, of all images of a batch. */
export function overImagesGradientShapes(layer: Conv2dLayer, { arena, sizes }: OverImagesCompiler) {
  const [channels, filters] = [layer.input[2], layer.output[2]];
  const [tilesY, tilesX] = tilesOf(layer);
  const rows = sizes.batchSize * tilesY * tilesX;
  const inputRow = oddLines(channels * 4);
  const [inputBin, outputBin] = [oddLines(rows * inputRow), oddLines(rows * panelBytes)];
  const gradientBin = oddLines(channels * panelBytes);
  const cells = cellsIn(arena);
  const [top, left] = [layer.padding.top, layer.padding.left];
  const tapBytes = channels * panelBytes;
  const groups = Math.ceil(sizes.shards / groupShards(sizes));
  const scratch = [bins * inputBin, bins * outputBin, bins * gradientBin, groups * taps * tapBytes];
  const start = arena.shared(
    (scratch.reduce((sum, bytes) => sum + bytes, 0) + Math.ceil(groups / 2) * tapBytes) / 4,
  );
  return {
    ...{ tiles: tilesY * tilesX, inputRow, inputBin, outputBin, gradientBin, tapBytes },
    inputs: arena.struct(winogradImageLayout, {
      ...{ height: layer.input[0], width: layer.input[1], channels, pixelBytes: channels * 4, top, left },
      ...{ tilesY, tilesX, binBytes: inputBin, tileBytes: inputRow, panelBytes, cells },
    }),
    /** Of 16 filters. */
    outputs: arena.struct(winogradImageLayout, {
      ...{ height: layer.output[0], width: layer.output[1], channels: panelWidth, pixelBytes: filters * 4 },
      ...{ top: 0, left: 0, tilesY, tilesX },
      ...{ binBytes: outputBin, tileBytes: panelBytes, panelBytes, cells },
    }),
    product: arena.struct(
      matmulShapeLayout,
      matmulShape({ aRow: 4, aStep: inputRow, cRow: panelBytes, columns: panelWidth }),
    ),
    gradient: arena.struct(winogradWeightsLayout, { rows: channels, tapBytes, binBytes: gradientBin, cells }),
    scratch: () => {
      const inputs = start();
      const outputs = inputs + scratch[0];
      const gradients = outputs + scratch[1];
      const sums = gradients + scratch[2];
      return { inputs, outputs, gradients, sums, sum: sums + scratch[3] };
    },
  };
}
