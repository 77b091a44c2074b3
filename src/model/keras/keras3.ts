/** Configurations as Keras 3 writes them, in the words of Keras 2, which TensorFlow.js and gradpool know. */
import { inputError } from '../../errors.ts';
import { isObject, type JsonObject, show } from './config/layer-config.ts';
import { type LayerJson, layersWithin, modelConfig } from './config/topology.ts';

/** Whether Keras 3 wrote a configuration: it says its version, names the
 * module of each class, or has fields that are new in it. */
export function isOfKeras3(topology: object): boolean {
  const { keras_version: version } = topology as JsonObject;
  if (typeof version === 'string' && /^[3-9]/.test(version)) return true;
  const { config, module } = modelConfig(topology);
  const list = isObject(config) ? config.layers : config;
  const first: unknown = Array.isArray(list) ? list[0] : undefined;
  if (typeof module === 'string' || !isObject(first)) return typeof module === 'string';
  const { batch_shape: shape, dtype } = isObject(first.config) ? first.config : ({} as JsonObject);
  return typeof first.module === 'string' || shape !== undefined || isObject(dtype);
}

export const kerasWayOut =
  'the file was written by Keras 3, of which gradpool and TensorFlow.js know the layers and settings that Keras 2 has too: save the model with Keras 2 (`pip install tf-keras`, `TF_USE_LEGACY_KERAS=1`) and convert it again';

/**
 * Where the meaning is clear: `batch_shape` is `batch_input_shape`, a dtype policy is the name of its type, L1 and L2 are
 * cases of L1L2, LeakyReLU's `negative_slope` is `alpha`, silu is swish, and connections of tensors are lists of layers' names; what
 * names modules goes.
 * @throws GradpoolError that names a layer whose connections have no such form
 */
export const inWordsOfKeras2 = (topology: object): object => {
  const converted = convert(modelConfig(topology)) as JsonObject;
  countCallsOfModels(converted as unknown as LayerJson);
  return isObject((topology as JsonObject).model_config)
    ? { ...topology, model_config: converted }
    : converted;
};

/** A model in a model counts how it was made as its call 0 in Keras 2, and begins with the first call in Keras 3. */
function countCallsOfModels(model: LayerJson): void {
  const layers = layersWithin(model);
  const isModel = (name: unknown) =>
    layers.some(({ config }) => config.name === name && Array.isArray(config.layers));
  const count = (sources: unknown): void => {
    if (!Array.isArray(sources)) return;
    if (typeof sources[0] === 'string') sources[1] += isModel(sources[0]) ? 1 : 0;
    else for (const source of sources) count(source);
  };
  for (const layer of layers) {
    count((layer as { readonly inbound_nodes?: unknown }).inbound_nodes);
    if (Array.isArray(layer.config.layers)) countCallsOfModels(layer);
  }
  count(model.config.output_layers);
}

/** Keras 3 adds these to every class that it names. */
const additions = ['module', 'registered_name', 'build_config', 'compile_config'];

function convert(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(convert);
  if (!isObject(value)) return value;
  const policy = policyName(value);
  if (policy !== undefined) return policy;
  const isClass = typeof value.class_name === 'string' && 'config' in value;
  const fields = Object.entries(value).filter(([name]) => !isClass || !additions.includes(name));
  const converted = Object.fromEntries(
    fields.map(([name, field]) => [renamed(name, value), convertField(name, field, value)]),
  );
  return activations(leakyRelu(regularizer(converted)));
}

const renamed = (name: string, { batch_input_shape: known }: JsonObject): string =>
  name === 'batch_shape' && known === undefined ? 'batch_input_shape' : name;

function convertField(name: string, field: unknown, within: JsonObject): unknown {
  if (name === 'inbound_nodes' && Array.isArray(field))
    return field.map((node) => connectionsOf(node, within));
  // The only input or output of a model stands without a list of its own.
  if (
    ['input_layers', 'output_layers'].includes(name) &&
    Array.isArray(field) &&
    typeof field[0] === 'string'
  )
    return [field];
  return convert(field);
}

/** { class_name: 'DTypePolicy', config: { name: 'float32' } } */
function policyName({ class_name: className, config }: JsonObject): string | undefined {
  if (typeof className !== 'string' || !className.endsWith('DTypePolicy') || !isObject(config))
    return undefined;
  return typeof config.name === 'string' ? config.name : undefined;
}

function regularizer(value: JsonObject): JsonObject {
  const { class_name: className, config } = value;
  if (!isObject(config) || (className !== 'L1' && className !== 'L2')) return value;
  return { class_name: 'L1L2', config: { l1: config.l1 ?? 0, l2: config.l2 ?? 0 } };
}

/** TensorFlow.js knows `alpha` only: without it the slope would be 0.3 without a word. */
function leakyRelu(value: JsonObject): JsonObject {
  const { class_name: className, config } = value;
  if (className !== 'LeakyReLU' || !isObject(config) || config.negative_slope === undefined) return value;
  const { negative_slope: alpha, ...others } = config;
  return { ...value, config: { alpha, ...others } };
}

/** What a hard sigmoid of Keras 3 is called. */
export const hardSigmoidOfKeras3 = 'hard_sigmoid of Keras 3';

/**
 * Its silu is TensorFlow.js's swish. Its hard_sigmoid is relu6(x + 3) / 6, and TensorFlow.js's clips 0.2 x + 0.5: under a
 * name of its own no engine takes it for that.
 */
const renamedActivations: Readonly<Record<string, string>> = {
  silu: 'swish',
  hard_sigmoid: hardSigmoidOfKeras3,
};

function activations(value: JsonObject): JsonObject {
  const { config } = value;
  if (!isObject(config)) return value;
  const renamedOnes = Object.entries(config).flatMap(([field, name]) =>
    field.endsWith('activation') && typeof name === 'string' && name in renamedActivations
      ? [[field, renamedActivations[name]]]
      : [],
  );
  return { ...value, config: { ...config, ...Object.fromEntries(renamedOnes) } };
}

/** A node { args: [tensor or list of tensors], kwargs } as [[layer, node, tensor, kwargs], ...]. */
function connectionsOf(node: unknown, layer: JsonObject): unknown {
  if (!isObject(node)) return node;
  const { args, kwargs = {} } = node;
  const [given, ...more] = Array.isArray(args) ? args : [];
  const list: unknown[] = Array.isArray(given) ? given : [given];
  const histories = list.map(historyOf);
  const isPlain = isObject(kwargs) && Object.values(kwargs).every((value) => (value ?? false) === false);
  if (more.length === 0 && isPlain && histories.every((history) => history !== undefined))
    return histories.map((history) => [...history, {}]);
  throw inputError(
    `The connections of layer ${show(layer.name)} (${String(layer.class_name)}) cannot be read, ${show(node)}; ${kerasWayOut}`,
  );
}

function historyOf(tensor: unknown): unknown[] | undefined {
  const { class_name: className, config } = isObject(tensor) ? tensor : {};
  if (className !== '__keras_tensor__' || !isObject(config)) return undefined;
  return Array.isArray(config.keras_history) ? config.keras_history : undefined;
}
