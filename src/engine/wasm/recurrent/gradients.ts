import { panelWidth } from '../../../kernels/panels.ts';
import type { RecurrentLayer } from '../../../model/sequence-layers.ts';
import { type DenseBatch, leaveInputs, weightGradient } from '../dense/weight-gradient.ts';
import type { Pass, PassShard } from '../operation/operation.ts';
import type { Compiler } from '../operation/row.ts';
import { type Steps, stateBefore } from './steps.ts';

/** What a layer leaves in the memory of the batch of all gates' gradients. A shard's rows are its examples of the first step, then those of the second, ... */
export interface GateGradients {
  readonly rows: number;
  /** [rows, gates * units] */
  readonly address: number;
  readonly rowBytes: number;
}

export function gateGradients(
  { times, units, gates }: RecurrentLayer,
  { sizes, batch }: Compiler,
): GateGradients {
  const rows = sizes.batchSize * times;
  return { rows, address: batch.floats(rows * gates * units), rowBytes: gates * units * 4 };
}

/** For the gradient of a kernel of [inputs, units]: its inputs are left beside the gates' gradients from `firstUnit` on. */
export function kernelBatch(
  { rows, address, rowBytes }: GateGradients,
  inputs: number,
  firstUnit: number,
  { batch }: Compiler,
): DenseBatch {
  const left = batch.floats(rows * Math.ceil(inputs / panelWidth) * panelWidth);
  return { rows, inputs: left, dOutputs: address + firstUnit * 4, dOutputRow: rowBytes };
}

/** Calls `visit` for each step with the row of a shard's first example. */
export function eachStep(
  times: number,
  { batchFirst, count }: PassShard,
  visit: (step: number, row: number) => void,
): void {
  for (let step = 0; step < times; step++) visit(step, batchFirst * times + step * count);
}

/** Leaves for the update phase what the gradient of the recurrent kernel is made of, once all steps have gone back. */
export type LeaveForUpdate = (pass: Pass) => void;

/** @param gradients undefined where none is wanted */
export function recurrentGradients(
  steps: Steps,
  gradients: GateGradients | undefined,
  compiler: Compiler,
): LeaveForUpdate {
  if (gradients === undefined || steps.layer.recurrentKernel.untrained !== undefined) return () => {};
  const leave = steps.cell.products.map((product) => gradientOf(steps, product, gradients, compiler));
  return (pass) => {
    for (const one of leave) one(pass);
  };
}

/** Of the columns of some gates. */
function gradientOf(
  steps: Steps,
  { gate, gates, source }: Steps['cell']['products'][number],
  gradients: GateGradients,
  compiler: Compiler,
): LeaveForUpdate {
  const { sizes, arena } = compiler;
  const { name, times, units, recurrentKernel } = steps.layer;
  const product = { name, rows: times, inputs: units, units: gates * units };
  const firstUnit = gate * units;
  const batch = kernelBatch(gradients, units, firstUnit, compiler);
  const kernel = compiler.packedWide(recurrentKernel);
  compiler.addWeightGradient(weightGradient(product, kernel, batch, sizes, arena, firstUnit));
  return (pass) => {
    for (const shard of pass.shards)
      eachStep(times, shard, (step, row) => {
        const states = source === 'reset' ? steps.memory.reset(step) : stateBefore(steps, pass, step);
        const from = states + shard.first * units * 4;
        leaveInputs(pass.kernels, product, batch, { from, row, rows: shard.count });
      });
  };
}
