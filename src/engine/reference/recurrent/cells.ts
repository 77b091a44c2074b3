/**
 * One step of each kind of recurrent layer, with TensorFlow.js's formulas, for an input x, the state h before and a
 * carry c; K, R and b are kernel, recurrent kernel and bias, whose columns are those of the gates, one after the other.
 *
 * - simpleRNN: h' = act(x K + h R + b)
 * - lstm: i, f, g, o of x K + h R + b; c' = rec(f) c + rec(i) act(g); h' = rec(o) act(c')
 * - gru: z = rec(x Kz + h Rz + bz), r = rec(x Kr + h Rr + br), a = act(x Ka + (r h) Ra + ba); h' = z h + (1 - z) a
 */
import type { RecurrentKind, RecurrentLayer } from '../../../model/sequence-layers.ts';
import { slopeAt, valueAt } from '../layers/activation.ts';
import { addProduct, addProductGradients } from './matrix.ts';

/** What a step has read and made. */
export interface Step {
  readonly x: Float64Array;
  /** The state before it, [units] each. */
  readonly h: Float64Array;
  readonly c: Float64Array;
  /** [gates * units] before the activations. */
  readonly gates: Float64Array;
  /** The state behind it. */
  readonly newH: Float64Array;
  readonly newC: Float64Array;
}

/** Gradients of what a step has read. */
export interface StepGradients {
  readonly dX: Float64Array;
  readonly dH: Float64Array;
  readonly dC: Float64Array;
}

export interface Cell {
  forward(layer: RecurrentLayer, parameters: Float64Array, x: Float64Array, state: State): Step;
  /** Adds the weights' gradients to `dParameters`. */
  backward(
    layer: RecurrentLayer,
    parameters: Float64Array,
    step: Step,
    dNew: State,
    dParameters: Float64Array,
  ): StepGradients;
}

export interface State {
  readonly h: Float64Array;
  readonly c: Float64Array;
}

const simpleRNN: Cell = {
  forward(layer, parameters, x, { h, c }) {
    const gates = gatesOf(layer, parameters, x);
    addProduct(gates, h, parameters, allOf(layer));
    return { x, h, c, gates, newH: gates.map((value) => valueAt(layer.activation, value)), newC: c };
  },
  backward(layer, parameters, step, { h: dNewH, c: dC }, dParameters) {
    const dGates = dNewH.map((d, u) => d * slopeAt(layer.activation, step.gates[u]));
    const dH = new Float64Array(layer.units);
    addProductGradients(step.h, dGates, parameters, allOf(layer), dH, dParameters);
    return { dX: gatesBackward(layer, parameters, step, dGates, dParameters), dH, dC };
  },
};

const lstm: Cell = {
  forward(layer, parameters, x, { h, c }) {
    const { units, activation, recurrentActivation } = layer;
    const gates = gatesOf(layer, parameters, x);
    addProduct(gates, h, parameters, allOf(layer));
    const newC = c.map(
      (before, u) =>
        valueAt(recurrentActivation, gates[units + u]) * before +
        valueAt(recurrentActivation, gates[u]) * valueAt(activation, gates[2 * units + u]),
    );
    const newH = newC.map(
      (carry, u) => valueAt(recurrentActivation, gates[3 * units + u]) * valueAt(activation, carry),
    );
    return { x, h, c, gates, newH, newC };
  },
  backward(layer, parameters, step, dNew, dParameters) {
    const { units, activation, recurrentActivation } = layer;
    const { gates, c, newC } = step;
    const [dGates, dC, dH] = [new Float64Array(4 * units), new Float64Array(units), new Float64Array(units)];
    for (let u = 0; u < units; u++) {
      const [i, f, g, o] = [0, 1, 2, 3].map((gate) => gates[gate * units + u]);
      const rec = (value: number) => valueAt(recurrentActivation, value);
      const slope = (value: number) => slopeAt(recurrentActivation, value);
      const dCarry = dNew.c[u] + dNew.h[u] * rec(o) * slopeAt(activation, newC[u]);
      dGates[u] = dCarry * valueAt(activation, g) * slope(i);
      dGates[units + u] = dCarry * c[u] * slope(f);
      dGates[2 * units + u] = dCarry * rec(i) * slopeAt(activation, g);
      dGates[3 * units + u] = dNew.h[u] * valueAt(activation, newC[u]) * slope(o);
      dC[u] = dCarry * rec(f);
    }
    addProductGradients(step.h, dGates, parameters, allOf(layer), dH, dParameters);
    return { dX: gatesBackward(layer, parameters, step, dGates, dParameters), dH, dC };
  },
};

