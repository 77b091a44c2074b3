/** Networks for activations, softmax and prelu. */
import { type ActivationName, activationNames } from '../../src/model/activation-layers.ts';
import type { Network } from '../../src/model/network.ts';
import {
  activation,
  add,
  conv2d,
  dense,
  flatten,
  logSoftmax,
  maxPooling2d,
  network,
  prelu,
  softmax,
} from './network-builder.ts';

/** Those that have one. */
const settings: { readonly [K in ActivationName]?: number } = {
  cappedReLU: 0.4,
  thresholdedReLU: 0.3,
};

/** These have networks in networks.ts. */
const elsewhere: readonly ActivationName[] = ['relu', 'sigmoid', 'tanh', 'leakyReLU'];

const everyActivation = Object.fromEntries(
  activationNames
    .filter((name) => !elsewhere.includes(name))
    .map((name): [string, Network] => {
      const act = activation(name, settings[name]);
      return [
        `${name} of vectors and of images of an odd size`,
        network(
          [5, 3, 2],
          conv2d(3, [2, 2]),
          act,
          add([act], [conv2d(3, [1, 1])]),
          flatten(),
          dense(13),
          act,
          dense(10),
        ),
      ];
    }),
);

export const activationNetworks: Readonly<Record<string, Network>> = {
  ...everyActivation,
  'softmax in the middle': network([7], dense(9), softmax(), dense(10)),
  'softmax of the pixels of an image, and first': network(
    [3, 5, 3],
    softmax(),
    conv2d(6, [2, 2]),
    softmax(),
    maxPooling2d([1, 2]),
    flatten(),
    dense(10),
  ),
  'logarithms of softmax, of vectors and of the pixels of an image': network(
    [3, 4, 2],
    conv2d(5, [2, 2]),
    logSoftmax(),
    flatten(),
    dense(9),
    add([logSoftmax()], []),
    logSoftmax(),
    dense(10),
  ),
  'softmax beside what it reads': network([6], dense(8), add([softmax()], []), dense(10)),
  'prelu of vectors': network([6], dense(13), prelu(), dense(10)),
  'prelu of images, first and shared by all pixels': network(
    [5, 3, 2],
    prelu(),
    conv2d(7, [3, 3]),
    prelu([0, 1]),
    maxPooling2d([2, 2]),
    conv2d(3, [2, 2]),
    prelu([2]),
    flatten(),
    dense(10),
  ),
  'a frozen prelu, and one of a single alpha': network(
    [5],
    dense(6),
    prelu([], true),
    dense(7),
    prelu([0]),
    dense(10),
  ),
};
