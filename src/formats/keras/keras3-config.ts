/** A configuration of TensorFlow.js in the words of Keras 3. */
import { inputError } from '../../errors.ts';
import {
  describe,
  exampleShape,
  isObject,
  type JsonObject,
  type LayerConfig,
  readLayerConfig,
  show,
} from '../../model/keras/config/layer-config.ts';
import { type LayerJson, layersWithin, modelConfig } from '../../model/keras/config/topology.ts';
import type { Network } from '../../model/network.ts';
import { isHard } from './hard-sigmoid.ts';
import { keras3Fields, merging } from './keras3-fields.ts';

/** @throws GradpoolError that names a layer which Keras 3 has not, or computes otherwise */
export const keras3Config = (topology: object, network: Network): object =>
  model(modelConfig(topology) as unknown as LayerJson, network);

/** An object of a class of Keras, as its configurations have them. */
const object = (module: string, className: string, config: object, more: object = {}): object => ({
  module,
  class_name: className,
  config,
  registered_name: null,
  ...more,
});

function model(given: LayerJson, network: Network, more: object = {}): object {
  const layers = layersWithin(given);
  const { name = 'model', trainable = true } = given.config;
  const named = { name, trainable };
  if (given.class_name === 'Sequential')
    return object(
      'keras',
      'Sequential',
      { ...named, layers: [...firstInput(layers, network), ...layers.map((one) => member(one, network))] },
      more,
    );
  const { input_layers: inputs, output_layers: outputs } = given.config;
  const counted = (sources: unknown) => (sources as unknown[]).map((source) => history(source, layers));
  const config = {
    ...named,
    layers: layers.map((one) =>
      member(one, network, { name: one.config.name, inbound_nodes: nodesOf(one, layers) }),
    ),
    input_layers: counted(inputs),
    output_layers: counted(outputs),
  };
  // As Keras itself names the module of this class alone.
  return object('keras.src.models.functional', 'Functional', config, more);
}

const member = (one: LayerJson, network: Network, more?: object): object =>
  Array.isArray(one.config.layers) ? model(one, network, more) : layer(one, more);

/** Keras builds a sequential model from a layer that says its shape. */
function firstInput([first]: readonly LayerJson[], { layers }: Network): object[] {
  if (first.class_name === 'InputLayer') return [];
  const { name } = first.config;
  // TensorFlow.js takes a row of one for a vector, and Keras does not.
  const dense = layers.find((layer) => layer.kind === 'dense' && layer.name === name);
  const shape = dense?.input ?? inputShape(first);
  return [
    object('keras.layers', 'InputLayer', {
      batch_shape: [null, ...shape],
      dtype: 'float32',
      name: `${String(name)}_input`,
    }),
  ];
}

function inputShape(first: LayerJson): readonly number[] {
  if (Array.isArray(first.config.layers)) {
    const { input_layers: inputs } = first.config;
    const name = Array.isArray(inputs) ? inputs.flat(2)[0] : undefined;
    const inner = layersWithin(first);
    return inputShape(inner.find(({ config }) => config.name === name) ?? inner[0]);
  }
  return exampleShape(readLayerConfig(first, 0)) ?? [];
}

/** For each call the tensors that it reads. */
function nodesOf(one: LayerJson, layers: readonly LayerJson[]): object[] {
  const nodes = (one as { readonly inbound_nodes?: unknown }).inbound_nodes;
  return (Array.isArray(nodes) ? nodes : []).map((node: unknown[]) => {
    const tensors = node.map((source) => ({
      class_name: '__keras_tensor__',
      config: { shape: [null], dtype: 'float32', keras_history: history(source, layers) },
    }));
    return { args: merging.has(String(one.class_name)) ? [tensors] : tensors, kwargs: {} };
  });
}

/** A model in a model counts how it was made as its call 0, and not so in Keras 3. */
function history(source: unknown, layers: readonly LayerJson[]): unknown[] {
  const [name, call = 0] = source as [string, number?];
  const isModel = layers.some(({ config }) => config.name === name && Array.isArray(config.layers));
  return [name, isModel && call > 0 ? call - 1 : call, 0];
}

