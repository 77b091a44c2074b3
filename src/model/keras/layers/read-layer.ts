/** From the configuration of a Keras layer and its inputs' shapes to the network's layers. */
import { inputError } from '../../../errors.ts';
import { type Shape, sizeOf } from '../../../shape.ts';
import type { LayerKind, MergingKind } from '../../network.ts';
import {
  describe,
  exampleShape,
  invalidField,
  isPositiveInteger,
  type LayerConfig,
  misfit,
  positiveInteger,
  refuseSettings,
  show,
  unsupportedLayer,
} from '../config/layer-config.ts';
import { readWeights } from './layer-weights.ts';
import {
  activated,
  readElu,
  readLeakyRelu,
  readPRelu,
  readRelu,
  readSoftmax,
  readThresholdedRelu,
} from './read-activation.ts';
import { readRnn } from './read-cells.ts';
import {
  readConv1d,
  readConv2d,
  readConv2dTranspose,
  readDepthwiseConv2d,
  readSeparableConv2d,
} from './read-convolution.ts';
import { readConcatenate, readDot, readMerging } from './read-merge.ts';
import { readDropout, readGaussianNoise, readRate, readSpatialDropout1d } from './read-noise.ts';
import { readBatchNormalization, readLayerNormalization } from './read-normalization.ts';
import { poolingReaders } from './read-pooling.ts';
import {
  readCropping2d,
  readPermute,
  readRepeatVector,
  readUpSampling2d,
  readZeroPadding2d,
} from './read-rearranging.ts';
import { readRecurrent } from './read-recurrent.ts';
import { readEmbedding, readMasking } from './read-sequences.ts';
import { readBidirectional, readTimeDistributed } from './read-wrapper.ts';
import type { AddParameter, Reader, ReadLayer } from './reader.ts';

/** @throws GradpoolError that names the layer when the network has no such layers or a field makes no sense */
export function readLayer(
  layer: LayerConfig,
  inputs: readonly Shape[],
  addParameter: AddParameter,
): ReadLayer {
  const reader = readers.get(layer.className);
  if (reader === undefined) throw unsupportedLayer(layer, 'no engine knows its class');
  refuseSettings(layer, ['dtype'], 'float32');
  refuseSettings(layer, ['data_format'], 'channels_last');
  if ('one' in reader) {
    if (inputs.length === 1) return reader.one(layer, inputs[0], addParameter);
    throw inputError(`Expected layer ${describe(layer)} to read one tensor, got ${inputs.length}`);
  }
  if (inputs.length > 1) return reader.several(layer, inputs);
  throw inputError(`Expected layer ${describe(layer)} to read two tensors or more, got ${inputs.length}`);
}

/** Readers by the Keras class. */
type Readers = Readonly<Record<string, Reader>>;

const merging = (kind: MergingKind): Reader => ({
  several: (layer, inputs) => readMerging(kind, layer, inputs),
});
const maxPooling = poolingReaders('maxPooling2d');
const averagePooling = poolingReaders('averagePooling2d');

