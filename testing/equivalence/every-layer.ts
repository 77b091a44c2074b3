import {
  averagePooling2d,
  conv2d,
  dense,
  dropout,
  flatten,
  maxPooling2d,
  network,
  relu,
  reshape,
  sigmoid,
  tanh,
} from '../engine/network-builder.ts';

/**
 * A small network for digits with every kind of layer. Average pooling is without padding: there the gradient of
 * TensorFlow.js's JavaScript backend is wrong.
 */
export const everyLayer = network(
  [28, 28, 1],
  conv2d(4, [5, 5], { strides: [2, 2] }),
  relu,
  maxPooling2d([2, 2]),
  conv2d(6, [3, 3], { bias: false }),
  tanh,
  averagePooling2d([2, 2], { strides: [1, 1] }),
  dropout(0.2),
  conv2d(5, [3, 3], { padding: 'valid' }),
  sigmoid,
  maxPooling2d([3, 3], { strides: [1, 1], padding: 'same' }),
  flatten(),
  dense(24),
  relu,
  reshape(4, 6),
  dense(7),
  tanh,
  flatten(),
  dropout(0.4),
  dense(10),
);
