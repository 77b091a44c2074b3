/** From the configuration of a Keras layer and its inputs' shapes to the network's layers. */
import { inputError } from '../errors.ts';
import {
  describe,
  exampleShape,
  flag,
  imageShape,
  initializer,
  invalidField,
  isPositiveInteger,
  type LayerConfig,
  misfit,
  pair,
  positiveInteger,
  refuseSettings,
  show,
  unsupportedLayer,
} from './layer-config.ts';
import { type ActivationKind, type LayerKind, type Shape, sizeOf } from './network.ts';
import { readAdd, readConcatenate } from './read-merge.ts';
import { readBatchNormalization } from './read-normalization.ts';
import type { AddParameter, ReadLayer, UnconnectedLayer } from './reader.ts';
import { windowOf } from './window.ts';

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

type Reader =
  | { one(layer: LayerConfig, input: Shape, addParameter: AddParameter): ReadLayer }
  | { several(layer: LayerConfig, inputs: readonly Shape[]): ReadLayer };

/** Readers by the Keras class. */
type Readers = Readonly<Record<string, Reader>>;

/** For each kind of layer the Keras classes that become it. */
const kinds: { readonly [K in LayerKind]: Readers } = {
  conv2d: { Conv2D: { one: readConv2d } },
  maxPooling2d: { MaxPooling2D: { one: (layer, input) => readPooling('maxPooling2d', layer, input) } },
  averagePooling2d: {
    AveragePooling2D: { one: (layer, input) => readPooling('averagePooling2d', layer, input) },
  },
  dense: { Dense: { one: readDense } },
  dropout: { Dropout: { one: readDropout } },
  activation: {
    Activation: { one: (layer, input) => activated(layer, [], input) },
    ReLU: { one: readRelu },
  },
  leakyReLU: { LeakyReLU: { one: readLeakyReLU } },
  add: { Add: { several: readAdd } },
  concatenate: { Concatenate: { several: readConcatenate } },
  batchNormalization: { BatchNormalization: { one: readBatchNormalization } },
};

/** Classes that become no layer. */
const layerless: Readers = {
  InputLayer: { one: readInput },
  Flatten: { one: (_, input) => ({ layers: [], output: [sizeOf(input)] }) },
  Reshape: { one: readReshape },
  Softmax: { one: readSoftmax },
};

const readers: ReadonlyMap<string, Reader> = new Map(
  [...Object.values(kinds), layerless].flatMap((classes) => Object.entries(classes)),
);

function readInput(layer: LayerConfig, input: Shape): ReadLayer {
  refuseSettings(layer, ['sparse', 'ragged'], false);
  if (exampleShape(layer) === undefined)
    throw invalidField(layer, 'batch_input_shape', 'a shape like [null, 28, 28, 1]', undefined);
  return { layers: [], output: input };
}

function readConv2d(layer: LayerConfig, shape: Shape, addParameter: AddParameter): ReadLayer {
  refusePenalties(layer);
  refuseSettings(layer, ['groups'], 1);
  if (pair(layer, 'dilation_rate', [1, 1]).some((rate) => rate !== 1))
    throw unsupportedLayer(layer, `\`dilation_rate\` is ${show(layer.fields.dilation_rate)}`);
  const input = imageShape(layer, shape);
  const filters = positiveInteger(layer, 'filters');
  const kernelSize = pair(layer, 'kernel_size');
  const strides = pair(layer, 'strides', [1, 1]);
  const window = windowOf(layer, input, kernelSize, strides);
  const output = [...window.output, filters] as const;
  const weights = readWeights(layer, [...kernelSize, input[2], filters], addParameter);
  const common = { name: layer.name, index: layer.index, input, output };
  const conv2d = {
    kind: 'conv2d',
    ...common,
    kernelSize,
    strides,
    padding: window.padding,
    ...weights,
  } as const;
  return activated(layer, [conv2d], output);
}

