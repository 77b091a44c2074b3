import { cutDepth, matmulShape } from '../../../../kernels/matmul-shape.ts';
import { panelBytes, panelWidth } from '../../../../kernels/panels.ts';
import {
  matmulShapeLayout,
  type WinogradImage,
  winogradImageLayout,
  winogradWeightsLayout,
} from '../../../../kernels/structs.ts';
import type { Conv2dLayer } from '../../../../model/network.ts';
import { type ImageShape, sizeOf } from '../../../../shape.ts';
import type { Arena } from '../../operation/arena.ts';

/** Bins of a tile, and taps of a kernel. */
export const bins = 36;
export const taps = 9;

/** Outputs of a tile, along each axis. */
const tileSize = 4;

/** Rows and columns of tiles that cover the outputs. */
export const tilesOf = ({ output }: Pick<Conv2dLayer, 'output'>): readonly [number, number] => [
  Math.ceil(output[0] / tileSize),
  Math.ceil(output[1] / tileSize),
];

/** An image above this many floats, there and back, is taken one by one: those of a call would fill the memory. */
const mostFloats = 2 ** 18;

/** A transform of a tile and channel, all five of a step together, in multiplications of the products. */
const transformCost = 600;

/** Whether Winograd's transforms take less time than the products that they save. */
export function isWinograd(layer: Conv2dLayer): boolean {
  const { input, output } = layer;
  if (!canTransform(layer) || sizeOf(input) + sizeOf(output) > mostFloats) return false;
  return multiplications(layer) < taps * sizeOf(output) * input[2];
}

/** 3 x 3, stride 1, whole panels of channels. */
export const canTransform = ({ input, output, kernelSize, strides, dilation }: Conv2dLayer): boolean =>
  dilation === undefined &&
  strides.every((stride) => stride === 1) &&
  kernelSize.every((size) => size === 3) &&
  [input[2], output[2]].every((channels) => channels % panelWidth === 0);

/** Of an image's products, with what the transforms take. */
export function multiplications({ input, output }: Conv2dLayer): number {
  const [channels, filters] = [input[2], output[2]];
  const [rows, columns] = tilesOf({ output });
  return rows * columns * (bins * channels * filters + transformCost * (channels + filters));
}

/** Scratch of a tile's cells, one of zeros, and one for what is outside of an image. */
export const cellsIn = (arena: Arena): number => arena.floats(38 * 8);

/** Rows of a product of a group of images at least, where a shard has as many. */
const groupRows = 64;

/** Sizes in bytes: of what a group of images has in scratch, and of the weights' bins. */
export type WinogradSizes = ReturnType<typeof winogradSizes>;

export function winogradSizes(layer: Conv2dLayer) {
  const [tilesY, tilesX] = tilesOf(layer);
  const [channels, filters] = [layer.input[2], layer.output[2]];
  const tiles = tilesY * tilesX;
  const images = 2 ** Math.max(0, Math.floor(Math.log2(groupRows / tiles)));
  const rows = images * tiles;
  const outputRow = oddLines(filters * 4);
  return {
    ...{ tiles, images, rows, outputRow },
    /** Of the inputs' bins: [rows, channels], or [channels / 16, rows, 16]. */
    inputBin: oddLines(rows * channels * 4),
    /** Of the outputs' bins: [rows, filters]. */
    outputBin: oddLines(rows * outputRow),
    /** Of the weights' bins: [filters / 16, channels, 16]. */
    weightBin: oddLines(channels * filters * 4),
    /** Of their gradient's bins, of 16 channels: [filters, 16]. */
    gradientBin: oddLines(filters * panelBytes),
  };
}

/** An odd number of cache lines: what is a power of two apart would fall on the same ones. */
export const oddLines = (bytes: number): number => {
  const lines = Math.ceil(bytes / panelBytes);
  return (lines % 2 === 0 ? lines + 1 : lines) * panelBytes;
};

