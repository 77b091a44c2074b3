/** Networks whose weights have constraints. */
import type { Constraint, Network, Parameter } from '../../src/model/network.ts';
import { depthwiseConv2d } from './image-builders.ts';
import {
  add,
  batchNormalization,
  conv2d,
  dense,
  embedding,
  flatten,
  network,
  prelu,
  relu,
  tanh,
} from './network-builder.ts';
import { gru, lstm } from './recurrent-networks.ts';

export const norm = (axes: readonly number[], least: number, most: number, rate = 1): Constraint => ({
  ...{ kind: 'norm', axes, least, most, rate },
});

/** The weights are told apart by the objects that they are, so these are changed. */
export function constrained(made: Network, constraints: Readonly<Record<string, Constraint>>): Network {
  for (const parameter of made.parameters) {
    const constraint = constraints[parameter.name];
    if (constraint !== undefined)
      (parameter as { constraint?: Parameter['constraint'] }).constraint = constraint;
  }
  return made;
}

const nonNegative: Constraint = { kind: 'nonNegative' };

export const constrainedNetworks: Readonly<Record<string, Network>> = {
  'constraints of dense layers, one of them frozen': constrained(
    network([19], dense(35), tanh, dense(18, { frozen: true }), relu, dense(50), relu, dense(23), dense(10)),
    {
      'layer0/kernel': norm([0], 0, 0.4),
      'layer0/bias': norm([0], 1, 1),
      'layer2/kernel': norm([0], 1, 1),
      'layer4/kernel': norm([1], 0.2, 0.5, 0.6),
      'layer4/bias': nonNegative,
      'layer6/kernel': nonNegative,
      'layer7/kernel': norm([0, 1], 1, 1),
    },
  ),
  'constraints of convolutions, of scales and of slopes': constrained(
    network(
      [5, 6, 2],
      conv2d(17, [3, 2]),
      prelu([0, 1]),
      prelu(),
      depthwiseConv2d([2, 2], { multiplier: 2 }),
      add([conv2d(34, [3, 3])], []),
      flatten(),
      dense(7),
      dense(10),
    ),
    {
      'layer0/kernel': norm([0, 1, 2], 1, 1),
      'layer1/alpha': norm([2], 0, 0.1),
      'layer2/alpha': norm([0, 2], 0, 0.1, 0.3),
      'layer3/kernel': norm([0, 1], 0, 0.3),
      'layer4/kernel': norm([0, 3], 0, 0.2, 0.9),
      'layer4/bias': nonNegative,
    },
  ),
  'constraints of an embedding and of recurrent layers': constrained(
    network([5], embedding(40, 18), lstm(17, { returnSequences: true }), gru(6), dense(10)),
    {
      'layer0/embeddings': norm([1], 1, 1),
      'layer1/kernel': norm([0], 0, 0.5),
      'layer1/recurrent_kernel': norm([1], 0.5, 0.6),
      'layer1/bias': nonNegative,
      'layer2/kernel': nonNegative,
      'layer2/recurrent_kernel': norm([0], 1, 1),
    },
  ),
};

export const normalizedConstraints = constrained(
  network([6], dense(9, { bias: false }), batchNormalization(), dense(10)),
  {
    'layer1/gamma': nonNegative,
    'layer1/beta': norm([0], 0, 0.5),
  },
);
