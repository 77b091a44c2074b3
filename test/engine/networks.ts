/** Networks for the engines' tests, built by hand so that they do not depend on how a model is read. */
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
  return { input, layers: built, classes: sizeOf(shape), endsInSoftmax: false, parameters, parameterCount };
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

/** MNIST's network in small: every kind of layer that the seed's network has, in its order. */
export const miniMnist = network(
  [12, 12, 1],
  conv2d(4, [3, 3]),
  relu,
  maxPooling2d([2, 2]),
  conv2d(8, [3, 3]),
  relu,
  maxPooling2d([2, 2]),
  flatten(),
  dense(32),
  relu,
  dropout(0.4),
  dense(10),
);

/** Each layer kind alone in front of the logits, sizes that are no multiple of anything, and orders of layers. */
export const networks: Readonly<Record<string, Network>> = {
  'no hidden layer': network([7], dense(10)),
  'no hidden layer, no bias, two classes': network([5], dense(2, { bias: false })),
  'no hidden layer, on an image': network([3, 5, 2], flatten(), dense(17)),
  'one input, one row': network([1], dense(2)),
  'a dense layer of each odd size': network([33], dense(17), dense(5), dense(3), dense(1), dense(10)),
  'dense layers wider than a tile': network(
    [70],
    dense(65),
    relu,
    dense(49, { bias: false }),
    relu,
    dense(10),
  ),
  'dense on the rows of an image': network([3, 4, 5], dense(6), relu, flatten(), dense(10)),
  'dense on the rows behind a convolution': network(
    [4, 3, 2],
    conv2d(5, [3, 3]),
    dense(7),
    tanh,
    flatten(),
    dense(10),
  ),
  'dense without bias on rows': network([5, 3], dense(17, { bias: false }), tanh, flatten(), dense(2)),

  relu: network([9], dense(13), relu, dense(10)),
  sigmoid: network([9], dense(13), sigmoid, dense(10)),
  tanh: network([9], dense(13), tanh, dense(10)),
  'activations first and in a row': network([4, 4, 1], tanh, sigmoid, relu, flatten(), dense(10)),
  'logits from an activation': network([6], dense(10), tanh),

  'dropout first': network([11], dropout(0.3), dense(10)),
  'dropout in the middle': network([11], dense(19), dropout(0.5), dense(10)),
  'dropout on an image, twice': network(
    [5, 5, 1],
    conv2d(3, [3, 3]),
    dropout(0.25),
    relu,
    flatten(),
    dropout(0.6),
    dense(10),
  ),
  'dropout at rate 0': network([11], dense(19), dropout(0), dense(10)),
  'dropout behind max pooling': network([6, 6, 3], maxPooling2d([2, 2]), dropout(0.4), flatten(), dense(10)),
  'dropout on the logits': network([6], dense(10), dropout(0.5)),

  'convolution, same': network([6, 7, 1], conv2d(5, [3, 3]), flatten(), dense(10)),
  'convolution, valid': network([6, 7, 3], conv2d(5, [3, 2], { padding: 'valid' }), flatten(), dense(10)),
  'convolution without bias': network([6, 6, 3], conv2d(4, [3, 3], { bias: false }), flatten(), dense(10)),
  'convolution 5x5, 17 to 33 channels': network([5, 6, 17], conv2d(33, [5, 5]), relu, flatten(), dense(10)),
  'convolution 1x1': network([4, 5, 5], conv2d(3, [1, 1]), relu, flatten(), dense(10)),
  'convolution to one channel': network([5, 5, 3], conv2d(1, [3, 3]), flatten(), dense(10)),
  'convolution with an even kernel, same': network([5, 6, 2], conv2d(3, [2, 4]), flatten(), dense(10)),
  'convolution, stride 2, same': network(
    [7, 8, 3],
    conv2d(4, [3, 3], { strides: [2, 2] }),
    flatten(),
    dense(10),
  ),
  'convolution, stride 3 and 2, valid': network(
    [10, 9, 1],
    conv2d(5, [3, 5], { strides: [3, 2], padding: 'valid' }),
    relu,
    flatten(),
    dense(10),
  ),
  'convolution, strides wider than the kernel': network(
    [8, 9, 2],
    conv2d(3, [2, 1], { strides: [3, 2] }),
    flatten(),
    dense(10),
  ),
  'convolution on one pixel': network([1, 1, 3], conv2d(5, [3, 3]), flatten(), dense(10)),
  'convolution on 2x3, kernel larger than the image': network(
    [2, 3, 1],
    conv2d(4, [5, 7]),
    flatten(),
    dense(10),
  ),
  'convolution as large as the image gives the logits': network(
    [4, 3, 2],
    conv2d(10, [4, 3], { padding: 'valid' }),
    flatten(),
  ),
  'two convolutions in a row': network([6, 5, 2], conv2d(5, [3, 3]), conv2d(3, [3, 3]), flatten(), dense(10)),
  'two strided convolutions with relu': network(
    [11, 11, 1],
    conv2d(6, [3, 3], { strides: [2, 2] }),
    relu,
    conv2d(9, [3, 3], { strides: [2, 2], bias: false }),
    relu,
    flatten(),
    dense(10),
  ),
  'convolution wider than a vector row': network([4, 37, 2], conv2d(3, [3, 5]), relu, flatten(), dense(10)),

  'max pooling': network([6, 4, 3], maxPooling2d([2, 2]), flatten(), dense(10)),
  'max pooling, odd image, valid': network(
    [7, 5, 2],
    conv2d(3, [3, 3]),
    maxPooling2d([2, 2]),
    flatten(),
    dense(10),
  ),
  'max pooling, odd image, same': network(
    [7, 5, 2],
    conv2d(3, [3, 3]),
    maxPooling2d([2, 2], { padding: 'same' }),
    flatten(),
    dense(10),
  ),
  'max pooling 3, stride 1, same': network(
    [5, 6, 1],
    conv2d(4, [3, 3]),
    maxPooling2d([3, 3], { strides: [1, 1], padding: 'same' }),
    flatten(),
    dense(10),
  ),
  'max pooling 3, stride 2, valid': network(
    [8, 7, 2],
    conv2d(5, [3, 3]),
    relu,
    maxPooling2d([3, 3], { strides: [2, 2] }),
    flatten(),
    dense(10),
  ),
  'max pooling, not square, windows apart': network(
    [8, 9, 1],
    conv2d(3, [3, 3]),
    maxPooling2d([1, 2], { strides: [2, 3] }),
    flatten(),
    dense(10),
  ),
  'max pooling of the whole image': network(
    [4, 4, 3],
    conv2d(5, [3, 3]),
    maxPooling2d([4, 4]),
    flatten(),
    dense(10),
  ),
  'max pooling, then relu': network(
    [6, 6, 1],
    conv2d(4, [3, 3]),
    maxPooling2d([2, 2]),
    relu,
    flatten(),
    dense(10),
  ),
  'average pooling': network([6, 4, 3], conv2d(4, [3, 3]), averagePooling2d([2, 2]), flatten(), dense(10)),
  'average pooling 3, stride 2, same': network(
    [7, 6, 2],
    conv2d(3, [3, 3]),
    relu,
    averagePooling2d([3, 3], { strides: [2, 2], padding: 'same' }),
    flatten(),
    dense(10),
  ),
  'average pooling 3, stride 1, same': network(
    [4, 5, 1],
    conv2d(2, [3, 3]),
    averagePooling2d([3, 3], { strides: [1, 1], padding: 'same' }),
    flatten(),
    dense(10),
  ),
  'average pooling gives the logits': network(
    [4, 4, 1],
    conv2d(10, [3, 3]),
    averagePooling2d([4, 4]),
    flatten(),
  ),
  'convolution behind pooling': network(
    [9, 9, 1],
    maxPooling2d([2, 2]),
    conv2d(5, [3, 3]),
    averagePooling2d([2, 2]),
    conv2d(17, [2, 2], { padding: 'valid' }),
    relu,
    flatten(),
    dense(10),
  ),
  'an image made of a vector': network(
    [5],
    dense(12),
    relu,
    reshape(2, 3, 2),
    conv2d(3, [2, 2]),
    flatten(),
    dense(10),
  ),
  'small MNIST': miniMnist,
  'the tutorial network with fewer channels': network(
    [28, 28, 1],
    conv2d(8, [5, 5]),
    relu,
    maxPooling2d([2, 2]),
    conv2d(16, [5, 5]),
    relu,
    maxPooling2d([2, 2]),
    flatten(),
    dense(64),
    relu,
    dropout(0.4),
    dense(10),
  ),
};
