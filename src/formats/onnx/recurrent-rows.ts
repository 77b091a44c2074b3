import type { ActivationName } from '../../model/activation-layers.ts';
import type { Activation, RecurrentLayer } from '../../model/sequence-layers.ts';
import { activations } from './activation-rows.ts';
import { type OnnxGraph, transposed } from './graph.ts';
import { dataTypes } from './messages.ts';
import { recurrentOperations } from './recurrent-operations.ts';
import { last, type OnnxRow, type OnnxRows } from './row.ts';
import { unrolled } from './unrolled.ts';

/** Activations that ONNX's recurrent operations have within: name, alpha, beta. */
const within: { readonly [Name in ActivationName]?: readonly [name: string, ...numbers: number[]] } = {
  relu: ['Relu'],
  sigmoid: ['Sigmoid'],
  tanh: ['Tanh'],
  softplus: ['Softplus'],
  softsign: ['Softsign'],
  hardSigmoid: ['HardSigmoid', 0.2, 0.5],
};

/** What an operation is told of its activations; undefined where it lacks one. */
function activationAttributes(given: readonly (Activation | undefined)[]) {
  const known = given.map((one) =>
    one === undefined ? (['Affine', 1, 0] as const) : within[one.activation],
  );
  if (!known.every((one) => one !== undefined)) return undefined;
  const numbers = (place: number) => known.flatMap((one) => one.slice(place, place + 1) as number[]);
  return {
    activations: { strings: known.map(([name]) => name) },
    activation_alpha: { floats: numbers(1) },
    activation_beta: { floats: numbers(2) },
  };
}

/** A kernel [rows, gates * units] as [1, gates * units, rows], in the operation's order. */
function weights(layer: RecurrentLayer, name: 'kernel' | 'recurrentKernel', graph: OnnxGraph): string {
  const parameter = layer[name];
  const [rows, columns] = parameter.shape;
  const turned = transposed(graph.valuesOf(parameter), [rows, columns], [1, 0]);
  return graph.floats(parameter.name, [1, columns, rows], inOrder(layer, turned));
}

/** Blocks of a gate each. */
function inOrder({ kind, gates }: RecurrentLayer, values: Float32Array): Float32Array {
  const size = values.length / gates;
  const result = new Float32Array(values.length);
  for (const [place, gate] of recurrentOperations[kind].gates.entries())
    result.set(values.subarray(gate * size, (gate + 1) * size), place * size);
  return result;
}

/** That of the input, and none of the state. */
function bothBiases(layer: RecurrentLayer, graph: OnnxGraph): string[] {
  if (layer.bias === undefined) return [];
  const { size, name } = layer.bias;
  const values = new Float32Array(2 * size);
  values.set(inOrder(layer, graph.valuesOf(layer.bias)));
  return [graph.floats(name, [1, 2 * size], values)];
}

/** As one operation where that has the activations; with others, step by step. */
const recurrent: OnnxRow<RecurrentLayer> = (layer, [value, mask], graph) => {
  const { kind, activation, recurrentActivation } = layer;
  const used = kind === 'simpleRNN' ? [activation] : [recurrentActivation, activation];
  const known = activationAttributes(kind === 'lstm' ? [...used, activation] : used);
  if (known === undefined) return unrolled(layer, [value, mask], graph, activate);
  const { times, inputs, returnSequences, goBackwards, inTimeOrder } = layer;
  const sequence = graph.as(value, [times, inputs]);
  const counts = mask === undefined ? undefined : graph.as(mask, [times]);
  const direction = goBackwards && counts === undefined ? 'reverse' : 'forward';
  const read = counts === undefined ? sequence : packed(sequence, counts, layer, graph);
  const [states, state] = operation(layer, read, { ...known, direction }, graph);
  if (!returnSequences && counts === undefined)
    return last(layer, graph.node('Squeeze', [state, graph.ints([0])]));
  const inOrder = graph.node('Transpose', [graph.node('Squeeze', [states, graph.ints([1])])], {
    perm: [1, 0, 2],
  });
  const all = counts === undefined ? inOrder : unpacked(inOrder, counts, layer, graph);
  // Each state stands at its time.
  if (!returnSequences || !goBackwards || inTimeOrder === true) return last(layer, all);
  const ends = [[-1], [-(2 ** 31)], [1], [-1]].map((one) => graph.ints(one));
  return last(layer, graph.node('Slice', [all, ...ends]));
};

/** @returns the states of all times, and the last one */
function operation(layer: RecurrentLayer, sequence: string, settings: object, graph: OnnxGraph): string[] {
  const steps = graph.node('Transpose', [sequence], { perm: [1, 0, 2] });
  const given = [steps, weights(layer, 'kernel', graph), weights(layer, 'recurrentKernel', graph)];
  const attributes = { ...settings, hidden_size: layer.units };
  return graph.nodeOf(
    recurrentOperations[layer.kind].op,
    [...given, ...bothBiases(layer, graph)],
    2,
    attributes,
  );
}

/** The times that count in front, in the order of the steps: what is behind them changes no state of theirs. */
function packed(
  sequence: string,
  counts: string,
  { times, goBackwards }: RecurrentLayer,
  graph: OnnxGraph,
): string {
  const keys = Float32Array.from({ length: times }, (_, time) => (goBackwards ? time + 1 : times - time));
  const early = graph.node('Mul', [counts, graph.floats('early', [times], keys)]);
  const [, order] = graph.nodeOf('TopK', [early, graph.ints([times])], 2, { axis: 1 });
  return graph.node('GatherND', [sequence, graph.node('Unsqueeze', [order, graph.ints([2])])], {
    batch_dims: 1,
  });
}

/** For each time, or the last one, the state after as many steps as there were; after none, zeros. */
function unpacked(
  states: string,
  counts: string,
  { returnSequences, goBackwards }: RecurrentLayer,
  graph: OnnxGraph,
): string {
  const padded = graph.node('Pad', [states, graph.ints([0, 1, 0, 0, 0, 0])]);
  const steps = returnSequences
    ? graph.node('CumSum', [counts, graph.int(1)], { reverse: goBackwards ? 1 : 0 })
    : graph.node('ReduceSum', [counts, graph.ints([1])]);
  const places = graph.node('Cast', [steps], { to: dataTypes.int64 });
  const at = returnSequences ? graph.node('Unsqueeze', [places, graph.ints([2])]) : places;
  return graph.node('GatherND', [padded, at], { batch_dims: 1 });
}

const activate = (x: string, one: Activation | undefined, graph: OnnxGraph): string =>
  one === undefined ? x : activations[one.activation](x, one, graph);

export const recurrentRows: OnnxRows<'simpleRNN' | 'lstm' | 'gru'> = {
  simpleRNN: recurrent,
  lstm: recurrent,
  gru: recurrent,
};
