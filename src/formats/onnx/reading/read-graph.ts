/** From an ONNX graph to a Keras-style configuration and weights. */
import { inputError } from '../../../errors.ts';
import { show } from '../../../model/keras/config/layer-config.ts';
import { dataTypes, type ModelMessage, type NodeMessage, type ValueInfoMessage } from '../messages.ts';
import { type Builder, createBuilder, type Made } from './builder.ts';
import { type Constant, constantOf, settingsOf } from './constants.ts';
import { inOrder, type NodeReader, refused } from './node-reader.ts';
import { operations } from './operations.ts';

/** No model that is read has more layers. */
const mostNodes = 20_000;

type Graph = ModelMessage['graph'];

interface Reading {
  readonly builder: Builder;
  readonly constants: Map<string, Constant>;
  readonly made: Map<string, Made>;
  readonly readers: ReadonlyMap<string, number>;
}

/** @throws GradpoolError that names the node that is not taken */
export function readOnnxGraph({ graph }: ModelMessage): {
  topology: object;
  weights: ReadonlyMap<string, Constant>;
} {
  if (graph.node.length > mostNodes)
    throw inputError(`Expected at most ${mostNodes} nodes, got ${graph.node.length}`);
  const builder = createBuilder();
  const constants = new Map(graph.initializer.map((tensor) => [tensor.name, constantOf(tensor)]));
  const inputs = graph.input.filter(({ name }) => !constants.has(name));
  const made = new Map<string, Made>();
  const reading = { builder, constants, made, readers: countReaders(graph) };
  for (const input of inputs) made.set(input.name, inputOf(input, graph, builder));
  for (const node of graph.node) readNode(node, reading);
  const ends = inputs.map(({ name }) => made.get(name) as Made);
  const outputs = graph.output.map(({ name }) => outputOf(name, reading));
  return { topology: builder.topology(ends, outputs), weights: builder.weights };
}

function countReaders({ node, output }: Graph): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const name of [...node.flatMap(({ input }) => input), ...output.map((one) => one.name)])
    counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

/** An image comes channels first, unless the graph turns it itself. */
function inputOf({ name, type }: ValueInfoMessage, { node }: Graph, builder: Builder): Made {
  const { elemType, shape } = type?.tensorType ?? {};
  const [, ...sizes] = shape?.dim.map(({ dimValue }) => dimValue ?? 0) ?? [];
  const words = [dataTypes.int64, dataTypes.int32] as readonly (number | undefined)[];
  if (
    (elemType !== dataTypes.float && !words.includes(elemType)) ||
    sizes.length === 0 ||
    sizes.some((size) => size < 1)
  )
    throw inputError(
      `Expected its input ${show(name)} to be of float32 or whole numbers, [batch, ...] of known sizes, got the type ${elemType} and [${sizes.join(', ')}]`,
    );
  const isFirst =
    sizes.length === 3 && !node.some(({ opType, input }) => input[0] === name && opType === 'Transpose');
  return builder.input(name, isFirst ? [sizes[1], sizes[2], sizes[0]] : sizes, isFirst);
}

function readNode(node: NodeMessage, reading: Reading): void {
  const { constants, made } = reading;
  const settings = settingsOf(node);
  const value = settings.tensor('value');
  if (node.opType === 'Constant' && value !== undefined) {
    constants.set(node.output[0], constantOf(value));
    return;
  }
  const reader = readerOf(node, reading);
  const read = operations.get(node.opType);
  if (read === undefined || (node.domain ?? '') !== '')
    throw refused(reader, 'gradpool has no layer for it (docs/formats.md lists those that are)');
  // What only passes constants on.
  const [first] = node.input;
  const constant = constants.get(first);
  if (constant !== undefined && ['Identity', 'Cast'].includes(node.opType))
    constants.set(node.output[0], constant);
  else {
    const one = read(reader);
    for (const [index, each] of [one, ...(one.others ?? [])].entries())
      if (node.output[index]) made.set(node.output[index], each);
  }
}

function readerOf(node: NodeMessage, { builder, constants, made, readers }: Reading): NodeReader {
  const settings = settingsOf(node);
  const reader: NodeReader = {
    ...{ node, settings, builder },
    readers: (index) => readers.get(node.input[index]) ?? 0,
    isRead: (output) => (readers.get(node.output[output] ?? '') ?? 0) > 0,
    made(index) {
      const found = reader.raw(index);
      if (!found.isTimeFirst && found.directionAxis === undefined) return found;
      throw refused(reader, `it reads ${show(node.input[index])}, in which times or directions are in front`);
    },
    raw(index) {
      const found = made.get(node.input[index]);
      if (found !== undefined) return found;
      throw refused(reader, `it reads ${show(node.input[index])}, which no node before it makes`);
    },
    allMade: () => node.input.map((_, index) => reader.made(index)),
    constant: (index) => constants.get(node.input[index] ?? ''),
    list: (name, index) => {
      const values = constants.get(node.input[index] ?? '')?.values;
      return values === undefined ? settings.ints(name) : [...values];
    },
  };
  return reader;
}

function outputOf(name: string, reading: Reading): Made {
  const found = reading.made.get(name);
  if (found === undefined) throw inputError(`Expected a node to make its output ${show(name)}, got none`);
  const node = { name: 'output', opType: 'Identity', input: [name], output: [name], attribute: [] };
  return inOrder(readerOf(node, reading), found);
}
