import { inputError } from '../../errors.ts';
import type { Shape } from '../../shape.ts';
import { endsOf, tensorOf } from '../ends.ts';
import { type Layer, type Network, parametersOf } from '../network.ts';
import {
  checkSize,
  describe,
  exampleShape,
  type LayerConfig,
  sameShape,
  UnsupportedModel,
  unsupportedLayer,
} from './config/layer-config.ts';
import { readLayer } from './layers/read-layer.ts';
import type { ReadLayer } from './layers/reader.ts';
import { createMasks, type Mask } from './masks.ts';
import { parameterList } from './parameter-list.ts';
import { type Call, type ModelGraph, type ModelInput, readGraph } from './read-graph.ts';

export interface ReadNetworkOptions {
  /** 'train' (default), or 'infer': no weight is to move. */
  readonly purpose?: 'train' | 'infer';
  /** How many inputs and outputs the model may have. Default 'one': others are refused. */
  readonly ends?: 'one' | 'several';
}

/**
 * Reads a layers model, sequential or functional: shapes are inferred, activations become layers, nested models their
 * layers, every parameter gets its place.
 * Seeds that layers or initializers name are not used: all random numbers come from the run's seed.
 * @param topology a layers model's Keras-style configuration: what `model.toJSON(null, false)` returns, or the
 * `modelTopology` of a model.json (of one converted from Keras too)
 * @throws GradpoolError that names the layer when the model is no such model or does not fit together; UnsupportedModel
 *   for a layer, or a setting of one, that a network does not have
 */
export function readNetwork(
  topology: object,
  { purpose = 'train', ends = 'one' }: ReadNetworkOptions = {},
): Network {
  const graph = readGraph(topology);
  if (ends === 'one') checkOneEnd(graph.inputs, graph.outputs.length);
  const parameters = parameterList();
  const inputs = Array.from({ length: graph.inputs }, (_, input) => inputShape(graph, input));
  const layers: Layer[] = [];
  const reader = { inputs, layers, parameters, masks: createMasks({ inputs, layers }) };
  const made = readModel(
    reader,
    graph,
    inputs.map((shape, tensor) => ({ tensor, shape })),
  );
  const last = outputsOf(reader, made);
  return {
    ...endsOf(
      inputs,
      last.map(({ tensor, shape }) => ({ tensor, shape })),
    ),
    layers: reader.layers,
    endsInSoftmax: last[0].softmax !== undefined,
    ...(reader.masks.dropped.length === 0 ? {} : { droppedMasks: reader.masks.dropped }),
    ...parameters.place(layersOf(graph), purpose),
  };
}

/** @throws GradpoolError for what `train` and the command line do not take */
export function checkOneEnd(inputs: number, outputs: number): void {
  for (const [what, count] of Object.entries({ input: inputs, output: outputs }))
    if (count !== 1)
      throw inputError(
        `Expected a model with one ${what}, got one with ${count}: only \`fit\`, \`fitDataset\` and \`trainOnBatch\` train models with several inputs or outputs`,
      );
}

/** Of a single vector, the softmax is up to the loss; of each row of a larger output, or one of several, a layer. */
function outputsOf(reader: NetworkReader, values: readonly Value[]): readonly Value[] {
  if (values.length === 1 && values[0].shape.length === 1) return values;
  const ends = values.map((value) => withSoftmax(reader, value));
  const tensors = new Set(ends.map(({ tensor }) => tensor));
  if (tensors.size < ends.length)
    throw new UnsupportedModel('Expected outputs with values of their own, got the same ones twice');
  if (ends.length > 1 && ends.some(({ tensor }) => tensor < reader.inputs.length))
    throw new UnsupportedModel('Expected outputs that a layer computes, got an input of the model');
  return ends;
}

interface NetworkReader {
  readonly inputs: readonly Shape[];
  readonly layers: Layer[];
  readonly parameters: ReturnType<typeof parameterList>;
  readonly masks: ReturnType<typeof createMasks>;
}

/** A tensor as its reader sees it: flatten and reshape give it another shape. */
interface Value {
  readonly tensor: number;
  readonly shape: Shape;
  /** The layer whose softmax is yet to be taken of it: at the model's end that is the loss's, else a layer's. */
  readonly softmax?: LayerConfig;
  /** Which of its times count. */
  readonly mask?: Mask | undefined;
}

/** What the model makes of some tensors; adds its layers. */
function readModel(reader: NetworkReader, graph: ModelGraph, inputs: readonly Value[]): Value[] {
  const values = new Map<Call | ModelInput, Value>(inputs.entries());
  for (const call of graph.calls) {
    for (const source of call.reads) values.set(source, withSoftmax(reader, values.get(source) as Value));
    const read = call.reads.map((source) => values.get(source) as Value);
    values.set(call, readCall(reader, call, read));
  }
  return graph.outputs.map((output) => values.get(output) as Value);
}

