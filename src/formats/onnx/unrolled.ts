import { type Activation, outputPlace, type RecurrentLayer, timeOf } from '../../model/sequence-layers.ts';
import type { OnnxGraph, Value } from './graph.ts';
import { last } from './row.ts';

type Activate = (x: string, activation: Activation | undefined, graph: OnnxGraph) => string;

/** State and carry; at first they are zero, and stand nowhere. */
interface State {
  readonly h?: string;
  readonly c?: string;
}

/** A recurrent layer as nodes for each step; reference/recurrent/cells.ts has the formulas. */
export function unrolled(
  layer: RecurrentLayer,
  [value, mask]: readonly (Value | undefined)[],
  graph: OnnxGraph,
  activate: Activate,
): Value {
  const { times, inputs, units, bias, kernel, returnSequences } = layer;
  const product = graph.node('MatMul', [graph.as(value as Value, [times, inputs]), graph.parameter(kernel)]);
  const all = bias === undefined ? product : graph.node('Add', [product, graph.parameter(bias)]);
  const counts = mask === undefined ? undefined : graph.as(mask, [times, 1]);
  const outputs: string[] = [];
  let state: State = {};
  for (let step = 0; step < times; step++) {
    const time = timeOf(layer, step);
    const made = cells[layer.kind](
      layer,
      column(all, time, layer.gates * units, graph),
      state,
      (x, one) => activate(x, one, graph),
      graph,
    );
    state = counts === undefined ? made : kept(state, made, column(counts, time, 1, graph), graph);
    outputs[outputPlace(layer, step)] = state.h as string;
  }
  if (!returnSequences) return last(layer, state.h as string);
  const rows = outputs.map((one) => graph.as({ shape: [units], last: one }, [1, units]));
  return last(layer, graph.node('Concat', rows, { axis: 1 }));
}

/** [batch, size] of [batch, times, size] */
function column(x: string, time: number, size: number, graph: OnnxGraph): string {
  const ends = [[time], [time + 1], [1]].map((one) => graph.ints(one));
  return graph.as({ shape: [1, size], last: graph.node('Slice', [x, ...ends]) }, [size]);
}

/** At times that do not count, state and carry stay as they are. */
function kept(before: State, made: State, counts: string, graph: OnnxGraph): State {
  const others = graph.node('Sub', [graph.scalar(1), counts]);
  const one = (old: string | undefined, next: string | undefined): string | undefined => {
    if (next === undefined) return undefined;
    const taken = graph.node('Mul', [next, counts]);
    return old === undefined ? taken : graph.node('Add', [taken, graph.node('Mul', [old, others])]);
  };
  const [h, c] = [one(before.h, made.h), one(before.c, made.c)];
  return { ...(h === undefined ? {} : { h }), ...(c === undefined ? {} : { c }) };
}

type Step = (
  layer: RecurrentLayer,
  /** [batch, gates * units] of the input, with the bias. */
  gates: string,
  state: State,
  activate: (x: string, activation: Activation | undefined) => string,
  graph: OnnxGraph,
) => State;

/** Gates from..to of them. */
function part(x: string, from: number, to: number, { units }: RecurrentLayer, graph: OnnxGraph): string {
  const ends = [[from * units], [to * units], [1]].map((one) => graph.ints(one));
  return graph.node('Slice', [x, ...ends]);
}

/** Of gates from..to, where there is a state. */
function withState(
  x: string,
  h: string | undefined,
  from: number,
  to: number,
  layer: RecurrentLayer,
  graph: OnnxGraph,
): string {
  const own = part(x, from, to, layer, graph);
  if (h === undefined) return own;
  const kernel = part(graph.parameter(layer.recurrentKernel), from, to, layer, graph);
  return graph.node('Add', [own, graph.node('MatMul', [h, kernel])]);
}

const sum = (list: readonly (string | undefined)[], graph: OnnxGraph): string => {
  const there = list.filter((one) => one !== undefined);
  return there.reduce((one, other) => graph.node('Add', [one, other]));
};

const product = (x: string, y: string | undefined, graph: OnnxGraph): string | undefined =>
  y === undefined ? undefined : graph.node('Mul', [x, y]);

const cells: Readonly<Record<RecurrentLayer['kind'], Step>> = {
  simpleRNN: (layer, gates, { h }, activate, graph) => ({
    h: activate(withState(gates, h, 0, 1, layer, graph), layer.activation),
  }),
  lstm(layer, gates, { h, c }, activate, graph) {
    const { activation, recurrentActivation } = layer;
    const gate = (at: number, one: Activation | undefined) =>
      activate(withState(gates, h, at, at + 1, layer, graph), one);
    const fresh = product(gate(0, recurrentActivation), gate(2, activation), graph);
    const carry = sum([product(gate(1, recurrentActivation), c, graph), fresh], graph);
    return { c: carry, h: graph.node('Mul', [gate(3, recurrentActivation), activate(carry, activation)]) };
  },
  gru(layer, gates, { h }, activate, graph) {
    const { activation, recurrentActivation } = layer;
    const [z, r] = [0, 1].map((at) =>
      activate(withState(gates, h, at, at + 1, layer, graph), recurrentActivation),
    );
    const candidate = activate(withState(gates, product(r, h, graph), 2, 3, layer, graph), activation);
    const fresh = product(graph.node('Sub', [graph.scalar(1), z]), candidate, graph);
    return { h: sum([product(z, h, graph), fresh], graph) };
  },
};
