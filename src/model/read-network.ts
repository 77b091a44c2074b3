import { inputError } from '../errors.ts';
import {
  checkSize,
  describe,
  exampleShape,
  isObject,
  type JsonObject,
  type LayerConfig,
  readLayerConfig,
  show,
  UnsupportedModel,
  unsupportedLayer,
} from './layer-config.ts';
import { type Initializer, type Layer, type Network, type Parameter, type Shape, sizeOf } from './network.ts';
import { readLayer } from './read-layer.ts';

export interface ReadNetworkOptions {
  /** 'classes' (default): the output must be a vector of one logit a class. 'any': whatever the loss will make of it. */
  readonly output?: 'classes' | 'any';
}

/** Layer numbers fit into the random numbers' counters, and the parameters' bytes into 31 bits. */
const limits = { layers: 10_000, parameters: 2 ** 29 - 1 };

/**
 * Reads a sequential layers model: shapes are inferred, activations become layers, every parameter gets its place.
 * Seeds that layers or initializers name are not used: all random numbers come from the run's seed.
 * @param topology a layers model's Keras-style configuration: what `model.toJSON(null, false)` returns, or the
 * `modelTopology` of a model.json (of one converted from Keras too)
 * @throws GradpoolError that names the layer when the model is no such model, does not fit together, or has a
 * layer that no engine supports
 */
export function readNetwork(topology: object, { output = 'classes' }: ReadNetworkOptions = {}): Network {
  const configs = sequentialLayers(topology);
  const input = inputShape(configs[0]);
  const parameters = parameterList();
  const layers: Layer[] = [];
  let shape = input;
  let softmax: LayerConfig | undefined;
  for (const config of configs) {
    if (softmax !== undefined) throw unsupportedLayer(softmax, 'softmax is only for the last layer');
    const read = readLayer(config, shape, parameters.add);
    checkSize(config, read.output);
    if (read.softmax) softmax = config;
    layers.push(...read.layers);
    shape = read.output;
  }
  if (softmax !== undefined || output === 'classes') checkVector(configs[configs.length - 1], shape, output);
  if (parameters.count() === 0)
    throw inputError('The model has no layer with parameters: there is nothing to train');
  return {
    input,
    output: shape,
    layers,
    classes: sizeOf(shape),
    endsInSoftmax: softmax !== undefined,
    parameters: parameters.all,
    parameterCount: parameters.count(),
    stateCount: 0,
  };
}

function sequentialLayers(topology: unknown): LayerConfig[] {
  const model = isObject(topology) && isObject(topology.model_config) ? topology.model_config : topology;
  const { class_name: className, config } = isObject(model) ? model : ({} as JsonObject);
  if (className !== 'Sequential')
    throw new UnsupportedModel(
      `Expected a Sequential layers model (class_name 'Sequential'), got ${className === undefined ? show(model) : `class_name ${show(className)}`} for the embedded engines`,
    );
  const list = isObject(config) ? config.layers : config;
  if (!Array.isArray(list) || list.length === 0 || list.length > limits.layers)
    throw inputError(
      `Expected the Sequential model's layers to be a list of 1 to ${limits.layers}, got ${show(list)}`,
    );
  const layers = list.map(readLayerConfig);
  const names = new Set<string>();
  for (const { name } of layers) {
    if (names.has(name))
      throw inputError(
        `Expected every layer of the model to have a name of its own, got ${show(name)} twice`,
      );
    names.add(name);
  }
  return layers;
}

function inputShape(first: LayerConfig): Shape {
  const shape = exampleShape(first);
  if (shape === undefined)
    throw inputError(
      `Expected layer ${describe(first)}, the model's first, to give the shape of an example: \`batch_input_shape\`, or \`inputShape\` where the model is made`,
    );
  checkSize(first, shape);
  return shape;
}

function checkVector(last: LayerConfig, shape: Shape, output: 'classes' | 'any'): void {
  if (shape.length !== 1 || (output === 'classes' && shape[0] < 2))
    throw inputError(
      `Expected the model's output to be a vector of one logit a class, [classes] with 2 or more classes, got [${shape.join(', ')}] from its last layer, ${describe(last)}`,
    );
}

function parameterList() {
  const all: Parameter[] = [];
  let count = 0;
  const add = (name: string, shape: Shape, initializer: Initializer): Parameter => {
    const size = sizeOf(shape);
    if (count + size > limits.parameters)
      throw inputError(
        `Expected a model of at most ${limits.parameters} parameters, got more at ${show(name)}, [${shape.join(', ')}]`,
      );
    const parameter = { name, shape, offset: count, size, initializer };
    all.push(parameter);
    count += size;
    return parameter;
  };
  return { all, add, count: () => count };
}
