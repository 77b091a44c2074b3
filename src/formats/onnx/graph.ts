/** An ONNX graph as it is put together. */

import type { Parameter } from '../../model/network.ts';
import { type Shape, sizeOf } from '../../shape.ts';
import {
  type AttributeMessage,
  attributeTypes,
  dataTypes,
  type NodeMessage,
  type TensorMessage,
} from './messages.ts';

/**
 * A tensor of the graph, [batch, ...shape]. Images are [height, width, channels] here and [channels, height, width] to
 * ONNX's convolutions: a tensor may stand there in either order, and is turned where somebody needs the other.
 */
export interface Value {
  readonly shape: Shape;
  /** In the order of `shape`. */
  last?: string;
  /** Channels first. */
  first?: string;
}

/** A number, or a list of them, is of integers. */
export type Attribute =
  | number
  | string
  | readonly number[]
  | { readonly float: number }
  | { readonly floats: readonly number[] }
  | { readonly strings: readonly string[] };

type Attributes = Readonly<Record<string, Attribute>>;

export interface OnnxGraph {
  readonly nodes: readonly NodeMessage[];
  readonly initializers: readonly TensorMessage[];
  /** Adds a node. @param output what its output is called @returns its output */
  node(op: string, inputs: readonly string[], attributes?: Attributes, output?: string): string;
  /** One of several outputs. @returns these */
  nodeOf(op: string, inputs: readonly string[], outputs: number, attributes?: Attributes): string[];
  /** A parameter as it is. */
  parameter(parameter: Parameter): string;
  /** Values under a name that is made unique; the same ones under the same name stand there once. */
  floats(name: string, shape: Shape, values: Float32Array): string;
  ints(values: readonly number[]): string;
  /** Of no dimensions. */
  int(value: number): string;
  /** Of one number. */
  scalar(value: number): string;
  /** The values of a parameter. */
  valuesOf(parameter: Parameter): Float32Array;
  /** In the order of its shape. */
  lastOf(value: Value): string;
  /** Of an image: channels first. */
  firstOf(value: Value): string;
  /** The same values in another shape, in the order of that. */
  as(value: Value, shape: Shape): string;
}

/** Names of nodes and of initializers, each once. */
function uniqueNames(): (name: string) => string {
  const names = new Set<string>();
  return (name) => {
    let number = 0;
    let found = name;
    while (names.has(found)) found = `${name}_${++number}`;
    names.add(found);
    return found;
  };
}

/** What stands in the graph from the beginning; equal contents stand there once. */
function createInitializers(parameters: Float32Array, unique: (name: string) => string) {
  const initializers: TensorMessage[] = [];
  const known = new Map<string, string>();
  const add = (given: string, dims: Shape, dataType: number, rawData: Uint8Array): string => {
    const name = unique(given);
    initializers.push({ name, dims, dataType, rawData });
    return name;
  };
  const once = (key: string, make: () => string): string => {
    const made = known.get(key) ?? make();
    known.set(key, made);
    return made;
  };
  const byName = new Map<string, TensorMessage[]>();
  const floats: OnnxGraph['floats'] = (name, shape, values) => {
    const rawData = new Uint8Array(values.slice().buffer);
    const before = byName.get(name) ?? [];
    const same = before.find(
      ({ dims, rawData: bytes }) =>
        dims.join() === shape.join() && Buffer.compare(rawData, bytes as Uint8Array) === 0,
    );
    if (same !== undefined) return same.name;
    const added = add(name, shape, dataTypes.float, rawData);
    byName.set(name, [...before, initializers.at(-1) as TensorMessage]);
    return added;
  };
  const valuesOf: OnnxGraph['valuesOf'] = ({ offset, size }) => parameters.subarray(offset, offset + size);
  const whole = (dims: Shape, values: readonly number[]): string =>
    once(`ints ${dims.length} ${values.join()}`, () => {
      const { buffer } = BigInt64Array.from(values, BigInt);
      return add('ints', dims, dataTypes.int64, new Uint8Array(buffer));
    });
  const ints: OnnxGraph['ints'] = (values) => whole([values.length], values);
  const int: OnnxGraph['int'] = (value) => whole([], [value]);
  const parameter: OnnxGraph['parameter'] = (one) =>
    once(`parameter ${one.name}`, () => floats(one.name, one.shape, valuesOf(one)));
  const scalar: OnnxGraph['scalar'] = (value) =>
    once(`scalar ${value}`, () => floats('scalar', [], Float32Array.of(value)));
  return { initializers, floats, valuesOf, ints, int, parameter, scalar };
}

