/** Builds networks by hand, so that the engines' tests do not depend on how a model is read. */
import type { UnconnectedLayer } from '../../src/model/keras/layers/reader.ts';
import type {
  ActivationName,
  Layer,
  MergingKind,
  Network,
  NoiseLayer,
  Padding,
  Parameter,
} from '../../src/model/network.ts';
import { type ImageShape, type Pair, type Shape, sizeOf } from '../../src/shape.ts';

/** A network of `layers` on examples of shape `input`; shapes and the parameter layout follow from them. */
export function network(input: Shape, ...layers: readonly LayerBuilder[]): Network {
  const building: Building = { layers: [], weights: [], index: 0 };
  const { shape } = append(building, { tensor: 0, shape: input }, layers);
  const { trained, state } = Object.groupBy(building.weights, ({ untrained }) =>
    untrained === undefined ? 'trained' : 'state',
  );
  const parameters = [...(trained ?? []), ...(state ?? [])];
  let parameterCount = 0;
  for (const parameter of parameters) {
    parameter.offset = parameterCount;
    parameterCount += parameter.size;
  }
  return {
    input,
    output: shape,
    layers: building.layers,
    classes: sizeOf(shape),
    endsInSoftmax: false,
    parameters,
    parameterCount,
    stateCount: (state ?? []).reduce((sum, { size }) => sum + size, 0),
  };
}

interface Building {
  readonly layers: Layer[];
  readonly weights: { -readonly [Field in keyof Parameter]: Parameter[Field] }[];
  index: number;
}

interface Value {
  readonly tensor: number;
  readonly shape: Shape;
}

function append(building: Building, from: Value, builders: readonly LayerBuilder[]): Value {
  let value = from;
  for (const build of builders) value = typeof build === 'function' ? one(build) : meet(build);
  return value;

  function one(build: SingleBuilder): Value {
    const base = nextBase(building, value.shape);
    const parameter: AddParameter = (name, shape, untrained) => {
      const initializer = { className: 'GlorotUniform', config: {} };
      const made = { name: `${base.name}/${name}`, shape, offset: 0, size: sizeOf(shape), initializer };
      const weight = untrained === undefined ? made : { ...made, untrained };
      building.weights.push(weight);
      return weight;
    };
    const { output, layer } = build(value.shape, base, parameter);
    if (layer === undefined) return { ...value, shape: output };
    return push(building, layer, [value], output);
  }

  function meet({ branches, merge }: Branches): Value {
    const ends = branches.map((builders) => append(building, value, builders));
    const shapes = ends.map(({ shape }) => shape);
    const { output, layer, before } = merge(shapes, nextBase(building, shapes[0]));
    const read = ends.map((end, place) => {
      const first = before?.(end.shape, place);
      return first === undefined ? end : push(building, first, [end], first.output);
    });
    return push(building, layer, read, output);
  }
}

function push(building: Building, layer: UnconnectedLayer, reads: readonly Value[], shape: Shape): Value {
  building.layers.push({ ...layer, reads: reads.map(({ tensor }) => tensor) });
  return { tensor: building.layers.length, shape };
}

function nextBase(building: Building, input: Shape): Base {
  const index = building.index++;
  return { name: `layer${index}`, index, input };
}

type Base = { name: string; index: number; input: Shape };
type AddParameter = (name: string, shape: Shape, untrained?: Parameter['untrained']) => Parameter;

/** Makes one layer (or none, where only the shape changes) for an input shape. */
export type SingleBuilder = (
  input: Shape,
  base: Base,
  parameter: AddParameter,
) => { output: Shape; layer?: UnconnectedLayer };

/** Branches from one tensor, empty ones too, and the layer in which they meet. */
interface Branches {
  readonly branches: readonly (readonly LayerBuilder[])[];
  merge(
    shapes: readonly Shape[],
    base: Base,
  ): {
    output: Shape;
    layer: UnconnectedLayer;
    /** What an end goes through before. */
    before?(shape: Shape, place: number): UnconnectedLayer | undefined;
  };
}

export type LayerBuilder = SingleBuilder | Branches;

export interface WeightOptions {
  readonly bias?: boolean;
  readonly frozen?: boolean;
}

export interface WindowOptions {
  readonly strides?: Pair;
  readonly dilation?: Pair;
  readonly padding?: 'same' | 'valid';
}

export const conv2d =
  (
    filters: number,
    kernelSize: Pair,
    {
      strides = [1, 1],
      padding = 'same',
      bias = true,
      frozen = false,
      dilation = [1, 1],
    }: WindowOptions & WeightOptions = {},
  ): SingleBuilder =>
  (shape, base, parameter) => {
    const input = imageShape(shape);
    const placed = placeWindows(input, kernelSize, strides, padding, dilation);
    const output: ImageShape = [...placed.size, filters];
    const untrained = frozen ? 'frozen' : undefined;
    const kernel = parameter('kernel', [...kernelSize, input[2], filters], untrained);
    const isDilated = dilation.some((rate) => rate !== 1);
    const window = { kernelSize, strides, padding: placed.padding, ...(isDilated ? { dilation } : {}) };
    const trained = bias ? { kernel, bias: parameter('bias', [filters], untrained) } : { kernel };
    return { output, layer: { ...base, kind: 'conv2d', input, output, ...window, ...trained } };
  };