const gru: Cell = {
  forward(layer, parameters, x, { h, c }) {
    const { units, activation, recurrentActivation } = layer;
    const gates = gatesOf(layer, parameters, x);
    addProduct(gates, h, parameters, columnsOf(layer, 0, 2));
    const candidates = gates.subarray(2 * units);
    addProduct(candidates, resetOf(layer, gates, h), parameters, columnsOf(layer, 2, 1));
    const newH = h.map((before, u) => {
      const z = valueAt(recurrentActivation, gates[u]);
      return z * before + (1 - z) * valueAt(activation, candidates[u]);
    });
    return { x, h, c, gates, newH, newC: c };
  },
  backward(layer, parameters, step, { h: dNewH, c: dC }, dParameters) {
    const { units, activation, recurrentActivation } = layer;
    const { gates, h } = step;
    const [dGates, dReset] = [new Float64Array(3 * units), new Float64Array(units)];
    const z = gates.subarray(0, units).map((value) => valueAt(recurrentActivation, value));
    const dH = dNewH.map((d, u) => d * z[u]);
    for (let u = 0; u < units; u++) {
      const candidate = gates[2 * units + u];
      dGates[u] = dNewH[u] * (h[u] - valueAt(activation, candidate)) * slopeAt(recurrentActivation, gates[u]);
      dGates[2 * units + u] = dNewH[u] * (1 - z[u]) * slopeAt(activation, candidate);
    }
    const reset = resetOf(layer, gates, h);
    const dCandidates = dGates.subarray(2 * units);
    addProductGradients(reset, dCandidates, parameters, columnsOf(layer, 2, 1), dReset, dParameters);
    for (let u = 0; u < units; u++) {
      const r = gates[units + u];
      dGates[units + u] = dReset[u] * h[u] * slopeAt(recurrentActivation, r);
      dH[u] += dReset[u] * valueAt(recurrentActivation, r);
    }
    const both = dGates.subarray(0, 2 * units);
    addProductGradients(h, both, parameters, columnsOf(layer, 0, 2), dH, dParameters);
    return { dX: gatesBackward(layer, parameters, step, dGates, dParameters), dH, dC };
  },
};

export const cells: { readonly [K in RecurrentKind]: Cell } = { simpleRNN, lstm, gru };

/** r h */
const resetOf = (layer: RecurrentLayer, gates: Float64Array, h: Float64Array): Float64Array =>
  h.map((before, u) => before * valueAt(layer.recurrentActivation, gates[layer.units + u]));

/** x K + b */
function gatesOf(layer: RecurrentLayer, parameters: Float64Array, x: Float64Array): Float64Array {
  const { kernel, bias, gates, units } = layer;
  const sums = new Float64Array(gates * units);
  addProduct(sums, x, parameters, { weight: kernel, from: 0, count: sums.length });
  return bias === undefined ? sums : sums.map((sum, i) => sum + parameters[bias.offset + i]);
}

/** @returns dX */
function gatesBackward(
  { kernel, bias }: RecurrentLayer,
  parameters: Float64Array,
  { x }: Step,
  dGates: Float64Array,
  dParameters: Float64Array,
): Float64Array {
  const dX = new Float64Array(x.length);
  const columns = { weight: kernel, from: 0, count: dGates.length };
  addProductGradients(x, dGates, parameters, columns, dX, dParameters);
  if (bias !== undefined) for (const [i, d] of dGates.entries()) dParameters[bias.offset + i] += d;
  return dX;
}

/** Of the recurrent kernel. */
const columnsOf = ({ recurrentKernel: weight, units }: RecurrentLayer, gate: number, gates: number) => ({
  weight,
  from: gate * units,
  count: gates * units,
});

const allOf = (layer: RecurrentLayer) => columnsOf(layer, 0, layer.gates);
