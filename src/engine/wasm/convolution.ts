import type { Conv2dLayer } from '../../model/network.ts';
import { directConvolution } from './direct-convolution.ts';
import { fourierConvolution } from './fourier-convolution.ts';
import { fourierPlan } from './fourier-plan.ts';
import { singleInput } from './operation.ts';
import type { Graph, GraphNode, LayerRow } from './row.ts';
import { canSkip } from './skipping-backward.ts';

/** How a convolution is computed; the last one skips zeros on the way back. */
export type ConvolutionWay = 'direct' | 'fourier' | 'fourier, skipping back';

export const conv2dRow: LayerRow<Conv2dLayer> = {
  takes(layer, node, graph) {
    const way = wayOf(layer, node, graph);
    return {
      forward: way === 'direct' ? 'one by one' : 'in groups',
      backward: way === 'fourier' ? 'in groups' : 'one by one',
    };
  },
  way: wayOf,
  compile(node, compiler) {
    const { layer } = node;
    const { arena, derived, edge, sizes } = compiler;
    const kernel = compiler.packed(layer.kernel);
    const bias = layer.bias && compiler.packed(layer.bias);
    const buffers = { ...singleInput(node.buffers), kernel, bias, edge };
    const way = wayOf(layer, node, node.graph);
    if (way === 'direct') return [directConvolution(layer, sizes.maxExamples, arena, buffers)];
    const back = way === 'fourier' ? 'fourier' : 'skipping';
    return fourierConvolution(layer, sizes.maxExamples, { arena, derived }, buffers, back);
  },
};

function wayOf(layer: Conv2dLayer, node: GraphNode<Conv2dLayer>, graph: Graph): ConvolutionWay {
  return convolutionWay(layer, graph.hasThinGradient(node));
}

/**
 * The way that takes less time. A function of the network's shape alone, the same on every machine and runtime, as the
 * ways differ in their last bits: `kernelVersion` changes with it.
 * @param hasThinGradient whether its output's gradient is mostly zero, by the network's shape
 */
export function convolutionWay(layer: Conv2dLayer, hasThinGradient: boolean): ConvolutionWay {
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
  return canSkip(layer) && hasThinGradient ? 'fourier, skipping back' : 'fourier';
}

/** With larger ones, less than half of a tile's outputs are right along an axis. */
const largestKernel = 9;

/** With fewer, the transforms cost more than the products. */
const fewestChannels = 16;

/** Real multiplications of a tile, channel and filter: 130 complex bins. */
const multiplicationsPerBinSet = 520;

/** A transform of a tile and channel, there or back, in multiplications of the products. */
const transformCost = 12000;
