/** Nodes whose outputs are known while a file is read: of constants, and of shapes. The number of examples is NaN. */
import { sizeOf } from '../../../shape.ts';
import { transposed } from '../graph.ts';
import type { Made } from './builder.ts';
import { type Constant, constantOf } from './constants.ts';
import type { NodeReader } from './node-reader.ts';

/** No constant that a file has computed is larger. */
const mostValues = 1_000_000;

type Rule = (inputs: readonly Constant[], reader: NodeReader) => Constant | undefined;

/** @returns undefined for a node that is to become a layer */
export function fold(reader: NodeReader): Constant | undefined {
  const { node } = reader;
  if (node.opType === 'Shape') return shapeOf(reader);
  const rule = rules[node.opType];
  const inputs = node.input.flatMap((name, index) => (name === '' ? [] : [reader.constant(index)]));
  return inputs.every((input) => input !== undefined) ? rule?.(inputs, reader) : undefined;
}

const list = (values: readonly number[]): Constant => ({ shape: [values.length], values });
const filled = (value: number): Constant => ({ shape: [], values: [value], isFilled: true });

function shapeOf(reader: NodeReader): Constant {
  const { settings } = reader;
  const shape = reader.constant(0)?.shape ?? onnxShape(reader.raw(0));
  return list(shape.slice(settings.int('start', 0), settings.int('end', shape.length)));
}

/** As ONNX has it, the examples among them. */
export function onnxShape({ shape, isFirst, layout, parts }: Made): number[] {
  if (layout === undefined) return [Number.NaN, ...(isFirst ? [shape[2], shape[0], shape[1]] : shape)];
  const sizes: Record<string, number> = {
    t: shape[0],
    b: Number.NaN,
    d: parts?.length ?? 1,
    v: shape.at(-1) ?? 0,
  };
  return [...layout].map((letter) => sizes[letter]);
}

const withAll =
  (rule: Rule): Rule =>
  (inputs, reader) =>
    inputs[0].isFilled ? inputs[0] : rule(inputs, reader);

/** The same values; shapes matter where there are at most a few dimensions. */
const reshape: Rule = withAll(([data, given], reader) => {
  const axes = reader.list('axes', 1) ?? [];
  if (reader.node.opType === 'Unsqueeze' && axes.length === 1 && data.shape.length <= 1)
    return {
      ...data,
      shape: data.shape.length === 0 ? [1] : axes[0] === 0 ? [1, ...data.shape] : [...data.shape, 1],
    };
  if (reader.node.opType === 'Squeeze') return { ...data, shape: data.shape.filter((size) => size !== 1) };
  if (given === undefined) return undefined;
  const known = sizeOf([...given.values].filter((size) => size !== -1));
  const shape = [...given.values].map((size) => (size === -1 ? data.values.length / known : size));
  return sizeOf(shape) === data.values.length ? { ...data, shape } : undefined;
});

const fill = (value: number, shape: readonly number[]): Constant =>
  shape.some(Number.isNaN) || sizeOf(shape) > mostValues
    ? filled(value)
    : { shape, values: new Array<number>(sizeOf(shape)).fill(value) };

/** Value by value, of numbers and lists. */
const byValue =
  (compute: (...values: number[]) => number): Rule =>
  (inputs) => {
    const longest = inputs.reduce((one, other) => (other.values.length > one.values.length ? other : one));
    const length = longest.values.length;
    if (inputs.some(({ values }) => values.length !== 1 && values.length !== length)) return undefined;
    const values = Array.from({ length }, (_, at) =>
      compute(...inputs.map((input) => input.values[input.values.length === 1 ? 0 : at])),
    );
    return inputs.some(({ isFilled }) => isFilled)
      ? length === 1
        ? filled(values[0])
        : undefined
      : { shape: longest.shape, values };
  };

const rules: Readonly<Record<string, Rule>> = {
  Constant(_, { settings }) {
    const tensor = settings.tensor('value');
    if (tensor !== undefined) return constantOf(tensor);
    const one = settings.ints('value_ints') ?? settings.floats('value_floats');
    if (one !== undefined && one.length > 0) return list(one);
    const number = settings.has('value_int')
      ? settings.int('value_int', 0)
      : settings.float('value_float', 0);
    return { shape: [], values: [number] };
  },
  Identity: ([data]) => data,
  Cast: ([data]) => data,
  Unsqueeze: reshape,
  Squeeze: reshape,
  Reshape: reshape,
  Gather([data, places]) {
    if (data.shape.length !== 1 || places.shape.length > 1) return undefined;
    const values = Array.from(places.values, (place) => data.values.at(place));
    return values.some((value) => value === undefined)
      ? undefined
      : { shape: places.shape, values: values as number[] };
  },
  Concat: (inputs) =>
    inputs.every(({ shape, isFilled }) => shape.length === 1 && !isFilled)
      ? list(inputs.flatMap(({ values }) => [...values]))
      : undefined,
  Slice: withAll(([data, starts, ends], { node }) =>
    data.shape.length === 1 && starts.values.length === 1 && node.input.length < 5
      ? list([...data.values].slice(starts.values[0], ends.values[0]))
      : undefined,
  ),
  ConstantOfShape([shape], { settings }) {
    const tensor = settings.tensor('value');
    return fill(tensor === undefined ? 0 : constantOf(tensor).values[0], [...shape.values]);
  },
  Expand: withAll(([{ values }, shape]) =>
    values.every((value) => value === values[0]) && !(sizeOf([...shape.values]) < values.length)
      ? fill(values[0], [...shape.values])
      : undefined,
  ),
  Transpose: withAll(([data], { settings }) => {
    const order = settings.ints('perm') ?? data.shape.map((_, axis) => axis).toReversed();
    const values = transposed(Float32Array.from(data.values), data.shape, order);
    return { shape: order.map((axis) => data.shape[axis]), values };
  }),
  Add: byValue((one, other) => one + other),
  Sub: byValue((one, other) => one - other),
  Mul: byValue((one, other) => one * other),
  Equal: byValue((one, other) => Number(one === other)),
  Where: byValue((where, one, other) => (where ? one : other)),
};