/** Nodes that are added behind `of` have the name of that layer. */
export function createGraph(parameters: Float32Array) {
  const nodes: NodeMessage[] = [];
  const unique = uniqueNames();
  const constants = createInitializers(parameters, unique);
  let prefix = '';
  const add = (
    opType: string,
    input: readonly string[],
    attributes: Attributes,
    outputs: (name: string) => string[],
  ) => {
    const name = unique(`${prefix}/${opType}`);
    const output = outputs(name);
    nodes.push({ name, opType, input, output, attribute: Object.entries(attributes).map(attributeMessage) });
    return output;
  };
  const nodeOf: OnnxGraph['nodeOf'] = (op, inputs, outputs, attributes = {}) =>
    add(op, inputs, attributes, (name) => Array.from({ length: outputs }, (_, index) => `${name}:${index}`));
  const node: OnnxGraph['node'] = (op, inputs, attributes = {}, output?) =>
    add(op, inputs, attributes, (name) => [output ?? `${name}:0`])[0];
  const lastOf: OnnxGraph['lastOf'] = (value) => {
    value.last ??= node('Transpose', [value.first as string], { perm: channelsLast(value.shape) });
    return value.last;
  };
  const graph: OnnxGraph = {
    ...{ nodes, ...constants, node, nodeOf, lastOf },
    firstOf(value) {
      value.first ??= node('Transpose', [value.last as string], { perm: channelsFirst(value.shape) });
      return value.first;
    },
    as(value, shape) {
      if (shape.join() === value.shape.join()) return lastOf(value);
      return node('Reshape', [lastOf(value), constants.ints([-1, ...shape])]);
    },
  };
  const of = (layer: string): void => {
    prefix = layer;
  };
  return { graph, of };
}

/** Dimensions with the batch in front: 0, 1, 2, 3. */
const axesOf = (shape: Shape): number[] => Array.from({ length: shape.length + 1 }, (_, axis) => axis);
const channelsFirst = (shape: Shape): number[] => [0, shape.length, ...axesOf(shape).slice(1, -1)];
const channelsLast = (shape: Shape): number[] => [0, ...axesOf(shape).slice(2), 1];

function attributeMessage([name, value]: [string, Attribute]): AttributeMessage {
  if (typeof value === 'number') return { name, type: attributeTypes.int, i: value };
  if (typeof value === 'string') return { name, type: attributeTypes.string, s: Buffer.from(value) };
  if ('float' in value) return { name, type: attributeTypes.float, f: value.float };
  if ('floats' in value) return { name, type: attributeTypes.floats, floats: value.floats };
  if ('strings' in value)
    return { name, type: attributeTypes.strings, strings: value.strings.map((text) => Buffer.from(text)) };
  return { name, type: attributeTypes.ints, ints: value };
}

/**
 * Values in another order of their dimensions.
 * @param order for each dimension of the result the one of `shape` that it is
 */
export function transposed(values: Float32Array, shape: Shape, order: readonly number[]): Float32Array {
  const strides = shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
  const sizes = order.map((axis) => shape[axis]);
  const steps = order.map((axis) => strides[axis]);
  const result = new Float32Array(values.length);
  const place = sizes.map(() => 0);
  let from = 0;
  for (let to = 0; to < result.length; to++) {
    result[to] = values[from];
    for (let axis = sizes.length - 1; axis >= 0; axis--) {
      from += steps[axis];
      if (++place[axis] < sizes[axis]) break;
      from -= steps[axis] * sizes[axis];
      place[axis] = 0;
    }
  }
  return result;
}