function readPooling(kind: 'maxPooling2d' | 'averagePooling2d', layer: LayerConfig, shape: Shape): ReadLayer {
  const input = imageShape(layer, shape);
  const poolSize = pair(layer, 'pool_size', [2, 2]);
  const strides = pair(layer, 'strides', poolSize);
  const window = windowOf(layer, input, poolSize, strides);
  const output = [...window.output, input[2]] as const;
  const { name, index } = layer;
  return {
    layers: [{ kind, name, index, input, output, poolSize, strides, padding: window.padding }],
    output,
  };
}

function readDense(layer: LayerConfig, input: Shape, addParameter: AddParameter): ReadLayer {
  refusePenalties(layer);
  const inputs = input[input.length - 1];
  const units = positiveInteger(layer, 'units');
  const output = [...input.slice(0, -1), units];
  const weights = readWeights(layer, [inputs, units], addParameter);
  const { name, index } = layer;
  const rows = sizeOf(input) / inputs;
  const dense = { kind: 'dense', name, index, input, output, rows, inputs, units, ...weights } as const;
  return activated(layer, [dense], output);
}

/** tfjs fills in these initializers where a file names none. */
function readWeights(layer: LayerConfig, kernelShape: Shape, addParameter: AddParameter) {
  const untrained = flag(layer, 'trainable', true) ? undefined : 'frozen';
  const kernelInitializer = initializer(layer, 'kernel_initializer', 'glorot_normal');
  const kernel = addParameter('kernel', kernelShape, kernelInitializer, untrained);
  if (!flag(layer, 'use_bias', true)) return { kernel };
  const biasInitializer = initializer(layer, 'bias_initializer', 'zeros');
  return { kernel, bias: addParameter('bias', kernelShape.slice(-1), biasInitializer, untrained) };
}

function refusePenalties(layer: LayerConfig): void {
  refuseSettings(layer, ['kernel_regularizer', 'bias_regularizer', 'activity_regularizer']);
  refuseSettings(layer, ['kernel_constraint', 'bias_constraint']);
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

function readDropout(layer: LayerConfig, input: Shape): ReadLayer {
  refuseSettings(layer, ['noise_shape']);
  const { rate } = layer.fields;
  if (typeof rate !== 'number' || !(rate >= 0 && rate < 1))
    throw invalidField(layer, 'rate', 'a number from 0 to less than 1', rate);
  if (rate === 0) return { layers: [], output: input };
  const { name, index } = layer;
  return { layers: [{ kind: 'dropout', name, index, input, output: input, rate }], output: input };
}

function readRelu(layer: LayerConfig, input: Shape): ReadLayer {
  refuseSettings(layer, ['max_value']);
  refuseSettings(layer, ['negative_slope', 'threshold'], 0);
  return { layers: [activationLayer(layer, 'relu', input)], output: input };
}

function readLeakyReLU(layer: LayerConfig, input: Shape): ReadLayer {
  const alpha = layer.fields.alpha ?? 0.3;
  if (typeof alpha !== 'number' || !Number.isFinite(alpha))
    throw invalidField(layer, 'alpha', 'a finite number', alpha);
  const { name, index } = layer;
  return { layers: [{ kind: 'leakyReLU', name, index, input, output: input, alpha }], output: input };
}

function readSoftmax(layer: LayerConfig, input: Shape): ReadLayer {
  // The output is a vector (readNetwork checks that), so axis 1 (tfjs's default) is the last one too.
  refuseSettings(layer, ['axis'], -1, 1);
  return { layers: [], output: input, softmax: true };
}

/** Puts the layer's `activation` behind it. */
function activated(layer: LayerConfig, layers: readonly UnconnectedLayer[], output: Shape): ReadLayer {
  const activation = layer.fields.activation ?? 'linear';
  if (activation === 'linear') return { layers, output };
  if (activation === 'softmax') return { layers, output, softmax: true };
  if (activation !== 'relu' && activation !== 'sigmoid' && activation !== 'tanh')
    throw unsupportedLayer(layer, `its activation is ${show(activation)}`);
  return { layers: [...layers, activationLayer(layer, activation, output)], output };
}

const activationLayer = (
  layer: LayerConfig,
  activation: ActivationKind,
  shape: Shape,
): UnconnectedLayer<'activation'> => ({
  kind: 'activation',
  name: layer.name,
  index: layer.index,
  input: shape,
  output: shape,
  activation,
});
