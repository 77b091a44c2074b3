import type { Layer, Padding, Parameter } from '../../model/network.ts';
import type { Pair } from '../../shape.ts';
import { type OnnxGraph, transposed } from './graph.ts';
import { first, image, last, type OnnxRow, type OnnxRows } from './row.ts';

type ImageKinds =
  | 'conv2d'
  | 'conv2dTranspose'
  | 'depthwiseConv2d'
  | 'maxPooling2d'
  | 'averagePooling2d'
  | 'zeroPadding2d'
  | 'cropping2d'
  | 'nearestUpSampling2d'
  | 'bilinearUpSampling2d';

/** [before of each dimension, ..., behind each, ...] */
const padsOf = ({ top, bottom, left, right }: Padding) => [top, left, bottom, right];

const windows = ({
  kernelSize,
  strides,
  padding,
  dilation = [1, 1],
}: {
  readonly kernelSize: Pair;
  readonly strides: Pair;
  readonly padding: Padding;
  readonly dilation?: Pair;
}) => ({ kernel_shape: kernelSize, strides, dilations: dilation, pads: padsOf(padding) });

/** A kernel [height, width, from, to] in the order that an operation takes it in. */
function kernel(
  { kernel: parameter, kernelSize }: { readonly kernel: Parameter; readonly kernelSize: Pair },
  order: readonly number[],
  graph: OnnxGraph,
): string {
  const shape = [...kernelSize, ...parameter.shape.slice(-2)];
  const values = transposed(graph.valuesOf(parameter), shape, order);
  return graph.floats(
    parameter.name,
    order.map((axis) => shape[axis]),
    values,
  );
}

const bias = ({ bias: parameter }: { readonly bias?: Parameter }, graph: OnnxGraph): string[] =>
  parameter === undefined ? [] : [graph.parameter(parameter)];

const pooling =
  (op: string): OnnxRow<Extract<Layer, { readonly poolSize: Pair }>> =>
  (layer, [value], graph) => {
    const { dilations: _, ...attributes } = windows({ ...layer, kernelSize: layer.poolSize });
    return first(layer, graph.node(op, [image(layer, value, graph)], attributes));
  };

const upSampling =
  (mode: 'nearest' | 'linear'): OnnxRow<Extract<Layer, { readonly factors: Pair }>> =>
  (layer, [value], graph) => {
    const scales = graph.floats('scales', [4], Float32Array.of(1, 1, ...layer.factors));
    // No region of interest; TensorFlow.js takes pixels by their corners.
    const attributes = { mode, coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' };
    return first(layer, graph.node('Resize', [image(layer, value, graph), '', scales], attributes));
  };

export const imageRows: OnnxRows<ImageKinds> = {
  conv2d(layer, [value], graph) {
    const inputs = [image(layer, value, graph), kernel(layer, [3, 2, 0, 1], graph), ...bias(layer, graph)];
    return first(layer, graph.node('Conv', inputs, windows(layer)));
  },
  depthwiseConv2d(layer, [value], graph) {
    const { name, shape } = layer.kernel;
    const [height, width, channels, multiplier] = shape;
    const values = transposed(graph.valuesOf(layer.kernel), shape, [2, 3, 0, 1]);
    const weights = graph.floats(name, [channels * multiplier, 1, height, width], values);
    const inputs = [image(layer, value, graph), weights, ...bias(layer, graph)];
    return first(layer, graph.node('Conv', inputs, { ...windows(layer), group: channels }));
  },
  conv2dTranspose(layer, [value], graph) {
    const { kernelSize, strides, padding, input, output } = layer;
    const pads = [padding.top + padding.bottom, padding.left + padding.right];
    // What a window does not reach where the strides are larger.
    const more = [0, 1].map(
      (axis) => output[axis] - ((input[axis] - 1) * strides[axis] + kernelSize[axis] - pads[axis]),
    );
    const inputs = [image(layer, value, graph), kernel(layer, [3, 2, 0, 1], graph), ...bias(layer, graph)];
    return first(layer, graph.node('ConvTranspose', inputs, { ...windows(layer), output_padding: more }));
  },
  maxPooling2d: pooling('MaxPool'),
  // Which counts no padding, as the default of the operation is.
  averagePooling2d: pooling('AveragePool'),
  zeroPadding2d(layer, [value], graph) {
    const { top, bottom, left, right } = layer.padding;
    const pads = graph.ints([0, top, left, 0, 0, bottom, right, 0]);
    return last(layer, graph.node('Pad', [graph.as(value, layer.input), pads]));
  },
  cropping2d(layer, [value], graph) {
    const { padding, output } = layer;
    const starts = [padding.top, padding.left];
    const ends = starts.map((start, axis) => start + output[axis]);
    const inputs = [graph.as(value, layer.input), graph.ints(starts), graph.ints(ends), graph.ints([1, 2])];
    return last(layer, graph.node('Slice', inputs));
  },
  nearestUpSampling2d: upSampling('nearest'),
  bilinearUpSampling2d: upSampling('linear'),
};
