/** Reads how the layers of a model are connected: sequential ones, functional ones, and models that stand as layers. */
import { inputError } from '../../errors.ts';
import {
  describe,
  isObject,
  type JsonObject,
  type LayerConfig,
  readLayerConfig,
  show,
  UnsupportedModel,
  unsupportedLayer,
} from './config/layer-config.ts';
import { type ListedLayer, orderCalls, type TensorSource } from './graph-order.ts';

/** A model as it was put together; nested models stand as members. */
export interface ModelGraph {
  /** In the order of `model.layers`, which is that of the weights too. */
  readonly members: readonly Member[];
  /** Those that the outputs depend on, each behind those that it reads. */
  readonly calls: readonly Call[];
  /** How many. */
  readonly inputs: number;
  readonly outputs: readonly Call[];
}

/** A layer of a model, or a model that stands as one. */
export interface Member {
  readonly layer: LayerConfig;
  readonly model?: ModelGraph;
}

/** One use of a member; a shared layer has several. */
export interface Call {
  readonly member: Member;
  readonly reads: readonly (Call | ModelInput)[];
}

/** What goes into the model: the number of the input. */
export type ModelInput = number;

/** Layer numbers fit into the random numbers' counters. A model in a model in a model ... has some bound. */
const limits = { layers: 10_000, depth: 50 };

/**
 * @param topology a layers model's Keras-style configuration
 * @throws GradpoolError that names the layer where layers are not connected as those of a model are
 */
export function readGraph(topology: unknown): ModelGraph {
  const wrapped = isObject(topology) && isObject(topology.model_config) ? topology.model_config : topology;
  const { class_name: className, config } = isObject(wrapped) ? wrapped : ({} as JsonObject);
  if (typeof className !== 'string' || !isModelClass(className))
    throw new UnsupportedModel(
      `Expected a Sequential or functional layers model (class_name 'Sequential', 'Functional' or 'Model'), got ${className === undefined ? show(wrapped) : `class_name ${show(className)}`} for the embedded engines`,
    );
  const counter = { layers: 0, depth: 0 };
  return readModel(className, config, counter);
}

/** tfjs calls a functional model 'Model', Keras 'Functional'. */
const isModelClass = (className: string): boolean =>
  ['Sequential', 'Functional', 'Model'].includes(className);

/** How many layers there were, and how deep in nested models. */
interface Counter {
  layers: number;
  readonly depth: number;
}

function readModel(className: string, config: unknown, counter: Counter): ModelGraph {
  const list = isObject(config) ? config.layers : config;
  if (!Array.isArray(list) || list.length === 0 || list.length > limits.layers)
    throw inputError(
      `Expected the ${className} model's layers to be a list of 1 to ${limits.layers}, got ${show(list)}`,
    );
  if (counter.depth > limits.depth)
    throw inputError(`Expected models in models at most ${limits.depth} deep, got more`);
  checkNames(list.map(readLayerConfig));
  return className === 'Sequential'
    ? sequentialGraph(list, counter)
    : functionalGraph(list, isObject(config) ? config : {}, counter);
}

function checkNames(layers: readonly LayerConfig[]): void {
  const names = new Set<string>();
  for (const { name } of layers) {
    if (names.has(name))
      throw inputError(
        `Expected every layer of the model to have a name of its own, got ${show(name)} twice`,
      );
    names.add(name);
  }
}

function sequentialGraph(list: readonly unknown[], counter: Counter): ModelGraph {
  const members = list.map((value) => readMember(value, counter));
  const calls: Call[] = [];
  for (const member of members) calls.push({ member, reads: [calls.at(-1) ?? 0] });
  return { members, calls, inputs: 1, outputs: [calls[calls.length - 1]] };
}

/** @param value { class_name, config } of a layer; its number is its place among the layers of the whole model */
function readMember(value: unknown, counter: Counter): Member {
  const layer = readLayerConfig(value, counter.layers);
  if (!isModelClass(layer.className)) {
    counter.layers++;
    if (counter.layers > limits.layers)
      throw inputError(
        `Expected a model of at most ${limits.layers} layers, those of models in it included, got more at ${describe(layer)}`,
      );
    return { layer };
  }
  if (layer.fields.trainable === false)
    throw inputError(
      `Expected the nested model ${describe(layer)} to be trainable, got \`trainable\` false, which TensorFlow.js does not know for a model in a model; set it for the layers in it`,
    );
  const below = { layers: counter.layers, depth: counter.depth + 1 };
  const model = readModel(layer.className, layer.fields, below);
  counter.layers = below.layers;
  return { layer, model };
}