/** The tensor of the layer that was added last. */
const newest = ({ inputs, layers }: NetworkReader): number => tensorOf({ inputs }, layers.length - 1);

/** What another layer reads. */
function withSoftmax(reader: NetworkReader, value: Value): Value {
  const { tensor, shape, softmax, mask } = value;
  if (softmax === undefined) return value;
  const { name, index } = softmax;
  const columns = shape[shape.length - 1];
  const layer = { kind: 'softmax', name, index, input: shape, output: shape, columns } as const;
  reader.layers.push({ ...layer, reads: [tensor] });
  return { tensor: newest(reader), shape, mask };
}

function readCall(reader: NetworkReader, { member, reads }: Call, values: readonly Value[]): Value {
  const { layer, model } = member;
  if (model !== undefined) return readNested(reader, layer, model, values);
  if (layer.className === 'InputLayer' && typeof reads[0] !== 'number')
    throw unsupportedLayer(layer, 'it is not the first layer');
  const read = readLayer(
    layer,
    values.map(({ shape }) => shape),
    reader.parameters.of(layer),
  );
  checkSize(layer, read.output);
  const mask = layer.className === 'InputLayer' ? undefined : reader.masks.maskOf(layer, values);
  const tensors = reader.masks.readsOf(layer, values);
  if (read.layers[0]?.kind === 'embedding' && tensors[0] >= reader.inputs.length)
    throw behindLayers(reader, layer, tensors[0]);
  const value = { tensor: connect(reader, read, tensors), shape: read.output, mask };
  return read.softmax === true ? { ...value, softmax: layer } : value;
}

/** Of an embedding that reads no input of the model: nothing goes back through it. */
function behindLayers({ inputs, layers }: NetworkReader, layer: LayerConfig, tensor: number): Error {
  const [open, seen] = [[tensor], new Set<number>()];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    const before = layers[at - inputs.length];
    if (before === undefined || seen.has(at)) continue;
    seen.add(at);
    if (parametersOf(before).some(({ untrained }) => untrained === undefined))
      return inputError(
        `Expected layer ${describe(layer)} to read words, got the output of a layer that trains, ${JSON.stringify(before.name)}: it gives no gradient back, so that would learn nothing`,
      );
    open.push(...before.reads);
  }
  return unsupportedLayer(layer, 'it does not read an input of the model');
}

/** @returns the tensor that the last of the layers makes, or the first input where there are none */
function connect(reader: NetworkReader, { layers, sources }: ReadLayer, inputs: readonly number[]): number {
  const first = newest(reader) + 1;
  for (const [place, layer] of layers.entries()) {
    const source = sources === undefined ? (place === 0 ? 'input' : [place - 1]) : sources[place];
    const reads =
      source === 'input'
        ? inputs
        : source.map((one) => (typeof one === 'number' ? first + one : inputs[one.input]));
    reader.layers.push({ ...layer, reads });
  }
  return layers.length === 0 ? inputs[0] : newest(reader);
}

/** Its layers stand in the place of a model that is a layer of another one. */
function readNested(
  reader: NetworkReader,
  layer: LayerConfig,
  model: ModelGraph,
  values: readonly Value[],
): Value {
  if (model.inputs > 1 || model.outputs.length > 1)
    throw unsupportedLayer(layer, 'it is a model with several inputs or outputs');
  if (values.length !== 1)
    throw inputError(`Expected layer ${describe(layer)} to read one tensor, got ${values.length}`);
  const [value] = values;
  if (value.mask !== undefined) throw unsupportedLayer(layer, 'a mask would go into a model in it');
  const shape = exampleShape(firstLayer(model, 0));
  // As TensorFlow.js, takes a row of one for a vector.
  if (shape !== undefined && !sameShape(withoutOnes(shape), withoutOnes(value.shape)))
    throw inputError(
      `Expected the input of the nested model ${describe(layer)} to be of its shape [${shape.join(', ')}], got [${value.shape.join(', ')}]`,
    );
  return readModel(reader, model, [value])[0];
}

const withoutOnes = (shape: Shape): Shape => shape.slice(shape.findIndex((length) => length !== 1));

/** In the order of the weights. */
const layersOf = ({ members }: ModelGraph): LayerConfig[] =>
  members.flatMap(({ layer, model }) => (model === undefined ? [layer] : layersOf(model)));

function inputShape(graph: ModelGraph, input: ModelInput): Shape {
  const first = firstLayer(graph, input);
  const shape = exampleShape(first);
  if (shape === undefined)
    throw inputError(
      `Expected layer ${describe(first)}, the model's first, to give the shape of an example: \`batch_input_shape\`, or \`inputShape\` where the model is made`,
    );
  checkSize(first, shape);
  return shape;
}

/** What reads an input. A nested model may be the first. */
function firstLayer({ calls }: ModelGraph, input: ModelInput): LayerConfig {
  const { member } = calls.find(({ reads }) => reads[0] === input) ?? calls[0];
  return member.model === undefined ? member.layer : firstLayer(member.model, 0);
}
