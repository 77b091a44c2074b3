/** Recurrent layers, and the networks in which every engine is tried on them. */
import type { UnconnectedLayer } from '../../src/model/keras/layers/reader.ts';
import type { ActivationName, Network } from '../../src/model/network.ts';
import type { RecurrentKind } from '../../src/model/sequence-layers.ts';
import type { Shape } from '../../src/shape.ts';
import {
  add,
  concatenate,
  dense,
  embedding,
  flatten,
  network,
  type SingleBuilder,
  type WeightOptions,
} from './network-builder.ts';

interface RecurrentOptions extends WeightOptions {
  readonly activation?: ActivationName;
  readonly recurrentActivation?: ActivationName;
  readonly returnSequences?: boolean;
  readonly goBackwards?: boolean;
  readonly dropout?: number;
  readonly recurrentDropout?: number;
  /** Of a bidirectional layer. */
  readonly second?: true;
}

const recurrent =
  <K extends RecurrentKind>(kind: K, gates: number) =>
  (
    units: number,
    { activation = 'tanh', recurrentActivation = 'sigmoid', ...options }: RecurrentOptions = {},
  ): SingleBuilder =>
  (input, base, parameter) => {
    const { returnSequences = false, goBackwards = false, dropout = 0, recurrentDropout = 0 } = options;
    const [times, inputs] = input;
    const untrained = options.frozen ? 'frozen' : undefined;
    const output = returnSequences ? [times, units] : [units];
    const weight = (name: string, ...shape: Shape) => parameter(name, shape, untrained);
    const kernel = weight('kernel', inputs, gates * units);
    const recurrentKernel = weight('recurrent_kernel', units, gates * units);
    const bias = options.bias === false ? {} : { bias: weight('bias', gates * units) };
    const layer = {
      ...{ ...base, kind, output, times, inputs, units, gates, returnSequences, goBackwards },
      ...{ dropout, recurrentDropout, kernel, recurrentKernel, ...bias },
      ...(options.second ? { isSecond: true, inTimeOrder: true } : {}),
      activation: { activation },
      recurrentActivation: kind === 'simpleRNN' ? undefined : { activation: recurrentActivation },
    };
    return { output, layer: layer as UnconnectedLayer };
  };

export const simpleRNN = recurrent('simpleRNN', 1);
export const lstm = recurrent('lstm', 4);
export const gru = recurrent('gru', 3);

const masking =
  (value: number): SingleBuilder =>
  (input, base) => {
    const [times, size] = input;
    return { output: input, layer: { ...base, kind: 'masking', output: input, times, size, value } };
  };

/** The recurrent layers of a network that begins with masking read its mask. */
function masked({ layers: [first, ...others], ...made }: Network): Network {
  if (first.kind !== 'masking') throw new Error('Expected a layer that masks first');
  const mask = { ...first, kind: 'mask', input: first.input, output: [first.times], reads: [0] } as const;
  const behind = others.map((layer, place) => {
    const before = place === 0 ? 1 : place + 2;
    return { ...layer, reads: 'recurrentKernel' in layer ? [before, 2] : [before] };
  });
  return { ...made, layers: [first, mask, ...behind] };
}

const sequence = { returnSequences: true } as const;

/** Each kind in the same settings; and activations that tell their derivative by their input. */
export const recurrentNetworks: Readonly<Record<string, Network>> = {
  ...Object.fromEntries(
    Object.entries({ simpleRNN, lstm, gru }).flatMap(([kind, layer]): [string, Network][] => [
      [kind, network([4, 3], layer(5), dense(10))],
      [
        `${kind} of times that do not all count`,
        masked(
          network([5, 2], masking(0), layer(6, { ...sequence, recurrentDropout: 0.3 }), layer(5), dense(10)),
        ),
      ],
      [
        `${kind} backwards over times that do not all count, none dropped`,
        masked(network([6, 1], masking(0), layer(7, { goBackwards: true }), dense(10))),
      ],
      [`${kind} of one time and one unit`, network([1, 3], layer(1), dense(10))],
      [
        `${kind} backwards, all states, without bias`,
        network([5, 2], layer(18, { ...sequence, goBackwards: true, bias: false }), flatten(), dense(10)),
      ],
      [
        `${kind} with dropout, twice`,
        network(
          [3, 6],
          layer(17, { ...sequence, dropout: 0.3, recurrentDropout: 0.4 }),
          layer(16, { recurrentDropout: 0.2 }),
          dense(10),
        ),
      ],
      [
        `${kind} with other activations, behind a dense layer and frozen ones`,
        network(
          [3, 4],
          layer(6, { ...sequence, frozen: true }),
          dense(5),
          layer(7, { ...sequence, activation: 'relu', recurrentActivation: 'sigmoid' }),
          layer(6, { frozen: true, activation: 'softsign', recurrentActivation: 'hardSigmoid' }),
          dense(10),
        ),
      ],
      [
        `${kind} in both directions, with dropout`,
        network(
          [4, 3],
          concatenate(
            1,
            [layer(5, { ...sequence, dropout: 0.3, recurrentDropout: 0.2, goBackwards: true, second: true })],
            [layer(5, { ...sequence, dropout: 0.3, recurrentDropout: 0.2 })],
          ),
          add([layer(6)], [layer(6, { goBackwards: true, second: true })]),
          dense(10),
        ),
      ],
      [
        `${kind} gives the logits, its slopes told from inputs`,
        network([6, 9], layer(10, { dropout: 0.2, activation: 'swish', recurrentActivation: 'mish' })),
      ],
    ]),
  ),
  'an lstm behind an embedding': network([6], embedding(11, 7), lstm(9), dense(10)),
  'an lstm wider than a segment': network([2, 3], lstm(260), dense(10)),
};
