/** TensorFlow.js's layers, of the layers of networks that were built by hand. */
import { layers, regularizers } from '@tensorflow/tfjs-layers';
import type {
  ActivationLayer,
  ConcatenateLayer,
  Conv2dLayer,
  Conv2dTransposeLayer,
  DepthwiseConv2dLayer,
  Layer,
  LayerKind,
  LayerKinds,
  NoiseLayer,
  Padding,
  Parameter,
  Pooling2dLayer,
  Windows,
} from '../../src/model/network.ts';
import type { Activation, RecurrentLayer } from '../../src/model/sequence-layers.ts';
import type { Pair } from '../../src/shape.ts';
import { TakeRow } from './take-row.ts';

type KerasLayer = layers.Layer;

/** @param normalized of a dot product: whether its inputs are normalized first */
export const kerasLayer = (layer: Layer, normalized = false): KerasLayer =>
  (makers[layer.kind] as (layer: Layer, normalized: boolean) => KerasLayer)(layer, normalized);

const makers: { readonly [K in LayerKind]: (layer: LayerKinds[K], normalized: boolean) => KerasLayer } = {
  conv2d: (layer) => layers.conv2d({ ...convolution(layer), filters: layer.output[2] }),
  conv2dTranspose: (layer) =>
    layers.conv2dTranspose({
      ...convolution({ ...layer, input: layer.output, output: layer.input }),
      filters: layer.output[2],
    }),
  depthwiseConv2d: (layer) =>
    layers.depthwiseConv2d({ ...convolution(layer), depthMultiplier: layer.multiplier }),
  zeroPadding2d: ({ name, padding }) => layers.zeroPadding2d({ name, padding: sides(padding) }),
  cropping2d: ({ name, padding }) => layers.cropping2D({ name, cropping: sides(padding) }),
  nearestUpSampling2d: ({ name, factors }) =>
    layers.upSampling2d({ name, size: pair(factors), interpolation: 'nearest' }),
  bilinearUpSampling2d: ({ name, factors }) =>
    layers.upSampling2d({ name, size: pair(factors), interpolation: 'bilinear' }),
  permute: ({ name, dims }) => layers.permute({ name, dims: dims.map((dim) => dim + 1) }),
  repeatVector: ({ name, times }) => layers.repeatVector({ name, n: times }),
  maxPooling2d: (layer) => layers.maxPooling2d(pooling(layer)),
  averagePooling2d: (layer) => layers.averagePooling2d(pooling(layer)),
  dense: (layer) => layers.dense({ ...weighted(layer), units: layer.units }),
  dropout: ({ name, rate }) => layers.dropout({ name, rate }),
  noise: (layer) => noise(layer),
  activation: (layer) => activation(layer),
  logSoftmax: ({ name }) => layers.activation({ name, activation: 'logSoftmax' as 'softmax' }),
  softmax: ({ name }) => layers.softmax({ name, axis: -1 }),
  prelu: ({ name, input, alpha }) =>
    layers.prelu({
      name,
      sharedAxes: input.flatMap((size, axis) => (alpha.shape[axis] === size ? [] : [axis + 1])),
      trainable: alpha.untrained === undefined,
    }),
  add: ({ name }) => layers.add({ name }),
  subtract({ name }) {
    throw new Error(`TensorFlow.js has no Subtract for ${name}`);
  },
  multiply: ({ name }) => layers.multiply({ name }),
  average: ({ name }) => layers.average({ name }),
  maximum: ({ name }) => layers.maximum({ name }),
  minimum: ({ name }) => layers.minimum({ name }),
  // The layers that read them do it themselves.
  broadcast: withReader,
  slice: ({ name, place }) => new TakeRow({ name, place }),
  l2Normalize: withReader,
  dot: ({ name, input, right, transposed: [left, turned] }, normalize) =>
    layers.dot({
      name,
      normalize,
      // The examples are axis 0.
      axes: [left || input.length === 1 ? 1 : 2, turned && right.length > 1 ? 2 : 1],
    }),
  concatenate: (layer) => layers.concatenate({ name: layer.name, axis: axisOf(layer) }),
  embedding: ({ name, vocabulary, size, embeddings }) =>
    layers.embedding({
      name,
      inputDim: vocabulary,
      outputDim: size,
      trainable: embeddings.untrained === undefined,
      ...regularized('embeddings', embeddings),
    }),
  layerNormalization: ({ name, epsilon, gamma, beta }) =>
    layers.layerNormalization({ name, epsilon, ...scaling(gamma, beta) }),
  // It stands for what goes beside the values of its input.
  mask: ({ name }) => layers.activation({ name, activation: 'linear' }),
  masking: ({ name, value }) => layers.masking({ name, maskValue: value }),
  simpleRNN: (layer) => layers.simpleRNN(stepping(layer)),
  lstm: (layer) => layers.lstm({ ...stepping(layer), ...recurrently(layer) }),
  gru: (layer) => layers.gru({ ...stepping(layer), ...recurrently(layer) }),
  batchNormalization: ({ name, momentum, epsilon, gamma, beta }) =>
    layers.batchNormalization({ name, momentum, epsilon, ...scaling(gamma, beta) }),
};

