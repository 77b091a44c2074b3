/** Real MNIST digits in small numbers, and a small network for them. */
import { type Dataset, dataset } from '../src/data/dataset.ts';
import { mnist } from '../src/data/mnist.ts';
import { sizeOf } from '../src/shape.ts';
import { constrained, norm } from './engine/constrained-networks.ts';
import {
  add,
  batchNormalization,
  concatenate,
  conv2d,
  dense,
  dropout,
  flatten,
  maxPooling2d,
  network,
  relu,
  tanh,
} from './engine/network-builder.ts';

/** The first `count` digits of MNIST's training set. */
export async function firstDigits(count: number): Promise<Dataset> {
  const { shape, classes, inputs, labels } = (await mnist()).train;
  return dataset({
    inputs: inputs.slice(0, count * sizeOf(shape)),
    labels: labels.slice(0, count),
    shape,
    classes,
  });
}

/** Rows of a data set of bytes as plain arrays: inputs [rows, ...shape] in float32, labels [rows]. */
export function takeRows({ inputs, labels, shape }: Dataset, rows: readonly number[]) {
  const size = sizeOf(shape);
  const taken = rows.flatMap((row) => [...inputs.subarray(row * size, (row + 1) * size)]);
  return {
    inputs: Float32Array.from(taken, (value) => value / 255),
    labels: rows.map((row) => labels[row]),
  };
}

/** A convolution in each way: of a sparse image, by spectra there and back, and back by what is not zero. */
export const fourierNetwork = network(
  [28, 28, 1],
  conv2d(16, [5, 5]),
  relu,
  maxPooling2d([2, 2]),
  conv2d(16, [5, 5]),
  relu,
  conv2d(32, [5, 5]),
  relu,
  maxPooling2d([2, 2]),
  flatten(),
  dense(32),
  relu,
  dropout(0.4),
  dense(10),
);

/** Branches of images and vectors, normalisation and frozen layers, one of them by spectra. */
export const branchedNetwork = network(
  [28, 28, 1],
  conv2d(16, [3, 3], { strides: [2, 2], bias: false }),
  batchNormalization(),
  relu,
  add([conv2d(16, [5, 5], { frozen: true }), relu, dropout(0.2)], []),
  maxPooling2d([2, 2]),
  flatten(),
  concatenate(
    0,
    [dense(24, { bias: false }), batchNormalization(), tanh],
    [dense(8, { frozen: true }), relu],
  ),
  dense(10),
);

/** Weights of each kind of layer with constraints. */
export const constrainedNetwork = constrained(
  network(
    [28, 28, 1],
    conv2d(6, [3, 3], { strides: [3, 3] }),
    relu,
    flatten(),
    dense(40),
    tanh,
    dense(20),
    relu,
    dense(10),
  ),
  {
    'layer0/kernel': norm([0, 1, 2], 1, 1),
    'layer0/bias': { kind: 'nonNegative' },
    'layer3/kernel': norm([0], 0, 0.8),
    'layer5/kernel': norm([1], 0.5, 0.9, 0.7),
    'layer7/bias': norm([0], 0, 0.1),
  },
);

/** The layers of MNIST's tutorial network in its order, on whole digits, a hundred times as fast. */
export const digitNetwork = network(
  [28, 28, 1],
  conv2d(6, [3, 3], { strides: [2, 2] }),
  relu,
  maxPooling2d([2, 2]),
  conv2d(10, [3, 3]),
  relu,
  maxPooling2d([2, 2]),
  flatten(),
  dense(32),
  relu,
  dropout(0.4),
  dense(10),
);
