/** One step of each kind of recurrent layer, for all examples of a call; reference/recurrent/cells.ts has the formulas. */
import type { Kernels } from '../../../kernels/kernels.ts';
import type { RecurrentKind, RecurrentLayer } from '../../../model/sequence-layers.ts';
import { activate, activateBackward } from './activations.ts';

/** Addresses of what a step reads and writes: arrays of [examples, units]. */
export interface Step {
  readonly kernels: Kernels;
  /** Of each array: its values, and its bytes in whole vectors. */
  readonly values: number;
  readonly bytes: number;
  /** From one gate's array to the next. */
  readonly slab: number;
  /** The gates behind their activations, one array behind the other. */
  readonly gates: number;
  readonly dGates: number;
  /** The state before the step, and behind it. */
  readonly before: number;
  readonly state: number;
  readonly dState: number;
  /** Written: the gradient of the state before. */
  readonly dBefore: number;
  /** Of lstm: the carry before the step (0: zeros), behind it, and that behind its activation. */
  readonly carryBefore: number;
  readonly carry: number;
  readonly activeCarry: number;
  /** Of what comes later; becomes that of the carry before. */
  readonly dCarry: number;
  /** Of gru: r times the state before. */
  readonly reset: number;
  /** Scratch of one array. */
  readonly scratch: number;
  /** Adds source times the recurrent kernel to what goes into some gates, and takes that through their activations. */
  enter(gate: number, gates: number, source: number): void;
  /** Takes some gates' gradients back through their activations, and leaves them for the input's product. */
  leave(gate: number, gates: number): void;
  /** target = the gradients of the gates of a product, which begins with `gate`, times the recurrent kernel transposed; or that added to target. */
  back(gate: number, target: number, adds: boolean): void;
}

export interface Cell {
  /** What the recurrent kernel is multiplied with: for which gates, and by what. */
  readonly products: readonly {
    readonly gate: number;
    readonly gates: number;
    readonly source: 'before' | 'reset';
  }[];
  forward(layer: RecurrentLayer, step: Step): void;
  backward(layer: RecurrentLayer, step: Step): void;
}

const simpleRNN: Cell = {
  products: [{ gate: 0, gates: 1, source: 'before' }],
  forward(_, step) {
    step.enter(0, 1, step.before);
    step.kernels.copyRows(step.gates, 0, step.state, 0, step.bytes, 1);
  },
  backward(_, step) {
    step.kernels.copyRows(step.dState, 0, step.dGates, 0, step.bytes, 1);
    step.leave(0, 1);
    step.back(0, step.dBefore, false);
  },
};

const lstm: Cell = {
  products: [{ gate: 0, gates: 4, source: 'before' }],
  forward({ activation }, step) {
    const { kernels, gates, slab, carry, activeCarry, bytes, values } = step;
    step.enter(0, 4, step.before);
    kernels.lstmCarry(gates, slab, step.carryBefore, carry, bytes);
    activate(kernels, activation, { input: carry, output: activeCarry, count: values });
    kernels.multiplyVectors(gates + 3 * slab, activeCarry, step.state, bytes);
  },
  backward({ activation }, step) {
    const { kernels, gates, dGates, slab, carry, activeCarry, dCarry, dState, scratch, bytes, values } = step;
    kernels.multiplyVectors(dState, activeCarry, dGates + 3 * slab, bytes);
    kernels.multiplyVectors(dState, gates + 3 * slab, scratch, bytes);
    activateBackward(kernels, activation, { input: carry, output: activeCarry, count: values }, scratch);
    kernels.addVectors(scratch, dCarry, bytes);
    kernels.lstmCarryBackward(gates, slab, step.carryBefore, dCarry, dGates, bytes);
    step.leave(0, 4);
    step.back(0, step.dBefore, false);
  },
};

const gru: Cell = {
  products: [
    { gate: 0, gates: 2, source: 'before' },
    { gate: 2, gates: 1, source: 'reset' },
  ],
  forward(_, step) {
    const { kernels, gates, slab, before, reset, bytes } = step;
    step.enter(0, 2, before);
    kernels.multiplyVectors(gates + slab, before, reset, bytes);
    step.enter(2, 1, reset);
    kernels.gruState(gates, slab, before, step.state, bytes);
  },
  backward(_, step) {
    const { kernels, gates, dGates, slab, before, dState, dBefore, scratch, bytes } = step;
    kernels.gruStateBackward(gates, slab, before, dState, dGates, dBefore, bytes);
    step.leave(2, 1);
    step.back(2, scratch, false);
    kernels.gruResetBackward(gates, slab, before, scratch, dGates, dBefore, bytes);
    step.leave(0, 2);
    step.back(0, dBefore, true);
  },
};

export const cells: { readonly [K in RecurrentKind]: Cell } = { simpleRNN, lstm, gru };