function functionalGraph(list: readonly unknown[], config: JsonObject, counter: Counter): ModelGraph {
  const listed = new Map<string, ListedLayer>(
    list.map((value, index) => {
      const layer = readLayerConfig(value, index);
      return [layer.name, { value, layer, calls: inboundCalls(value, layer) }];
    }),
  );
  const inputs = tensorList('input', config.input_layers);
  const ordered = orderCalls(listed, inputs, tensorList('output', config.output_layers));
  const members = new Map<ListedLayer, Member>();
  for (const layer of ordered.layers) members.set(layer, readMember(layer.value, counter));
  const calls = new Map<string, Call>();
  for (const { key, layer, reads } of ordered.calls)
    calls.set(key, {
      member: members.get(layer) as Member,
      reads:
        reads.length === 0 ? [ordered.inputs.indexOf(key)] : reads.map((read) => calls.get(read) as Call),
    });
  return {
    members: [...members.values()],
    calls: [...calls.values()],
    inputs: inputs.length,
    outputs: ordered.outputs.map((key) => calls.get(key) as Call),
  };
}

/** `input_layers` and `output_layers`: [['name', 0, 0], ...], or of a single one the inner list alone. */
function tensorList(what: 'input' | 'output', value: unknown): TensorSource[] {
  const list = Array.isArray(value) && typeof value[0] === 'string' ? [value] : value;
  if (!Array.isArray(list) || list.length === 0)
    throw inputError(`Expected \`${what}_layers\` of the model to be a list, got ${show(value)}`);
  return list.map((source) => tensorSource(source, `\`${what}_layers\` of the model`));
}

/** `inbound_nodes`: for each call of a layer the tensors that it reads, [[['name', 0, 0, {}], ...], ...]. */
function inboundCalls(value: unknown, layer: LayerConfig): TensorSource[][] {
  const nodes = (isObject(value) ? value.inbound_nodes : undefined) ?? [];
  const place = `\`inbound_nodes\` of layer ${describe(layer)}`;
  if (!Array.isArray(nodes)) throw inputError(`Expected ${place} to be a list, got ${show(nodes)}`);
  return nodes.map((node: unknown) => {
    if (!Array.isArray(node)) throw unsupportedLayer(layer, `its \`inbound_nodes\` are ${show(nodes)}`);
    if (node.length > 1 && recurrent.has(layer.className))
      throw inputError(
        `Expected layer ${describe(layer)} to begin with a state of zeros, got an initial state, which TensorFlow.js itself cannot read back from a model's configuration; give it the state as values instead (repeatVector, concatenate), or train the model with \`model.fit\``,
      );
    return node.map((entry: unknown) => {
      const given = Array.isArray(entry) ? (entry[3] ?? {}) : {};
      if (!isObject(given) || Object.keys(given).length > 0)
        throw unsupportedLayer(layer, `it is called with ${show(given)}`);
      if (Array.isArray(entry) && Number.isInteger(entry[2]) && entry[2] > 0)
        throw unsupportedLayer(layer, `it reads another output than the first of ${show(entry[0])}`);
      return tensorSource(entry, place);
    });
  });
}

const recurrent: ReadonlySet<string> = new Set([
  'SimpleRNN',
  'LSTM',
  'GRU',
  'RNN',
  'ConvLSTM2D',
  'Bidirectional',
]);

function tensorSource(value: unknown, place: string): TensorSource {
  const [layer, call = 0, tensor = 0] = Array.isArray(value) ? value : [];
  if (typeof layer !== 'string' || !Number.isInteger(call) || call < 0 || tensor !== 0)
    throw inputError(`Expected ${place} to name a tensor as ['layer', 0, 0], got ${show(value)}`);
  return { layer, call };
}
