/** Builds networks by hand, so that the engines' tests do not depend on how a model is read. */
import {
  type ActivationKind,
  type ImageShape,
  type Layer,
  type Network,
  type Padding,
  type Pair,
  type Parameter,
  type Shape,
  sizeOf,
} from '../../src/model/network.ts';
import type { UnconnectedLayer } from '../../src/model/reader.ts';

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
    const { output, layer } = merge(shapes, nextBase(building, shapes[0]));
    return push(building, layer, ends, output);
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
type SingleBuilder = (
  input: Shape,
  base: Base,
  parameter: AddParameter,
) => { output: Shape; layer?: UnconnectedLayer };

/** Branches from one tensor, empty ones too, and the layer in which they meet. */
interface Branches {
  readonly branches: readonly (readonly LayerBuilder[])[];
  merge(shapes: readonly Shape[], base: Base): { output: Shape; layer: UnconnectedLayer };
}

export type LayerBuilder = SingleBuilder | Branches;

interface WeightOptions {
  readonly bias?: boolean;
  readonly frozen?: boolean;
}

interface WindowOptions {
  readonly strides?: Pair;
  readonly padding?: 'same' | 'valid';
}

export const conv2d =
  (
    filters: number,
    kernelSize: Pair,
    { strides = [1, 1], padding = 'same', bias = true, frozen = false }: WindowOptions & WeightOptions = {},
  ): SingleBuilder =>
  (shape, base, parameter) => {
    const input = imageShape(shape);
    const placed = placeWindows(input, kernelSize, strides, padding);
    const output: ImageShape = [...placed.size, filters];
    const untrained = frozen ? 'frozen' : undefined;
    const kernel = parameter('kernel', [...kernelSize, input[2], filters], untrained);
    const window = { kernelSize, strides, padding: placed.padding };
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

const activation =
  (kind: ActivationKind): SingleBuilder =>
  (input, base) => ({
    output: input,
    layer: { ...base, kind: 'activation', output: input, activation: kind },
  });

export const leakyReLU =
  (alpha: number): SingleBuilder =>
  (input, base) => ({ output: input, layer: { ...base, kind: 'leakyReLU', output: input, alpha } });

export const relu = activation('relu');
export const sigmoid = activation('sigmoid');
export const tanh = activation('tanh');

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

/** Branches whose ends are added; an empty one is a skip connection. */
export const add = (...branches: readonly (readonly LayerBuilder[])[]): LayerBuilder => ({
  branches,
  merge: ([output], base) => ({ output, layer: { ...base, kind: 'add', output } }),
});

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

function imageShape(shape: Shape): ImageShape {
  if (shape.length !== 3) throw new Error(`Expected [height, width, channels], got [${shape.join(', ')}]`);
  return [shape[0], shape[1], shape[2]];
}

/** Output size and padding as TensorFlow defines them: `same` gives ceil(size / stride) and pads the end more. */
function placeWindows(input: ImageShape, window: Pair, strides: Pair, padding: 'same' | 'valid') {
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
