/** From an ONNX graph to a Keras-style configuration and weights. */
import { inputError } from '../../../errors.ts';
import { show } from '../../../model/keras/config/layer-config.ts';
import { dataTypes, type ModelMessage, type NodeMessage, type ValueInfoMessage } from '../messages.ts';
import { type Builder, createBuilder, type Made, type Sign } from './builder.ts';
import { type Constant, constantOf, settingsOf } from './constants.ts';
import { fold } from './folding.ts';
import { isSign, readSign } from './masks.ts';
import { inOrder, type NodeReader, type ReadNode, refused } from './node-reader.ts';
import { operations } from './operations.ts';
import { topologyOf } from './topology.ts';

/** No model that is read has more layers. */
const mostNodes = 20_000;

type Graph = ModelMessage['graph'];

interface Reading {
  readonly builder: Builder;
  readonly constants: Map<string, Constant>;
  readonly made: Map<string, Made>;
  readonly signs: Map<string, Sign>;
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
  const reading = { builder, constants, made, signs: new Map(), readers: countReaders(graph) };
  for (const input of inputs) made.set(input.name, inputOf(input, graph, builder));
  for (const node of graph.node) readNode(node, reading);
  const ends = inputs.map(({ name }) => made.get(name) as Made);
  const outputs = graph.output.map(({ name }) => outputOf(name, reading));
  return topologyOf(builder, ends, outputs);
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
  const { constants, made, signs } = reading;
  const reader = readerOf(node, reading);
  const isPlain = (node.domain ?? '') === '';
  const constant = isPlain ? fold(reader) : undefined;
  if (constant !== undefined) {
    constants.set(node.output[0], constant);
    return;
  }
  const sign = isPlain ? readSign(reader) : undefined;
  if (sign !== undefined && isSign(sign)) {
    // Of the largest values, their places are the second output.
    signs.set(node.output[node.opType === 'TopK' ? 1 : 0], sign);
    return;
  }
  const read = operations.get(node.opType);
  if (sign === undefined && (read === undefined || !isPlain))
    throw refused(reader, 'gradpool has no layer for it (docs/formats.md lists those that are)');
  const one = sign ?? (read as ReadNode)(reader);
  for (const [index, each] of [one, ...(one.others ?? [])].entries())
    if (node.output[index]) made.set(node.output[index], each);
}

function readerOf(node: NodeMessage, { builder, constants, made, signs, readers }: Reading): NodeReader {
  const settings = settingsOf(node);
  const { input } = node;
  const reader: NodeReader = {
    ...{ node, settings, builder },
    key: JSON.stringify([node.opType, node.attribute, input.filter((name) => constants.has(name))]),
    readers: (index) => readers.get(input[index]) ?? 0,
    isMade: (index) => made.has(input[index]),
    made(index) {
      const found = reader.raw(index);
      const { layout, isReversed = false, packed } = found;
      if (layout === undefined && !isReversed && packed === undefined) return found;
      const what =
        packed !== undefined
          ? 'only times that count are there'
          : isReversed
            ? 'times go backwards'
            : 'times or directions are in front';
      throw refused(reader, `it reads ${show(input[index])}, in which ${what}`);
    },
    raw(index) {
      const name = input[index];
      const found = made.get(name);
      if (found !== undefined) return found;
      if (signs.has(name))
        throw refused(reader, `it reads ${show(name)}, a mask of times, otherwise than gradpool writes it`);
      if (constants.has(name)) throw refused(reader, `it reads ${show(name)}, which stands in the file`);
      throw refused(reader, `it reads ${show(name)}, which no node before it makes`);
    },
    sign: (index) => signs.get(input[index] ?? ''),
    allMade: () => input.map((_, index) => reader.made(index)),
    constant: (index) => constants.get(input[index] ?? ''),
    list: (name, index) => {
      const values = constants.get(input[index] ?? '')?.values;
      return values === undefined ? settings.ints(name) : [...values];
    },
  };
  return reader;
}

function outputOf(name: string, reading: Reading): Made {
  const found = reading.made.get(name);
  if (found === undefined) throw inputError(`Expected a node to make its output ${show(name)}, got none`);
  const node = { name: 'output', opType: 'Identity', input: [name], output: [name], attribute: [] };
  const reader = readerOf(node, reading);
  return inOrder(reader, reader.made(0));
}
