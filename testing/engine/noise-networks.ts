/** Networks with noise of each kind; dropout has more in networks.ts. */
import type { Network } from '../../src/model/network.ts';
import {
  add,
  conv2d,
  dense,
  flatten,
  maxPooling2d,
  network,
  noise,
  relu,
  reshape,
  tanh,
} from './network-builder.ts';

export const noiseNetworks: Readonly<Record<string, Network>> = {
  'alpha dropout of vectors, first and in a branch': network(
    [7],
    noise('alphaDropout', 0.3),
    dense(13),
    add([noise('alphaDropout', 0.6)], [tanh]),
    dense(10),
  ),
  'gaussian dropout and noise of vectors': network(
    [7],
    noise('gaussianNoise', 0.7),
    dense(13),
    noise('gaussianDropout', 0.4),
    tanh,
    dense(10),
  ),
  'noise of images of an odd size': network(
    [5, 3, 3],
    conv2d(3, [2, 2]),
    noise('gaussianNoise', 0.2),
    relu,
    noise('gaussianDropout', 0.2),
    conv2d(5, [1, 1]),
    noise('alphaDropout', 0.2),
    maxPooling2d([2, 2]),
    flatten(),
    dense(10),
  ),
  'dropout of whole channels': network(
    [6, 3],
    noise('spatialDropout1d', 0.4),
    dense(5),
    noise('spatialDropout1d', 0.3),
    reshape(15, 2),
    noise('spatialDropout1d', 0.2),
    tanh,
    flatten(),
    dense(10),
  ),
};