/** What the kernels are told. */
export function winogradShapes(layer: Conv2dLayer, sizes: WinogradSizes, arena: Arena, edge: number) {
  const [channels, filters] = [layer.input[2], layer.output[2]];
  const [tilesY, tilesX] = tilesOf(layer);
  const { top, left } = layer.padding;
  const cells = cellsIn(arena);
  const image = ([height, width, depth]: ImageShape, more: ImageBins) =>
    arena.struct(winogradImageLayout, {
      ...{ height, width, channels: depth, pixelBytes: depth * 4, tilesY, tilesX, cells, ...more },
    });
  const inputs = { top, left, binBytes: sizes.inputBin };
  const outputs = { top: 0, left: 0, binBytes: sizes.outputBin };
  const product = (more: Parameters<typeof matmulShape>[0]) =>
    arena.struct(matmulShapeLayout, matmulShape({ edge, ...more }));
  const gradient = { aRow: 4, aStep: sizes.outputRow, cRow: panelBytes, columns: panelWidth };
  return {
    /** Inputs as [rows, channels], and as [channels / 16, rows, 16]. */
    inputRows: image(layer.input, { ...inputs, tileBytes: channels * 4, panelBytes }),
    inputPanels: image(layer.input, {
      ...{ ...inputs, tileBytes: panelBytes, panelBytes: sizes.rows * panelBytes },
    }),
    outputRows: image(layer.output, { ...outputs, tileBytes: sizes.outputRow, panelBytes }),
    weights: arena.struct(winogradWeightsLayout, {
      ...{ rows: channels, tapBytes: channels * panelBytes, binBytes: sizes.weightBin, cells },
    }),
    gradient: arena.struct(winogradWeightsLayout, {
      ...{ rows: filters, tapBytes: filters * panelBytes, binBytes: sizes.gradientBin, cells },
    }),
    /** output[row, filter] = input[row, channel] weight[channel, filter] */
    forward: product({
      ...{ aRow: channels * 4, bPanel: channels * panelBytes, cRow: sizes.outputRow, cPanel: panelBytes },
      ...{ columns: filters, ...cutDepth(channels) },
    }),
    /** dInput[row, channel] = dOutput[row, filter] weight[channel, filter] */
    inputGradient: product({
      ...{ aRow: sizes.outputRow, bPanel: channels * panelBytes, cRow: channels * 4, cPanel: panelBytes },
      ...{ columns: channels, ...cutDepth(filters) },
    }),
    /** dWeight[filter, channel] = sum over rows of dOutput[row, filter] input[row, channel], and that much more. */
    firstGradient: product(gradient),
    nextGradient: product({ ...gradient, initRow: panelBytes }),
  };
}

type ImageBins = Pick<WinogradImage, 'top' | 'left' | 'binBytes' | 'tileBytes' | 'panelBytes'>;

export type WinogradShapes = ReturnType<typeof winogradShapes>;

/** Addresses of what a layer needs for a group; shared by all layers of this kind, which run one after the other. */
export type WinogradScratch = ReturnType<typeof scratchOf>;

export function scratchOf(
  { input, output }: Conv2dLayer,
  { inputBin, outputBin, gradientBin }: WinogradSizes,
  arena: Arena,
) {
  const [channels, filters] = [input[2], output[2]];
  const parts = [
    bins * inputBin,
    bins * outputBin,
    (channels / panelWidth) * bins * gradientBin,
    channels * taps * filters * 4,
    filters * panelBytes,
  ];
  const start = arena.shared(parts.reduce((sum, bytes) => sum + bytes, 0) / 4);
  return () => {
    const inputs = start();
    const outputs = inputs + parts[0];
    const gradients = outputs + parts[1];
    const turnedTaps = gradients + parts[2];
    return { inputs, outputs, gradients, turnedTaps, turned: turnedTaps + parts[3] };
  };
}
