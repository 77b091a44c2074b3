/** ONNX's recurrent operations, one direction of each, as layers of ours. */
import { transposed } from '../graph.ts';
import { recurrentOperations } from '../recurrent-operations.ts';
import { atTime, type Call, type Made, type Weights } from './builder.ts';
import type { Constant } from './constants.ts';
import { bringMask } from './masks.ts';
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

const directions: Readonly<Record<string, readonly boolean[]>> = {
  forward: [false],
  reverse: [true],
  bidirectional: [false, true],
};

/** A layer for each direction: its states of all times, and the last one, of which only what is read stays. */
export const readRecurrent =
  (kind: Kind): ReadNode =>
  (reader) => {
    const value = reader.raw(0);
    const { packed, shape } = value;
    const ways = directions[reader.settings.text('direction', 'forward')] ?? [];
    refuseWhatNoLayerDoes(reader, kind, value);
    if (packed !== undefined) bringMask(reader, value, packed);
    const parts = ways.map((goesBack, direction): Made => {
      const { units, weights } = weightsOf(reader, kind, shape[1], { direction, ways: ways.length });
      const config = {
        ...{
          units,
          use_bias: weights.bias !== undefined,
          ...activationsOf(reader, kind, ways.length, direction),
        },
        ...{ return_sequences: true, go_backwards: packed?.isBackward ?? goesBack },
        ...(kind === 'gru' ? { reset_after: false } : {}),
      };
      const made = { shape: [shape[0], units], isFirst: false, isReversed: goesBack, packed };
      return layerOf(reader, classNames[kind], config, [value], made, weights);
    });
    for (const { layer } of parts)
      if (packed !== undefined) (reader.builder.calls.get(layer) as Call).isMasked = true;
    const all: Made = { ...parts[0], layout: 'tdbv', parts };
    if (packed !== undefined) return all;
    const states = parts.map((part) =>
      layerOf(reader, atTime, { at: shape[0] - 1 }, [part], { shape: part.shape.slice(1), isFirst: false }),
    );
    return { ...all, others: [{ ...states[0], layout: 'dbv', parts: states }] };
  };

/** Behind the weights, by their places among the inputs. */
const more = { 4: 'lengths', 5: 'states to begin with', 6: 'states to begin with', 7: 'peepholes' };

function refuseWhatNoLayerDoes(
  reader: NodeReader,
  kind: Kind,
  { layout, shape, packed, isReversed }: Made,
): void {
  const { settings } = reader;
  const direction = settings.text('direction', 'forward');
  if (layout !== 'tbv' || shape.length !== 2 || isReversed || settings.int('layout', 0) !== 0)
    throw refused(reader, 'it reads no sequences, [times, batch, values]');
  if (directions[direction] === undefined || (packed !== undefined && direction !== 'forward'))
    throw refused(reader, `its \`direction\` is ${direction}`);
  if (kind === 'gru' && settings.int('linear_before_reset', 0) !== 0)
    throw refused(
      reader,
      'its gate resets the product (`linear_before_reset`, `reset_after` of Keras, each GRU of PyTorch), which TensorFlow.js does not compute',
    );
  if (kind === 'lstm' && settings.int('input_forget', 0) !== 0)
    throw refused(reader, 'its gates of input and forgetting are one (`input_forget`)');
  for (const [index, what] of Object.entries(more))
    if (reader.node.input[Number(index)] && !isZero(reader.constant(Number(index))))
      throw refused(reader, `it has ${what}`);
}

const isZero = (constant: Constant | undefined): boolean =>
  constant?.values.every((value) => value === 0) ?? false;

/** One direction's after the other's. */
function activationsOf(reader: NodeReader, kind: Kind, ways: number, direction: number) {
  const { settings } = reader;
  const [alphas, betas] = ['activation_alpha', 'activation_beta'].map((name) => settings.floats(name) ?? []);
  let taken = 0;
  const given = settings.texts('activations') ?? Array.from({ length: ways }, () => absent[kind]).flat();
  const all = given.map((given) => {
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
  const names = all.slice((direction * all.length) / ways);
  if (kind === 'simpleRNN') return { activation: names[0] };
  if (kind === 'lstm' && names[1] !== names[2])
    throw refused(reader, 'its cell and its output have different activations');
  return { recurrent_activation: names[0], activation: names[1] };
}

function weightsOf(
  reader: NodeReader,
  kind: Kind,
  inputs: number,
  { direction, ways }: { readonly direction: number; readonly ways: number },
): { readonly units: number; readonly weights: Weights } {
  const { gates } = recurrentOperations[kind];
  const [kernel, recurrent, bias] = [1, 2, 3].map((index) => reader.constant(index));
  const units = recurrent?.shape[2] ?? 0;
  const columns = gates.length * units;
  const fits =
    kernel?.shape.join() === `${ways},${columns},${inputs}` &&
    recurrent?.shape.join() === `${ways},${columns},${units}`;
  if (!kernel || !recurrent || !fits || (bias !== undefined && bias.values.length !== ways * 2 * columns))
    throw refused(reader, 'its weights do not stand in the file, or are of other sizes');
  const ownOf = ({ values }: Constant) =>
    Float32Array.from(values).subarray(
      ...[direction, direction + 1].map((at) => (at * values.length) / ways),
    );
  const turned = (all: Constant, rows: number): Constant => ({
    shape: [rows, columns],
    values: transposed(inOurs(gates, ownOf(all)), [columns, rows], [1, 0]),
  });
  return {
    units,
    weights: {
      kernel: turned(kernel, inputs),
      recurrent_kernel: turned(recurrent, units),
      ...(bias === undefined ? {} : { bias: sumOf(gates, ownOf(bias), columns) }),
    },
  };
}

/** That of the input and that of the state. */
function sumOf(gates: readonly number[], values: Float32Array, columns: number): Constant {
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