const pooling2d =
  <K extends 'maxPooling2d' | 'averagePooling2d'>(kind: K) =>
  (poolSize: Pair, { strides = poolSize, padding = 'valid' }: WindowOptions = {}): SingleBuilder =>
  (shape, base) => {
    const input = imageShape(shape);
    const placed = placeWindows(input, poolSize, strides, padding);
    const output: ImageShape = [...placed.size, input[2]];
    const layer = { ...base, kind, input, output, poolSize, strides, padding: placed.padding };
    return { output, layer: layer as UnconnectedLayer };
  };

export const maxPooling2d = pooling2d('maxPooling2d');
export const averagePooling2d = pooling2d('averagePooling2d');

export const dense =
  (units: number, { bias = true, frozen = false }: WeightOptions = {}): SingleBuilder =>
  (input, base, parameter) => {
    const inputs = input[input.length - 1];
    const output = [...input.slice(0, -1), units];
    const untrained = frozen ? 'frozen' : undefined;
    const kernel = parameter('kernel', [inputs, units], untrained);
    const trained = bias ? { kernel, bias: parameter('bias', [units], untrained) } : { kernel };
    const rows = sizeOf(input) / inputs;
    return { output, layer: { ...base, kind: 'dense', output, rows, inputs, units, ...trained } };
  };

export const flatten = (): SingleBuilder => (input) => ({ output: [sizeOf(input)] });
export const reshape =
  (...output: Shape): SingleBuilder =>
  () => ({ output });

export const dropout =
  (rate: number): SingleBuilder =>
  (input, base) => ({ output: input, layer: { ...base, kind: 'dropout', output: input, rate } });

export const noise =
  (name: NoiseLayer['noise'], amount: number): SingleBuilder =>
  (input, base) => ({
    output: input,
    layer: { ...base, kind: 'noise', output: input, noise: name, amount },
  });

export const activation =
  (name: ActivationName, setting?: number): SingleBuilder =>
  (input, base) => {
    const layer = { ...base, kind: 'activation', output: input, activation: name } as const;
    return { output: input, layer: setting === undefined ? layer : { ...layer, setting } };
  };

export const relu = activation('relu');
export const sigmoid = activation('sigmoid');
export const tanh = activation('tanh');
export const leakyReLU = (alpha: number): SingleBuilder => activation('leakyReLU', alpha);

const rowByRow = (kind: 'softmax' | 'logSoftmax') => (): SingleBuilder => (input, base) => ({
  output: input,
  layer: { ...base, kind, output: input, columns: input[input.length - 1] },
});

export const softmax = rowByRow('softmax');
export const logSoftmax = rowByRow('logSoftmax');

/** @param shared axes of an example that have one alpha */
export const prelu =
  (shared: readonly number[] = [], frozen = false): SingleBuilder =>
  (input, base, parameter) => {
    const shape = input.map((size, axis) => (shared.includes(axis) ? 1 : size));
    const alpha = parameter('alpha', shape, frozen ? 'frozen' : undefined);
    return { output: input, layer: { ...base, kind: 'prelu', output: input, alpha } };
  };

export const batchNormalization =
  ({ momentum = 0.9, scale = true, center = true, frozen = false } = {}): SingleBuilder =>
  (input, base, parameter) => {
    const channels = input[input.length - 1];
    const untrained = frozen ? 'frozen' : undefined;
    const gamma = scale ? { gamma: parameter('gamma', [channels], untrained) } : {};
    const beta = center ? { beta: parameter('beta', [channels], untrained) } : {};
    const averages = {
      movingMean: parameter('moving_mean', [channels], 'average'),
      movingVariance: parameter('moving_variance', [channels], 'average'),
    };
    const settings = { channels, momentum, epsilon: 0.01 };
    return {
      output: input,
      layer: {
        ...base,
        kind: 'batchNormalization',
        output: input,
        ...settings,
        ...gamma,
        ...beta,
        ...averages,
      },
    };
  };

export const layerNormalization =
  ({ scale = true, center = true, frozen = false } = {}): SingleBuilder =>
  (output, base, parameter) => {
    const size = output[output.length - 1];
    const untrained = frozen ? 'frozen' : undefined;
    const gamma = scale ? { gamma: parameter('gamma', [size], untrained) } : {};
    const beta = center ? { beta: parameter('beta', [size], untrained) } : {};
    const settings = { size, epsilon: 0.01 };
    return { output, layer: { ...base, kind: 'layerNormalization', output, ...settings, ...gamma, ...beta } };
  };

