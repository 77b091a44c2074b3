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

/** A network of `layers` on examples of shape `input`; shapes and the parameter layout follow from them. */
export function network(input: Shape, ...layers: readonly LayerBuilder[]): Network {
  const built: Layer[] = [];
  const parameters: Parameter[] = [];
  let shape = input;
  for (const [index, build] of layers.entries()) {
    const parameter = (name: string, parameterShape: Shape): Parameter => {
      const last = parameters.at(-1);
      const offset = last ? last.offset + last.size : 0;
      const initializer = { className: 'GlorotUniform', config: {} };
      const size = sizeOf(parameterShape);
      parameters.push({ name: `layer${index}/${name}`, shape: parameterShape, offset, size, initializer });
      return parameters[parameters.length - 1];
    };
    const { output, layer } = build(shape, { name: `layer${index}`, index, input: shape }, parameter);
    if (layer) built.push(layer);
    shape = output;
  }
  const parameterCount = parameters.reduce((sum, { size }) => sum + size, 0);
  const classes = sizeOf(shape);
  return {
    input,
    output: shape,
    layers: built,
    classes,
    endsInSoftmax: false,
    parameters,
    parameterCount,
    stateCount: 0,
  };
}

/** Makes one layer (or none, where only the shape changes) for an input shape. */
export type LayerBuilder = (
  input: Shape,
  base: { name: string; index: number; input: Shape },
  parameter: (name: string, shape: Shape) => Parameter,
) => { output: Shape; layer?: Layer };

interface WindowOptions {
  readonly strides?: Pair;
  readonly padding?: 'same' | 'valid';
}

export const conv2d =
  (
    filters: number,
    kernelSize: Pair,
    { strides = [1, 1], padding = 'same', bias = true }: WindowOptions & { bias?: boolean } = {},
  ): LayerBuilder =>
  (shape, base, parameter) => {
    const input = imageShape(shape);
    const placed = placeWindows(input, kernelSize, strides, padding);
    const output: ImageShape = [...placed.size, filters];
    const kernel = parameter('kernel', [...kernelSize, input[2], filters]);
    const window = { kernelSize, strides, padding: placed.padding };
    const trained = bias ? { kernel, bias: parameter('bias', [filters]) } : { kernel };
    return { output, layer: { ...base, kind: 'conv2d', input, output, ...window, ...trained } };
  };

const pooling2d =
  (kind: 'maxPooling2d' | 'averagePooling2d') =>
  (poolSize: Pair, { strides = poolSize, padding = 'valid' }: WindowOptions = {}): LayerBuilder =>
  (shape, base) => {
    const input = imageShape(shape);
    const placed = placeWindows(input, poolSize, strides, padding);
    const output: ImageShape = [...placed.size, input[2]];
    return { output, layer: { ...base, kind, input, output, poolSize, strides, padding: placed.padding } };
  };

export const maxPooling2d = pooling2d('maxPooling2d');
export const averagePooling2d = pooling2d('averagePooling2d');

export const dense =
  (units: number, { bias = true } = {}): LayerBuilder =>
  (input, base, parameter) => {
    const inputs = input[input.length - 1];
    const output = [...input.slice(0, -1), units];
    const kernel = parameter('kernel', [inputs, units]);
    const trained = bias ? { kernel, bias: parameter('bias', [units]) } : { kernel };
    const rows = sizeOf(input) / inputs;
    return { output, layer: { ...base, kind: 'dense', output, rows, inputs, units, ...trained } };
  };

export const flatten = (): LayerBuilder => (input) => ({ output: [sizeOf(input)] });
export const reshape =
  (...output: Shape): LayerBuilder =>
  () => ({ output });

export const dropout =
  (rate: number): LayerBuilder =>
  (input, base) => ({ output: input, layer: { ...base, kind: 'dropout', output: input, rate } });

const activation =
  (kind: ActivationKind): LayerBuilder =>
  (input, base) => ({
    output: input,
    layer: { ...base, kind: 'activation', output: input, activation: kind },
  });

export const relu = activation('relu');
export const sigmoid = activation('sigmoid');
export const tanh = activation('tanh');

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
