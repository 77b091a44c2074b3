import { maskOf, type RecurrentLayer } from '../../../model/sequence-layers.ts';
import type { Pass } from '../operation/operation.ts';
import type { Compiler } from '../operation/row.ts';
import { activate, activateBackward, gateActivations } from './activations.ts';
import { type Cell, cells, type Step } from './cells.ts';
import { createMask, type Mask } from './dropout.ts';
import { type StepMemory, stepMemory } from './memory.ts';
import { type StepProduct, stepProduct } from './products.ts';

/** Addresses of [steps, examples of a call, gates * units]: what the input gives to the gates, and the gradient of that. */
export interface Sums {
  readonly values: number;
  readonly gradients: number;
}

/** What all steps of a layer share. */
export interface Steps {
  readonly layer: RecurrentLayer;
  readonly cell: Cell;
  readonly memory: StepMemory;
  readonly products: readonly StepProduct[];
  /** Of the states; absent where nothing is dropped. */
  readonly mask: Mask | undefined;
  readonly sums: Sums;
  /** Bytes of all gates of an example at one time. */
  readonly timeBytes: number;
}

export function createSteps(layer: RecurrentLayer, sums: Sums, compiler: Compiler): Steps {
  const { kind, units, gates, recurrentDropout } = layer;
  const { arena, edge, sizes } = compiler;
  const kernel = compiler.packedWide(layer.recurrentKernel);
  return {
    ...{ layer, sums, cell: cells[kind] },
    memory: stepMemory(layer, sizes.maxExamples, arena),
    products: cells[kind].products.map((some) => stepProduct(layer, some, kernel, arena, edge)),
    mask:
      recurrentDropout === 0
        ? undefined
        : createMask(maskOf(layer, 'state'), units, sizes.maxExamples, arena),
    timeBytes: gates * units * 4,
  };
}

/** The state before a step, as the step takes it. */
export const stateBefore = ({ memory, mask }: Steps, { training }: Pass, step: number): number =>
  mask !== undefined && training ? memory.dropped(step) : memory.state(step);

/** Where a step of `examples` examples reads and writes. */
export function stepAt(steps: Steps, pass: Pass, step: number, examples: number): Step {
  const { layer, memory } = steps;
  const values = examples * layer.units;
  const { dGates, dState, dBefore, dCarry, scratch, slab } = memory;
  return {
    ...{ kernels: pass.kernels, values, bytes: Math.ceil(values / 4) * 16, slab },
    ...{ dGates, dState, dBefore, dCarry, scratch },
    gates: memory.gates(step),
    before: stateBefore(steps, pass, step),
    state: memory.state(step + 1),
    carryBefore: step === 0 ? 0 : memory.carry(step),
    carry: memory.carry(step + 1),
    activeCarry: memory.activeCarry(step),
    reset: memory.reset(step),
    ...throughGates(steps, pass, step, examples),
  };
}

function throughGates(
  { layer, memory, products, sums, timeBytes }: Steps,
  { kernels, parameters, bytes }: Pass,
  step: number,
  examples: number,
): Pick<Step, 'enter' | 'leave' | 'back'> {
  const { units } = layer;
  const activations = gateActivations(layer);
  const [at, gateBytes] = [step * examples * timeBytes, units * 4];
  const [rows, dRows] = [sums.values + at, sums.gradients + at];
  const productOf = (gate: number) => products[products.findIndex((product) => product.gate === gate)];
  const placeOf = (gate: number) => ({
    input: memory.sums(step) + gate * memory.slab,
    output: memory.gates(step) + gate * memory.slab,
    count: examples * units,
  });
  return {
    enter(first, count, source) {
      for (let gate = first; gate < first + count; gate++) {
        const place = placeOf(gate);
        const product = { gate, source, sums: rows, target: place.input };
        // Before the first step all is zero.
        if (step > 0) productOf(first).add(kernels, product, examples);
        else
          kernels.copyRows(rows + gate * gateBytes, timeBytes, place.input, gateBytes, gateBytes, examples);
        activate(kernels, activations[gate], place);
      }
    },
    leave(first, count) {
      for (let gate = first; gate < first + count; gate++) {
        const d = memory.dGates + gate * memory.slab;
        activateBackward(kernels, activations[gate], placeOf(gate), d);
        kernels.copyRows(d, gateBytes, dRows + gate * gateBytes, timeBytes, gateBytes, examples);
      }
    },
    back(first, target, adds) {
      if (step > 0) productOf(first).back(kernels, { parameters, dSums: dRows, target }, examples, adds);
      else if (!adds) bytes.fill(0, target, target + examples * gateBytes);
    },
  };
}
