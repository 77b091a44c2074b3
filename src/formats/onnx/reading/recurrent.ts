/** ONNX's recurrent operations, one direction of each, as layers of ours. */
import { transposed } from '../graph.ts';
import { recurrentOperations } from '../recurrent-operations.ts';
import type { Made, Weights } from './builder.ts';
import type { Constant } from './constants.ts';
import { layerOf, type NodeReader, type ReadNode, refused } from './node-reader.ts';

type Kind = keyof typeof recurrentOperations;

const classNames: { readonly [K in Kind]: string } = { simpleRNN: 'SimpleRNN', lstm: 'LSTM', gru: 'GRU' };

/** By ONNX's names; with alpha and beta where it takes them. */
const activations: Readonly<Record<string, { readonly name: string; readonly takes?: readonly number[] }>> = {
  Relu: { name: 'relu' },
  Sigmoid: { name: 'sigmoid' },
  Tanh: { name: 'tanh' },
  Softplus: { name: 'softplus' },
  Softsign: { name: 'softsign' },
  HardSigmoid: { name: 'hard_sigmoid', takes: [0.2, 0.5] },
  Affine: { name: 'linear', takes: [1, 0] },
};

const absent: { readonly [K in Kind]: readonly string[] } = {
  simpleRNN: ['Tanh'],
  lstm: ['Sigmoid', 'Tanh', 'Tanh'],
  gru: ['Sigmoid', 'Tanh'],
};

export const readRecurrent =
  (kind: Kind): ReadNode =>
  (reader) => {
    const value = reader.raw(0);
    const { settings } = reader;
    const direction = settings.text('direction', 'forward');
    const goBackwards = direction === 'reverse';
    if (!value.isTimeFirst || value.shape.length !== 2 || settings.int('layout', 0) !== 0)
      throw refused(reader, 'it reads no sequences, [times, batch, values]');
    if (direction !== 'forward' && !goBackwards)
      throw refused(reader, 'it goes in both directions; write each as a node of its own');
    if (kind === 'gru' && settings.int('linear_before_reset', 0) !== 0)
      throw refused(
        reader,
        'its gate resets the product (`linear_before_reset`), which no layer of ours does',
      );
    for (const index of [4, 5, 6, 7])
      if (reader.node.input[index] && !isZero(reader.constant(index)))
        throw refused(reader, 'it has lengths, states to begin with or peepholes');
    const returnSequences = reader.isRead(0);
    if (returnSequences && (reader.isRead(1) || goBackwards))
      throw refused(reader, 'its states of all times are read beside its last one, or go backwards');
    const { units, weights } = weightsOf(reader, kind, value.shape[1]);
    const config = {
      ...{ units, use_bias: weights.bias !== undefined, ...activationsOf(reader, kind) },
      ...{ return_sequences: returnSequences, go_backwards: goBackwards },
      ...(kind === 'gru' ? { reset_after: false } : {}),
    };
    const shape = returnSequences ? [value.shape[0], units] : [units];
    const made = layerOf(reader, classNames[kind], config, [value], { shape, isFirst: false }, weights);
    const all: Made = { ...made, isTimeFirst: true, directionAxis: 1 };
    return { ...all, others: [{ ...made, directionAxis: 0 }] };
  };

const isZero = (constant: Constant | undefined): boolean =>
  constant?.values.every((value) => value === 0) ?? false;

function activationsOf(reader: NodeReader, kind: Kind) {
  const { settings } = reader;
  const [alphas, betas] = ['activation_alpha', 'activation_beta'].map((name) => settings.floats(name) ?? []);
  let taken = 0;
  const names = (settings.texts('activations') ?? absent[kind]).map((given) => {
    const known = activations[given];
    const at = taken;
    if (known?.takes !== undefined) taken++;
    const isSame = known?.takes?.every((one, index) => {
      const found = [alphas, betas][index][at];
      return found === undefined || Math.abs(found - one) < 1e-6;
    });
    if (known === undefined || isSame === false)
      throw refused(reader, `its activation ${given}, with its numbers, is none of ours`);
    return known.name;
  });
  if (kind === 'simpleRNN') return { activation: names[0] };
  if (kind === 'lstm' && names[1] !== names[2])
    throw refused(reader, 'its cell and its output have different activations');
  return { recurrent_activation: names[0], activation: names[1] };
}

function weightsOf(
  reader: NodeReader,
  kind: Kind,
  inputs: number,
): { readonly units: number; readonly weights: Weights } {
  const { gates } = recurrentOperations[kind];
  const [kernel, recurrent, bias] = [1, 2, 3].map((index) => reader.constant(index));
  const units = recurrent?.shape[2] ?? 0;
  const columns = gates.length * units;
  const fits =
    kernel?.shape.join() === `1,${columns},${inputs}` && recurrent?.shape.join() === `1,${columns},${units}`;
  if (!kernel || !recurrent || !fits || (bias !== undefined && bias.values.length !== 2 * columns))
    throw refused(reader, 'its weights do not stand in the file, or are of other sizes');
  const turned = ({ values }: Constant, rows: number): Constant => ({
    shape: [rows, columns],
    values: transposed(inOurs(gates, Float32Array.from(values)), [columns, rows], [1, 0]),
  });
  return {
    units,
    weights: {
      kernel: turned(kernel, inputs),
      recurrent_kernel: turned(recurrent, units),
      ...(bias === undefined ? {} : { bias: sumOf(gates, bias, columns) }),
    },
  };
}

/** That of the input and that of the state. */
function sumOf(gates: readonly number[], { values }: Constant, columns: number): Constant {
  const sums = Float32Array.from({ length: columns }, (_, at) => values[at] + values[columns + at]);
  return { shape: [columns], values: inOurs(gates, sums) };
}

/** Blocks of a gate each, from the operation's order to ours. */
function inOurs(gates: readonly number[], values: Float32Array): Float32Array {
  const size = values.length / gates.length;
  const result = new Float32Array(values.length);
  for (const [place, gate] of gates.entries())
    result.set(values.subarray(place * size, (place + 1) * size), gate * size);
  return result;
}
