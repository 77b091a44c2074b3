import type { Conv2dLayer, Layer, Network } from '../../model/network.ts';
import type { Arena } from './arena.ts';
import type { Derived } from './derived.ts';
import { directConvolution } from './direct-convolution.ts';
import { fourierConvolution } from './fourier-convolution.ts';
import { fourierPlan } from './fourier-plan.ts';
import type { Operation, WeightedBuffers } from './operation.ts';
import { canSkip, isGradientSparse } from './skipping-backward.ts';

/** How a convolution is computed; the last one skips zeros on the way back. */
export type ConvolutionWay = 'direct' | 'fourier' | 'fourier, skipping back';

/**
 * The way that takes less time. A function of the network's shape alone, the same on every machine and runtime, as the
 * ways differ in their last bits: `kernelVersion` changes with it.
 * @param following the layers behind it
 */
export function convolutionWay(layer: Conv2dLayer, following: readonly Layer[]): ConvolutionWay {
  const { kernelSize, strides, input, output } = layer;
  const [channels, filters] = [input[2], output[2]];
  if (strides.some((stride) => stride !== 1) || kernelSize.some((size) => size > largestKernel))
    return 'direct';
  if (Math.min(channels, filters) < fewestChannels) return 'direct';
  const direct = output[0] * output[1] * kernelSize[0] * kernelSize[1] * channels * filters;
  const tiles = fourierPlan(layer).tiles.length;
  const products = multiplicationsPerBinSet * channels * filters;
  const transforms = transformCost * (channels + filters);
  if (tiles * (products + transforms) >= direct) return 'direct';
  return canSkip(layer) && isGradientSparse(following) ? 'fourier, skipping back' : 'fourier';
}

/** With larger ones, less than half of a tile's outputs are right along an axis. */
const largestKernel = 9;

/** With fewer, the transforms cost more than the products. */
const fewestChannels = 16;

/** Real multiplications of a tile, channel and filter: 130 complex bins. */
const multiplicationsPerBinSet = 520;

/** A transform of a tile and channel, there or back, in multiplications of the products. */
const transformCost = 12000;

/** The way of each convolution, by the layer's name. */
export const convolutionWays = ({ layers }: Pick<Network, 'layers'>): Record<string, ConvolutionWay> =>
  Object.fromEntries(
    layers.flatMap((layer, index) =>
      layer.kind === 'conv2d' ? [[layer.name, convolutionWay(layer, layers.slice(index + 1))]] : [],
    ),
  );

export function convolution(
  way: ConvolutionWay,
  layer: Conv2dLayer,
  maxExamples: number,
  memory: { readonly arena: Arena; readonly derived: Derived },
  buffers: WeightedBuffers,
): Operation[] {
  if (way === 'direct') return [directConvolution(layer, maxExamples, memory.arena, buffers)];
  return fourierConvolution(layer, maxExamples, memory, buffers, way === 'fourier' ? 'fourier' : 'skipping');
}
