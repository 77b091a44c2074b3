import type { FourierPoints } from '../../../kernels/generators/fourier.ts';
import type { Conv2dLayer } from '../../../model/network.ts';
import { singleInput } from '../operation/operation.ts';
import type { Graph, GraphNode, LayerRow } from '../operation/row.ts';
import { dilatedConvolution } from './dilated-convolution.ts';
import { directConvolution } from './direct-convolution.ts';
import { fourierConvolution } from './fourier/fourier-convolution.ts';
import { fourierPlan } from './fourier/fourier-plan.ts';
import { hasManyWeights } from './images/many-weights.ts';
import { canSkip, isAsDirect } from './images/skipping-backward.ts';
import { convolutionOverImages } from './over-images/over-images.ts';
import { pointsOf } from './phases/phase-choice.ts';
import { phaseConvolution } from './phases/phase-convolution.ts';
import { winogradOverImages } from './winograd/over-images.ts';
import { isWinogradOverImages } from './winograd/over-images-shapes.ts';
import { winogradConvolution } from './winograd/winograd-convolution.ts';
import { isWinograd } from './winograd/winograd-shapes.ts';

/** How a convolution is computed; some skip zeros on the way back. */
export type ConvolutionWay =
  | 'direct'
  | 'direct, skipping back'
  | 'over images'
  | 'winograd'
  | 'winograd over images'
  | 'dilated'
  | 'fourier by phases'
  | 'fourier'
  | 'fourier, skipping back';

export const conv2dRow: LayerRow<Conv2dLayer> = {
  takes(layer, node, graph) {
    const way = wayOf(layer, node, graph);
    if (takesAll(way)) return { forward: 'all at once', backward: 'all at once' };
    return {
      forward: way.startsWith('fourier') ? 'in groups' : 'one by one',
      backward: way === 'fourier' ? 'in groups' : 'one by one',
    };
  },
  way: wayOf,
  // The others keep it in their own form.
  keeps: (layer) => (keepsInput(layer) ? 'input' : undefined),
  deferredRows: (layer) => (hasManyWeights(layer) || phasePoints(layer) !== undefined ? [layer.kernel] : []),
  compile(node, compiler) {
    const { layer } = node;
    const { arena, derived, edge, sizes } = compiler;
    const kernel = compiler.packed(layer.kernel);
    const bias = layer.bias && compiler.packed(layer.bias);
    const buffers = { ...singleInput(node.buffers), kernel, bias, edge };
    const way = wayOf(layer, node, node.graph);
    if (way === 'dilated') return [dilatedConvolution(layer, arena, buffers)];
    if (way === 'over images') return [convolutionOverImages(layer, compiler, buffers)];
    if (way === 'winograd over images') return [winogradOverImages(layer, compiler, buffers)];
    if (way === 'winograd') return [winogradConvolution(layer, compiler, buffers)];
    const points = phasePoints(layer);
    if (points !== undefined) return [phaseConvolution(layer, points, compiler, buffers)];
    const skips = way.endsWith('skipping back');
    if (way.startsWith('direct'))
      return [directConvolution(layer, sizes.maxExamples, arena, buffers, skips ? 'skipping' : 'direct')];
    const back = skips ? 'skipping' : 'fourier';
    return fourierConvolution(layer, sizes.maxExamples, { arena, derived }, buffers, back);
  },
};

const takesAll = (way: ConvolutionWay): boolean =>
  ['over images', 'winograd over images', 'winograd', 'fourier by phases'].includes(way);

const keepsInput = (layer: Conv2dLayer): boolean =>
  layer.dilation !== undefined || hasManyWeights(layer) || isWinograd(layer);

/** Of the tiles of a convolution with strides, where it goes by these. */
const phasePoints = (layer: Conv2dLayer): FourierPoints | undefined =>
  hasManyWeights(layer) ? undefined : pointsOf({ ...layer, image: layer.input, grid: layer.output });

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
  if (layer.dilation !== undefined) return 'dilated';
  if (hasManyWeights(layer)) return isWinogradOverImages(layer) ? 'winograd over images' : 'over images';
  if (isWinograd(layer)) return 'winograd';
  if (phasePoints(layer) !== undefined) return 'fourier by phases';
  const [channels, filters] = [input[2], output[2]];
  const skips = canSkip(layer) && hasThinGradient;
  const directly = skips && isAsDirect(layer) ? 'direct, skipping back' : 'direct';
  if (strides.some((stride) => stride !== 1) || kernelSize.some((size) => size > largestKernel))
    return directly;
  if (Math.min(channels, filters) < fewestChannels) return directly;
  const direct = output[0] * output[1] * kernelSize[0] * kernelSize[1] * channels * filters;
  const tiles = fourierPlan(layer).tiles.length;
  const products = multiplicationsPerBinSet * channels * filters;
  const transforms = transformCost * (channels + filters);
  if (tiles * (products + transforms) >= direct) return directly;
  return skips ? 'fourier, skipping back' : 'fourier';
}

/** With larger ones, less than half of a tile's outputs are right along an axis. */
const largestKernel = 9;

/** With fewer, the transforms cost more than the products. */
const fewestChannels = 16;

/** Real multiplications of a tile, channel and filter: 130 complex bins. */
const multiplicationsPerBinSet = 520;

/** A transform of a tile and channel, there or back, in multiplications of the products. */
const transformCost = 12000;