/** For each kind of layer the Keras classes that become it. */
const kinds: { readonly [K in LayerKind]: Readers } = {
  conv2d: {
    Conv2D: { one: readConv2d },
    Conv1D: { one: readConv1d },
    SeparableConv2D: { one: readSeparableConv2d },
  },
  conv2dTranspose: { Conv2DTranspose: { one: readConv2dTranspose } },
  depthwiseConv2d: { DepthwiseConv2D: { one: readDepthwiseConv2d } },
  maxPooling2d: {
    MaxPooling2D: { one: maxPooling['2D'] },
    MaxPooling1D: { one: maxPooling['1D'] },
    GlobalMaxPooling2D: { one: maxPooling.Global2D },
    GlobalMaxPooling1D: { one: maxPooling.Global1D },
  },
  averagePooling2d: {
    AveragePooling2D: { one: averagePooling['2D'] },
    AveragePooling1D: { one: averagePooling['1D'] },
    GlobalAveragePooling2D: { one: averagePooling.Global2D },
    GlobalAveragePooling1D: { one: averagePooling.Global1D },
  },
  zeroPadding2d: { ZeroPadding2D: { one: readZeroPadding2d } },
  cropping2d: { Cropping2D: { one: readCropping2d } },
  nearestUpSampling2d: { UpSampling2D: { one: readUpSampling2d } },
  bilinearUpSampling2d: { UpSampling2D: { one: readUpSampling2d } },
  permute: { Permute: { one: readPermute } },
  broadcast: {},
  slice: {},
  repeatVector: { RepeatVector: { one: readRepeatVector } },
  dense: { Dense: { one: readDense } },
  dropout: { Dropout: { one: readDropout } },
  noise: {
    SpatialDropout1D: { one: readSpatialDropout1d },
    AlphaDropout: { one: (layer, input) => readRate('alphaDropout', layer, input) },
    GaussianDropout: { one: (layer, input) => readRate('gaussianDropout', layer, input) },
    GaussianNoise: { one: readGaussianNoise },
  },
  activation: {
    Activation: { one: (layer, input) => activated(layer, [], input) },
    ReLU: { one: readRelu },
    LeakyReLU: { one: readLeakyRelu },
    ELU: { one: readElu },
    ThresholdedReLU: { one: readThresholdedRelu },
  },
  softmax: { Softmax: { one: readSoftmax } },
  logSoftmax: {},
  prelu: { PReLU: { one: readPRelu } },
  add: { Add: merging('add') },
  subtract: { Subtract: merging('subtract') },
  multiply: { Multiply: merging('multiply') },
  average: { Average: merging('average') },
  maximum: { Maximum: merging('maximum') },
  minimum: { Minimum: merging('minimum') },
  l2Normalize: {},
  dot: { Dot: { several: readDot } },
  concatenate: { Concatenate: { several: readConcatenate } },
  batchNormalization: { BatchNormalization: { one: readBatchNormalization } },
  layerNormalization: { LayerNormalization: { one: readLayerNormalization } },
  embedding: { Embedding: { one: readEmbedding } },
  mask: {},
  masking: { Masking: { one: readMasking } },
  simpleRNN: { SimpleRNN: { one: readRecurrent('simpleRNN') } },
  lstm: { LSTM: { one: readRecurrent('lstm') } },
  gru: { GRU: { one: readRecurrent('gru') } },
};

/** Classes that become layers of other classes. */
const wrappers: Readers = {
  RNN: { one: readRnn },
  Bidirectional: { one: readBidirectional },
  TimeDistributed: { one: readTimeDistributed((className) => readers.get(className)) },
};

/** Classes that become no layer. */
const layerless: Readers = {
  InputLayer: { one: readInput },
  Flatten: { one: (_, input) => ({ layers: [], output: [sizeOf(input)] }) },
  Reshape: { one: readReshape },
};

/** The Keras classes that become a kind of layer. */
export const classesOf = (kind: LayerKind): string[] => Object.keys(kinds[kind]);

/** Those that become layers of other classes. */
export const wrapperClasses: readonly string[] = Object.keys(wrappers);

export const isKnownClass = (className: string): boolean => readers.has(className);

/** Those that change a shape and nothing else: no engine sees them. */
export const layerlessClasses: readonly string[] = Object.keys(layerless);

const readers: ReadonlyMap<string, Reader> = new Map(
  [...Object.values(kinds), wrappers, layerless].flatMap((classes) => Object.entries(classes)),
);

function readInput(layer: LayerConfig, input: Shape): ReadLayer {
  refuseSettings(layer, ['sparse', 'ragged'], false);
  if (exampleShape(layer) === undefined)
    throw invalidField(layer, 'batch_input_shape', 'a shape like [null, 28, 28, 1]', undefined);
  return { layers: [], output: input };
}

function readDense(layer: LayerConfig, input: Shape, addParameter: AddParameter): ReadLayer {
  const inputs = input[input.length - 1];
  const units = positiveInteger(layer, 'units');
  const output = [...input.slice(0, -1), units];
  const weights = readWeights(layer, [inputs, units], addParameter);
  const { name, index } = layer;
  const rows = sizeOf(input) / inputs;
  const dense = { kind: 'dense', name, index, input, output, rows, inputs, units, ...weights } as const;
  return activated(layer, [dense], output);
}

function readReshape(layer: LayerConfig, input: Shape): ReadLayer {
  const target = layer.fields.target_shape;
  const valid = Array.isArray(target) && target.length >= 1 && target.length <= 8;
  if (!valid || !target.every((size) => size === null || size === -1 || isPositiveInteger(size)))
    throw invalidField(
      layer,
      'target_shape',
      'one to eight whole numbers >= 1, or -1 for one of them',
      target,
    );
  const known = sizeOf(target.filter(isPositiveInteger));
  const output = target.map((size) => (isPositiveInteger(size) ? size : sizeOf(input) / known));
  if (
    target.filter((size) => !isPositiveInteger(size)).length > 1 ||
    sizeOf(output) !== sizeOf(input) ||
    !output.every(isPositiveInteger)
  )
    throw misfit(layer, `of a size that \`target_shape\`, ${show(target)}, can hold`, input);
  return { layers: [], output };
}
