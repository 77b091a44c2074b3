/** Convolutions, also of sequences, which are images of height 1. */
import { inputError } from '../../../errors.ts';
import type { ImageShape, Pair, Shape } from '../../../shape.ts';
import {
  describe,
  imageShape,
  type LayerConfig,
  pair,
  positiveInteger,
  refuseSettings,
  sequenceShape,
  show,
  single,
  unsupportedLayer,
} from '../config/layer-config.ts';
import { readBias, readKernel, readWeights } from './layer-weights.ts';
import { activated } from './read-activation.ts';
import type { AddParameter, ReadLayer, UnconnectedLayer } from './reader.ts';
import { windowOf } from './window.ts';

export function readConv2d(layer: LayerConfig, shape: Shape, addParameter: AddParameter): ReadLayer {
  const input = imageShape(layer, shape);
  const kernelSize = pair(layer, 'kernel_size');
  const strides = pair(layer, 'strides', [1, 1]);
  const dilation = pair(layer, 'dilation_rate', [1, 1]);
  const conv2d = convolution(layer, input, { kernelSize, strides, dilation }, kernelSize, addParameter);
  return activated(layer, [conv2d], conv2d.output);
}

export function readConv1d(layer: LayerConfig, shape: Shape, addParameter: AddParameter): ReadLayer {
  const input = sequenceShape(layer, shape);
  const size = single(layer, 'kernel_size');
  const kernelSize = [1, size] as const;
  const strides = [1, single(layer, 'strides', 1)] as const;
  const dilation = [1, single(layer, 'dilation_rate', 1)] as const;
  const conv2d = convolution(layer, input, { kernelSize, strides, dilation }, [size], addParameter);
  return { ...activated(layer, [conv2d], conv2d.output), output: conv2d.output.slice(1) };
}

interface Moves {
  readonly kernelSize: Pair;
  readonly strides: Pair;
  readonly dilation: Pair;
}

/** @param sizes of the kernel's shape, before channels and filters */
function convolution(
  layer: LayerConfig,
  input: ImageShape,
  moves: Moves,
  sizes: Shape,
  addParameter: AddParameter,
): UnconnectedLayer<'conv2d'> {
  refuseSettings(layer, ['groups'], 1);
  const filters = positiveInteger(layer, 'filters');
  const { windows, size } = placed(layer, input, moves);
  const weights = readWeights(layer, [...sizes, input[2], filters], addParameter);
  const { name, index } = layer;
  return { kind: 'conv2d', name, index, input, output: [...size, filters], ...windows, ...weights };
}

/** Where the windows lie, and how many of them there are. */
function placed(layer: LayerConfig, input: ImageShape, { kernelSize, strides, dilation }: Moves) {
  const isDilated = dilation.some((rate) => rate !== 1);
  if (isDilated && strides.some((stride) => stride !== 1))
    throw inputError(
      `Expected \`strides\` or \`dilation_rate\` of layer ${describe(layer)} to be 1, got ${show(strides)} and ${show(dilation)}`,
    );
  const [height, width] = kernelSize.map((size, axis) => (size - 1) * dilation[axis] + 1);
  const window = windowOf(layer, input, [height, width], strides);
  const windows = { kernelSize, strides, padding: window.padding };
  return { size: window.output, windows: isDilated ? { ...windows, dilation } : windows };
}

/** The output is as large as the image of which a convolution with the same settings makes the input. */
export function readConv2dTranspose(layer: LayerConfig, shape: Shape, addParameter: AddParameter): ReadLayer {
  refuseSettings(layer, ['output_padding']);
  refuseDilation(layer);
  const input = imageShape(layer, shape);
  const filters = positiveInteger(layer, 'filters');
  const kernelSize = pair(layer, 'kernel_size');
  const strides = pair(layer, 'strides', [1, 1]);
  const isSame = layer.fields.padding === 'same';
  const [height, width] = strides.map(
    (stride, axis) => input[axis] * stride + (isSame ? 0 : Math.max(kernelSize[axis] - stride, 0)),
  );
  const output = [height, width, filters] as const;
  const { padding } = windowOf(layer, output, kernelSize, strides);
  const kernel = readKernel(layer, [...kernelSize, filters, input[2]], addParameter);
  const bias = readBias(layer, [filters], addParameter);
  const { name, index } = layer;
  const common = { kind: 'conv2dTranspose', name, index, input, output } as const;
  return activated(layer, [{ ...common, kernelSize, strides, padding, kernel, ...bias }], output);
}

/** tfjs reads its `dilation_rate`, and does not dilate. */
export function readDepthwiseConv2d(given: LayerConfig, shape: Shape, addParameter: AddParameter): ReadLayer {
  const layer = withoutSlip(given);
  refuseDilation(layer);
  const depthwise = depthwiseConv2d(layer, shape, addParameter);
  const bias = readBias(layer, [depthwise.output[2]], addParameter);
  return activated(layer, [{ ...depthwise, ...bias }], depthwise.output);
}

/** Where its constraint belongs, TensorFlow.js writes its regularizer. */
function withoutSlip(layer: LayerConfig): LayerConfig {
  const { depthwise_regularizer: regularizer, depthwise_constraint: constraint, ...fields } = layer.fields;
  if ((regularizer ?? null) === null || show(regularizer) !== show(constraint)) return layer;
  return { ...layer, fields: { ...fields, depthwise_regularizer: regularizer } };
}

/** A depthwise convolution without bias, and one of single pixels. */
export function readSeparableConv2d(layer: LayerConfig, shape: Shape, addParameter: AddParameter): ReadLayer {
  const uniform = 'glorot_uniform';
  const depthwise = depthwiseConv2d(layer, shape, addParameter, uniform);
  const input = depthwise.output;
  const filters = positiveInteger(layer, 'filters');
  const output = [input[0], input[1], filters] as const;
  const kernel = readKernel(layer, [1, 1, input[2], filters], addParameter, 'pointwise_kernel', uniform);
  const weights = { kernel, ...readBias(layer, [filters], addParameter) };
  const { name, index } = layer;
  const padding = { top: 0, bottom: 0, left: 0, right: 0 };
  const windows = { kernelSize: [1, 1], strides: [1, 1], padding } as const;
  const pointwise = { kind: 'conv2d', name, index, input, output, ...windows, ...weights } as const;
  return activated(layer, [depthwise, pointwise], output);
}

function depthwiseConv2d(
  layer: LayerConfig,
  shape: Shape,
  addParameter: AddParameter,
  absent?: string,
): UnconnectedLayer<'depthwiseConv2d'> {
  const input = imageShape(layer, shape);
  const channels = input[2];
  const multiplier =
    layer.fields.depth_multiplier === undefined ? 1 : positiveInteger(layer, 'depth_multiplier');
  const kernelSize = pair(layer, 'kernel_size');
  const strides = pair(layer, 'strides', [1, 1]);
  const dilation = pair(layer, 'dilation_rate', [1, 1]);
  const { windows, size } = placed(layer, input, { kernelSize, strides, dilation });
  const kernelShape = [...kernelSize, channels, multiplier];
  const kernel = readKernel(layer, kernelShape, addParameter, 'depthwise_kernel', absent);
  const { name, index } = layer;
  const output = [...size, channels * multiplier] as const;
  return { kind: 'depthwiseConv2d', name, index, input, output, multiplier, ...windows, kernel };
}

function refuseDilation(layer: LayerConfig): void {
  if (pair(layer, 'dilation_rate', [1, 1]).some((rate) => rate !== 1))
    throw unsupportedLayer(layer, `\`dilation_rate\` is ${show(layer.fields.dilation_rate)}`);
}
