import { outputPlace, type RecurrentLayer } from '../../../model/sequence-layers.ts';
import { addressOf, type Operation, type Pass, type Tensor } from '../operation/operation.ts';
import type { Compiler } from '../operation/row.ts';
import { type GateGradients, recurrentGradients } from './gradients.ts';
import { keepStates } from './keep-states.ts';
import { createSteps, type Steps, type Sums, stepAt } from './steps.ts';

interface RecurrenceBuffers {
  readonly sums: Sums;
  readonly gradients: GateGradients | undefined;
  readonly output: Tensor;
  readonly dOutput: Tensor;
  /** [times] an example: 0 at times that do not count. Absent where all do. */
  readonly counts: Tensor | undefined;
}

/** The steps of a recurrent layer, all examples of a call at once; the input's product has been computed. */
export function recurrence(
  layer: RecurrentLayer,
  { sums, gradients, output, dOutput, counts }: RecurrenceBuffers,
  compiler: Compiler,
): Operation {
  const steps = createSteps(layer, sums, compiler);
  const leaveForUpdate = recurrentGradients(steps, gradients, compiler);
  const keeping = counts === undefined ? undefined : keepStates(steps, counts);
  return {
    perExample: false,
    forward(pass, first, count) {
      const { kernels, parameters } = pass;
      for (const product of steps.products) product.turn(kernels, parameters);
      if (pass.training) steps.mask?.draw(pass, count);
      for (let step = 0; step < layer.times; step++) {
        dropState(steps, pass, step, count);
        steps.cell.forward(layer, stepAt(steps, pass, step, count));
        keeping?.forward(pass, step, count);
        writeOutput(steps, pass, step, addressOf(output, first), count);
      }
    },
    backward(pass, first, count) {
      const { bytes } = pass;
      const { dCarry, dBefore, dKept, slab } = steps.memory;
      for (const end of [dCarry, dBefore, dKept]) bytes.fill(0, end, end + slab);
      for (let step = layer.times - 1; step >= 0; step--) {
        readGradient(steps, pass, step, addressOf(dOutput, first), count);
        keeping?.before(pass, step, count);
        steps.cell.backward(layer, stepAt(steps, pass, step, count));
        keeping?.behind(pass, step, count);
      }
      leaveForUpdate(pass);
    },
  };
}

function dropState(
  { layer: { units }, memory, mask }: Steps,
  pass: Pass,
  step: number,
  examples: number,
): void {
  if (mask === undefined || !pass.training) return;
  pass.kernels.multiply(memory.state(step), mask.at(0), memory.dropped(step), examples * units);
}

/** A step's state, where it is part of the output. */
function writeOutput(
  { layer, memory }: Steps,
  { kernels }: Pass,
  step: number,
  output: number,
  examples: number,
) {
  const { units, times, returnSequences } = layer;
  const [stateBytes, state] = [units * 4, memory.state(step + 1)];
  if (returnSequences)
    kernels.copyRows(
      state,
      stateBytes,
      output + outputPlace(layer, step) * stateBytes,
      times * stateBytes,
      stateBytes,
      examples,
    );
  else if (step === times - 1) kernels.copyRows(state, 0, output, 0, examples * stateBytes, 1);
}

/** The gradient of the state behind a step: what has come back from the next one, and that of the output. */
function readGradient(steps: Steps, pass: Pass, step: number, dOutput: number, examples: number): void {
  const { layer, memory, mask } = steps;
  const { kernels } = pass;
  const { units, times, returnSequences } = layer;
  const { dState, dBefore, scratch } = memory;
  const [values, stateBytes] = [examples * units, units * 4];
  const isLast = step === times - 1;
  if (mask === undefined || isLast) kernels.copyRows(dBefore, 0, dState, 0, values * 4, 1);
  else kernels.multiply(dBefore, mask.at(0), dState, values);
  if (returnSequences)
    kernels.copyRows(
      dOutput + outputPlace(layer, step) * stateBytes,
      times * stateBytes,
      scratch,
      stateBytes,
      stateBytes,
      examples,
    );
  else if (isLast) kernels.copyRows(dOutput, 0, scratch, 0, values * 4, 1);
  const bytes = Math.ceil(values / 4) * 16;
  if (returnSequences || isLast) kernels.addVectors(scratch, dState, bytes);
  kernels.addVectors(memory.dKept, dState, bytes);
}