function withReader({ kind, name }: Layer): never {
  throw new Error(`TensorFlow.js has no layer of its own for ${kind}, which ${name} is`);
}

type Convolution = (Conv2dLayer | Conv2dTransposeLayer | DepthwiseConv2dLayer) & Windows;

const convolution = (layer: Convolution) => ({
  ...weighted(layer),
  kernelSize: pair(layer.kernelSize),
  strides: pair(layer.strides),
  padding: paddingOf(layer, windowSize(layer)),
  ...(layer.dilation === undefined ? {} : { dilationRate: pair(layer.dilation) }),
});

const windowSize = ({ kernelSize: [height, width], dilation = [1, 1] }: Windows): Pair => [
  (height - 1) * dilation[0] + 1,
  (width - 1) * dilation[1] + 1,
];

const sides = ({ top, bottom, left, right }: Padding): [[number, number], [number, number]] => [
  [top, bottom],
  [left, right],
];

const regularized = (field: string, weight: Parameter | undefined) =>
  weight?.penalty === undefined ? {} : { [`${field}Regularizer`]: regularizers.l1l2({ ...weight.penalty }) };

const weighted = ({ name, kernel, bias }: Layer & { kernel: Parameter; bias?: Parameter }) => ({
  name,
  useBias: bias !== undefined,
  trainable: kernel.untrained === undefined,
  ...regularized('kernel', kernel),
  ...regularized('bias', bias),
});

const stepping = (layer: RecurrentLayer) => ({
  ...weighted(layer as LayerKinds['lstm']),
  units: layer.units,
  activation: nameOf(layer.activation),
  recurrentInitializer: 'glorotNormal' as const,
  returnSequences: layer.returnSequences,
  goBackwards: layer.goBackwards,
  dropout: layer.dropout,
  recurrentDropout: layer.recurrentDropout,
});

const recurrently = ({ recurrentActivation }: RecurrentLayer) => ({
  recurrentActivation: nameOf(recurrentActivation),
});

/** Those that have no setting. */
const nameOf = (within: Activation | undefined) => (within?.activation ?? 'linear') as 'linear';

const scaling = (gamma: Parameter | undefined, beta: Parameter | undefined) => ({
  scale: gamma !== undefined,
  center: beta !== undefined,
  trainable: gamma?.untrained === undefined,
});

const pooling = (layer: Pooling2dLayer) => ({
  name: layer.name,
  poolSize: pair(layer.poolSize),
  strides: pair(layer.strides),
  padding: paddingOf(layer, layer.poolSize),
});

/** Those with a setting are layers. */
function activation({ name, activation: kind, setting = 0 }: ActivationLayer) {
  switch (kind) {
    case 'leakyReLU':
      return layers.leakyReLU({ name, alpha: setting });
    case 'thresholdedReLU':
      return layers.thresholdedReLU({ name, theta: setting });
    case 'cappedReLU':
      return layers.reLU({ name, maxValue: setting });
    default:
      return layers.activation({ name, activation: kind === 'geluNew' ? ('gelu_new' as 'gelu') : kind });
  }
}

function noise({ name, noise: kind, amount }: NoiseLayer) {
  switch (kind) {
    case 'spatialDropout1d':
      return layers.spatialDropout1d({ name, rate: amount });
    case 'alphaDropout':
      return layers.alphaDropout({ name, rate: amount });
    case 'gaussianDropout':
      return layers.gaussianDropout({ name, rate: amount });
    case 'gaussianNoise':
      return layers.gaussianNoise({ name, stddev: amount });
  }
}

/** Where both give the same size, both mean the same. */
function paddingOf(
  layer: Pick<Pooling2dLayer, 'input' | 'output' | 'strides'>,
  window: Pair,
): 'valid' | 'same' {
  const isValid = (axis: 0 | 1) =>
    Math.floor((layer.input[axis] - window[axis]) / layer.strides[axis]) + 1 === layer.output[axis];
  return isValid(0) && isValid(1) ? 'valid' : 'same';
}

const pair = ([vertical, horizontal]: Pair): [number, number] => [vertical, horizontal];

/** The dimension that is the sum of the inputs'; the examples are dimension 0. */
export const axisOf = ({ input: shape, output }: ConcatenateLayer): number =>
  1 + output.findIndex((size, axis) => size !== shape[axis]);
