import type { ActivationName } from '../../model/activation-layers.ts';
import type { Activation, RecurrentLayer } from '../../model/sequence-layers.ts';
import { activations } from './activation-rows.ts';
import { type OnnxGraph, transposed } from './graph.ts';
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

/** As one operation where that has the activations; with a mask, or others, step by step. */
const recurrent: OnnxRow<RecurrentLayer> = (layer, [value, mask], graph) => {
  const { kind, activation, recurrentActivation } = layer;
  const used = kind === 'simpleRNN' ? [activation] : [recurrentActivation, activation];
  const known = activationAttributes(kind === 'lstm' ? [...used, activation] : used);
  if (mask !== undefined || known === undefined) return unrolled(layer, [value, mask], graph, activate);
  const { times, inputs, units, returnSequences, goBackwards, inTimeOrder } = layer;
  const steps = graph.node('Transpose', [graph.as(value, [times, inputs])], { perm: [1, 0, 2] });
  const given = [steps, weights(layer, 'kernel', graph), weights(layer, 'recurrentKernel', graph)];
  const attributes = { ...known, hidden_size: units, direction: goBackwards ? 'reverse' : 'forward' };
  const [states, state] = graph.nodeOf(
    recurrentOperations[kind].op,
    [...given, ...bothBiases(layer, graph)],
    2,
    attributes,
  );
  if (!returnSequences) return last(layer, graph.node('Squeeze', [state, graph.ints([0])]));
  const all = graph.node('Transpose', [graph.node('Squeeze', [states, graph.ints([1])])], {
    perm: [1, 0, 2],
  });
  // Each state stands at its time.
  if (!goBackwards || inTimeOrder === true) return last(layer, all);
  const ends = [[-1], [-(2 ** 31)], [1], [-1]].map((one) => graph.ints(one));
  return last(layer, graph.node('Slice', [all, ...ends]));
};

const activate = (x: string, one: Activation | undefined, graph: OnnxGraph): string =>
  one === undefined ? x : activations[one.activation](x, one, graph);

export const recurrentRows: OnnxRows<'simpleRNN' | 'lstm' | 'gru'> = {
  simpleRNN: recurrent,
  lstm: recurrent,
  gru: recurrent,
};
