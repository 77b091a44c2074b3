/** Networks whose weights have regularizers. */
import type { Network, Parameter, Penalty } from '../../src/model/network.ts';
import { add, conv2d, dense, embedding, flatten, network, relu, tanh } from './network-builder.ts';
import { gru, lstm, simpleRNN } from './recurrent-networks.ts';

const penalties: readonly (Penalty | undefined)[] = [
  { l1: 0, l2: 0.3 },
  { l1: 0.2, l2: 0 },
  { l1: 0.1, l2: 0.2 },
  undefined,
];

/** The weights are told apart by the objects that they are, so these are changed. */
function penalized(made: Network): Network {
  for (const [index, parameter] of made.parameters.entries()) {
    const penalty = penalties[index % penalties.length];
    if (penalty !== undefined) (parameter as { penalty?: Parameter['penalty'] }).penalty = penalty;
  }
  return made;
}

export const penalizedNetworks: Readonly<Record<string, Network>> = {
  'penalties of dense layers, one of them frozen': penalized(
    network([19], dense(35), tanh, dense(18, { frozen: true }), relu, dense(10)),
  ),
  'penalties of convolutions': penalized(
    network([5, 6, 2], conv2d(17, [3, 3]), relu, add([conv2d(17, [1, 1])], []), flatten(), dense(10)),
  ),
  'penalties of recurrent layers': penalized(
    network(
      [4, 3],
      lstm(17, { returnSequences: true }),
      gru(5, { returnSequences: true }),
      simpleRNN(6),
      dense(10),
    ),
  ),
  'penalties of an embedding and of rows': penalized(
    network([5], embedding(40, 18), dense(7), tanh, flatten(), dense(10)),
  ),
};