export const embedding =
  (vocabulary: number, size: number, { frozen = false } = {}): SingleBuilder =>
  (input, base, parameter) => {
    const output = [...input, size];
    const embeddings = parameter('embeddings', [vocabulary, size], frozen ? 'frozen' : undefined);
    const settings = { words: sizeOf(input), vocabulary, size, embeddings };
    return { output, layer: { ...base, kind: 'embedding', output, ...settings } };
  };

/** Branches whose ends meet value by value, broadcast where they have to be; an empty one is a skip connection. */
export const merging =
  (kind: MergingKind) =>
  (...branches: readonly (readonly LayerBuilder[])[]): LayerBuilder => ({
    branches,
    merge(shapes, base) {
      const output = shapes.reduce(broadcastShape);
      return {
        output,
        layer: {
          ...{ ...base, input: output, kind, output },
          ...(shapes.every((shape) => String(shape) === String(output)) ? {} : { broadcasts: true }),
        },
        before: (input) =>
          String(input) === String(output) ? undefined : { ...base, kind: 'broadcast', input, output },
      };
    },
  });

export const add = merging('add');

function broadcastShape(a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  const [one, other] = [a, b].map((shape) => [...Array<number>(rank - shape.length).fill(1), ...shape]);
  return one.map((size, axis) => Math.max(size, other[axis]));
}

/** Two branches, whose ends are vectors or matrices: the sum along an axis of an example of each. */
export const dot = (
  axes: readonly [left: number, right: number],
  left: readonly LayerBuilder[],
  right: readonly LayerBuilder[],
  normalize = false,
): LayerBuilder => ({
  branches: [left, right],
  merge(shapes, base) {
    const [a, b] = shapes;
    const depth = a[axes[0]];
    const rest = [...a.toSpliced(axes[0], 1), ...b.toSpliced(axes[1], 1)];
    const output = rest.length === 0 ? [1] : rest;
    const [rows, columns] = shapes.map((shape) => sizeOf(shape) / depth);
    const transposed = [axes[0] === 0 && a.length > 1, axes[1] === 1] as const;
    return {
      output,
      layer: { ...base, kind: 'dot', right: b, output, rows, depth, columns, transposed },
      before: (input, place) =>
        normalize
          ? { ...base, kind: 'l2Normalize', input, output: input, ...around(input, axes[place]) }
          : undefined,
    };
  },
});

const around = (shape: Shape, axis: number) => ({
  rows: sizeOf(shape.slice(0, axis)),
  size: shape[axis],
  columns: sizeOf(shape.slice(axis + 1)),
});

/** One row of the input. */
export const slice =
  (place: number): SingleBuilder =>
  (input, base) => {
    const output = input.slice(1);
    return { output, layer: { ...base, kind: 'slice', output, place } };
  };

/** Branches whose ends stand side by side along an axis of an example. */
export const concatenate = (
  axis: number,
  ...branches: readonly (readonly LayerBuilder[])[]
): LayerBuilder => ({
  branches,
  merge(shapes, base) {
    const [first] = shapes;
    const output = first.with(
      axis,
      shapes.reduce((sum, shape) => sum + shape[axis], 0),
    );
    const parts = shapes.map((shape) => sizeOf(shape.slice(axis)));
    const rows = sizeOf(first.slice(0, axis));
    return { output, layer: { ...base, kind: 'concatenate', output, rows, parts } };
  },
});

export function imageShape(shape: Shape): ImageShape {
  if (shape.length !== 3) throw new Error(`Expected [height, width, channels], got [${shape.join(', ')}]`);
  return [shape[0], shape[1], shape[2]];
}

/** Output size and padding as TensorFlow defines them: `same` gives ceil(size / stride) and pads the end more. */
export function placeWindows(
  input: ImageShape,
  size: Pair,
  strides: Pair,
  padding: 'same' | 'valid',
  dilation: Pair = [1, 1],
) {
  const window = size.map((length, axis) => (length - 1) * dilation[axis] + 1);
  const place = (axis: 0 | 1) => {
    if (padding === 'valid')
      return { size: Math.ceil((input[axis] - window[axis] + 1) / strides[axis]), before: 0, after: 0 };
    const size = Math.ceil(input[axis] / strides[axis]);
    const total = Math.max(0, (size - 1) * strides[axis] + window[axis] - input[axis]);
    return { size, before: total >> 1, after: total - (total >> 1) };
  };
  const [vertical, horizontal] = [place(0), place(1)];
  const around: Padding = {
    top: vertical.before,
    bottom: vertical.after,
    left: horizontal.before,
    right: horizontal.after,
  };
  return { size: [vertical.size, horizontal.size] as Pair, padding: around };
}