function layer(given: LayerJson, more?: object): object {
  const read = readLayerConfig(given, 0);
  if (read.name.includes('/'))
    throw inputError(
      `Layer ${describe(read)} cannot be saved for Keras, which takes no "/" in a name; rename it`,
    );
  const { className, fields } = inKeras3(read);
  const known = keras3Fields[className];
  if (known === undefined) throw lacks(read, 'it has no such layer');
  const settings = known.flatMap((field) =>
    fields[field] === undefined ? [] : [[field, setting(read, field, fields[field])] as const],
  );
  const frozen = fields.trainable === false && known.some((field) => ofWeights.test(field));
  const config = {
    ...{ name: read.name, dtype: 'float32', ...Object.fromEntries(settings) },
    ...(frozen ? { trainable: false } : {}),
  };
  return object('keras.layers', className, config, more);
}

/** Only layers with weights take `trainable`, all of them. */
const ofWeights = /_initializer$|^(layer|cell|cells)$/;

const lacks = (read: LayerConfig, reason: string) =>
  inputError(`Layer ${describe(read)} cannot be saved for Keras 3: ${reason}`);

/** What has another name there, or another default. */
function inKeras3(read: LayerConfig): { className: string; fields: JsonObject } {
  const { className, fields } = read;
  switch (className) {
    case 'InputLayer':
      return { className, fields: { ...fields, batch_shape: fields.batch_input_shape } };
    case 'LeakyReLU':
      return { className, fields: { ...fields, negative_slope: notNegative(read, 'alpha', 0.3) } };
    case 'ThresholdedReLU':
      return { className: 'ReLU', fields: { ...fields, threshold: notNegative(read, 'theta', 1) } };
    case 'Softmax':
      return { className, fields: { ...fields, axis: -1 } };
    case 'GRU':
    case 'GRUCell':
      return { className, fields: { ...gated(fields), reset_after: false } };
    case 'LSTM':
    case 'LSTMCell':
      return { className, fields: gated(fields) };
    case 'UpSampling2D':
      if ((fields.interpolation ?? 'nearest') === 'nearest') break;
      throw lacks(
        read,
        'it takes pixels by their centers where TensorFlow.js takes their corners; take "nearest"',
      );
  }
  return { className, fields };
}

function notNegative(read: LayerConfig, field: string, absent: number): number {
  const value = Number(read.fields[field] ?? absent);
  if (value >= 0) return value;
  throw lacks(read, `it takes no \`${field}\` below 0, got ${value}`);
}

/** Its weights are scaled where they are written. */
const gated = (fields: JsonObject): JsonObject =>
  isHard(fields.recurrent_activation) ? { ...fields, recurrent_activation: 'hard_sigmoid' } : fields;

function setting(read: LayerConfig, field: string, value: unknown): unknown {
  if (field === 'activation') return activation(read, value);
  if (field === 'recurrent_activation') return value === 'hard_sigmoid' ? value : activation(read, value);
  if (field === 'layer' || field === 'cell') return layer(value as LayerJson);
  if (field === 'cells') return (value as LayerJson[]).map((one) => layer(one));
  const what = /_(initializer|regularizer|constraint)$/.exec(field)?.[1];
  if (what === undefined || !isObject(value)) return value;
  const { class_name: className, config } = value;
  return object(`keras.${what}s`, String(className), isObject(config) ? config : {});
}

const renamed: Readonly<Record<string, string>> = { logSoftmax: 'log_softmax', swish: 'silu' };

function activation(read: LayerConfig, name: unknown): unknown {
  const own = name === null ? 'linear' : String(name);
  if (own === 'hard_sigmoid' || own === 'hardSigmoid')
    throw lacks(read, 'its hard_sigmoid is another one, relu6(x + 3) / 6; take "sigmoid"');
  if (own === 'gelu_new') throw lacks(read, `it has no activation ${show(own)}`);
  return renamed[own] ?? own;
}
