import { inputError } from '../errors.ts';
import {
  checkSize,
  describe,
  exampleShape,
  type LayerConfig,
  sameShape,
  unsupportedLayer,
} from './layer-config.ts';
import { type Layer, type Network, type Shape, sizeOf } from './network.ts';
import { parameterList } from './parameter-list.ts';
import { type Call, type Member, type ModelGraph, readGraph } from './read-graph.ts';
import { readLayer } from './read-layer.ts';

export interface ReadNetworkOptions {
  /** 'classes' (default): the output must be a vector of one logit a class. 'any': whatever the loss will make of it. */
  readonly output?: 'classes' | 'any';
  /** 'train' (default), or 'infer': no weight is to move. */
  readonly purpose?: 'train' | 'infer';
}

/**
 * Reads a layers model, sequential or functional, with one input and one output: shapes are inferred, activations
 * become layers, nested models their layers, every parameter gets its place.
 * Seeds that layers or initializers name are not used: all random numbers come from the run's seed.
 * @param topology a layers model's Keras-style configuration: what `model.toJSON(null, false)` returns, or the
 * `modelTopology` of a model.json (of one converted from Keras too)
 * @throws GradpoolError that names the layer when the model is no such model or does not fit together; UnsupportedModel
 *   for a layer, or a setting of one, that a network does not have
 */
export function readNetwork(
  topology: object,
  { output = 'classes', purpose = 'train' }: ReadNetworkOptions = {},
): Network {
  const graph = readGraph(topology);
  const parameters = parameterList();
  const reader = { layers: [], parameters };
  const input = inputShape(graph);
  const last = readModel(reader, graph, { tensor: 0, shape: input });
  const outputLayer = graph.output.member.layer;
  if (last.softmax !== undefined || output === 'classes') checkVector(outputLayer, last.shape, output);
  return {
    input,
    output: last.shape,
    layers: reader.layers,
    classes: sizeOf(last.shape),
    endsInSoftmax: last.softmax !== undefined,
    ...parameters.place(layersOf(graph), purpose),
  };
}

interface NetworkReader {
  readonly layers: Layer[];
  readonly parameters: ReturnType<typeof parameterList>;
}

/** A tensor as its reader sees it: flatten and reshape give it another shape. */
interface Value {
  readonly tensor: number;
  readonly shape: Shape;
  /** The layer whose softmax is taken of it, which no other layer may read. */
  readonly softmax?: LayerConfig;
}

/** What the model makes of a tensor; adds its layers. */
function readModel(reader: NetworkReader, graph: ModelGraph, input: Value): Value {
  const values = new Map<Call | 'input', Value>([['input', input]]);
  for (const call of graph.calls) {
    const read = call.reads.map((source) => values.get(source) as Value);
    for (const { softmax } of read)
      if (softmax !== undefined) throw unsupportedLayer(softmax, 'softmax is only for the last layer');
    values.set(call, readCall(reader, call, read));
  }
  return values.get(graph.output) as Value;
}

function readCall(reader: NetworkReader, { member, reads }: Call, values: readonly Value[]): Value {
  const { layer, model } = member;
  if (model !== undefined) return readNested(reader, layer, model, values);
  if (layer.className === 'InputLayer' && reads[0] !== 'input')
    throw unsupportedLayer(layer, 'it is not the first layer');
  const read = readLayer(
    layer,
    values.map(({ shape }) => shape),
    reader.parameters.of(layer),
  );
  checkSize(layer, read.output);
  let tensors = values.map(({ tensor }) => tensor);
  for (const unconnected of read.layers) {
    reader.layers.push({ ...unconnected, reads: tensors });
    tensors = [reader.layers.length];
  }
  const value = { tensor: tensors[0], shape: read.output };
  return read.softmax === true ? { ...value, softmax: layer } : value;
}

/** Its layers stand in the place of a model that is a layer of another one. */
function readNested(
  reader: NetworkReader,
  layer: LayerConfig,
  model: ModelGraph,
  values: readonly Value[],
): Value {
  if (values.length !== 1)
    throw inputError(`Expected layer ${describe(layer)} to read one tensor, got ${values.length}`);
  const [value] = values;
  const shape = exampleShape(firstLayer(model.calls[0].member));
  if (shape !== undefined && !sameShape(shape, value.shape))
    throw inputError(
      `Expected the input of the nested model ${describe(layer)} to be of its shape [${shape.join(', ')}], got [${value.shape.join(', ')}]`,
    );
  return readModel(reader, model, value);
}

/** In the order of the weights. */
const layersOf = ({ members }: ModelGraph): LayerConfig[] =>
  members.flatMap(({ layer, model }) => (model === undefined ? [layer] : layersOf(model)));

function inputShape(graph: ModelGraph): Shape {
  const first = firstLayer(graph.calls[0].member);
  const shape = exampleShape(first);
  if (shape === undefined)
    throw inputError(
      `Expected layer ${describe(first)}, the model's first, to give the shape of an example: \`batch_input_shape\`, or \`inputShape\` where the model is made`,
    );
  checkSize(first, shape);
  return shape;
}

/** A nested model may be the first. */
const firstLayer = ({ layer, model }: Member): LayerConfig =>
  model === undefined ? layer : firstLayer(model.calls[0].member);

function checkVector(last: LayerConfig, shape: Shape, output: 'classes' | 'any'): void {
  if (shape.length !== 1 || (output === 'classes' && shape[0] < 2))
    throw inputError(
      `Expected the model's output to be a vector of one logit a class, [classes] with 2 or more classes, got [${shape.join(', ')}] from its last layer, ${describe(last)}`,
    );
}
