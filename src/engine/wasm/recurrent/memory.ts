import { panelWidth, roundUp } from '../../../kernels/panels.ts';
import type { RecurrentLayer } from '../../../model/sequence-layers.ts';
import type { Arena } from '../operation/arena.ts';
import { gateActivations, isToldByInput } from './activations.ts';

/** Arrays of [examples, units] that stay from the steps forward to those back, by the number of the step. */
export interface StepMemory {
  /** Bytes of one array. */
  readonly slab: number;
  gates(step: number): number;
  /** What goes into the gates' activations: the same arrays, where no slope is told from it. */
  sums(step: number): number;
  /** Before the step `step`; before the first one all are zero, and after the last one stands the last state. */
  state(step: number): number;
  carry(step: number): number;
  activeCarry(step: number): number;
  reset(step: number): number;
  /** The states before the steps, after their dropout. */
  dropped(step: number): number;
  /** Single ones, for what goes back. */
  readonly dGates: number;
  readonly dState: number;
  readonly dBefore: number;
  readonly dCarry: number;
  readonly scratch: number;
  /** Of states and carries at times that do not count. */
  readonly dKept: number;
  readonly dKeptCarry: number;
}

export function stepMemory(layer: RecurrentLayer, maxExamples: number, arena: Arena): StepMemory {
  const { kind, times, units, gates, recurrentDropout, activation } = layer;
  const floats = roundUp(maxExamples * units) + panelWidth;
  const slab = floats * 4;
  /** One that is not needed has no memory. */
  const arrays = (count: number, each = 1) => {
    const start = count === 0 ? 0 : arena.floats(count * each * floats);
    return (step: number) => start + step * each * slab;
  };
  const isTold = [...gateActivations(layer), activation].some(isToldByInput);
  const behind = arrays(times, gates);
  const single = (each = 1) => arrays(1, each)(0);
  return {
    slab,
    gates: behind,
    sums: isTold ? arrays(times, gates) : behind,
    state: arrays(times + 1),
    carry: arrays(kind === 'lstm' ? times + 1 : 0),
    activeCarry: arrays(kind === 'lstm' ? times : 0),
    reset: arrays(kind === 'gru' ? times : 0),
    dropped: arrays(recurrentDropout === 0 ? 0 : times),
    dGates: single(gates),
    ...{ dState: single(), dBefore: single(), dCarry: single(), scratch: single() },
    ...{ dKept: single(), dKeptCarry: single() },
  };
}
