import { roundUp } from '../../../kernels/panels.ts';
import { type RecurrentLayer, timeOf } from '../../../model/sequence-layers.ts';
import { denseProducts } from '../dense/dense.ts';
import { type DenseProduct, leaveInputs, weightGradient } from '../dense/weight-gradient.ts';
import { addressOf, type Buffers, type Operation, type Pass } from '../operation/operation.ts';
import type { PackedParameter } from '../operation/packing.ts';
import type { Compiler } from '../operation/row.ts';
import { eachStep, type GateGradients, kernelBatch } from './gradients.ts';
import type { Sums } from './steps.ts';

/** Inputs in the order of the steps, [steps, examples of a call, inputs], so that what belongs to a step lies together. */
function stepOrder(layer: RecurrentLayer, address: number) {
  const { inputs, times } = layer;
  const [bytes, exampleBytes] = [inputs * 4, inputs * times * 4];
  const eachPlace = (examples: number, visit: (place: number, ordered: number) => void): void => {
    for (let step = 0; step < times; step++)
      visit(timeOf(layer, step) * bytes, address + step * examples * bytes);
  };
  return {
    address,
    bytes,
    /** From examples one behind the other, [times, inputs] each. */
    take({ kernels }: Pass, from: number, examples: number): void {
      eachPlace(examples, (place, ordered) =>
        kernels.copyRows(from + place, exampleBytes, ordered, bytes, bytes, examples),
      );
    },
    /** The way back. */
    give({ kernels }: Pass, to: number, examples: number): void {
      eachPlace(examples, (place, ordered) =>
        kernels.copyRows(ordered, bytes, to + place, exampleBytes, bytes, examples),
      );
    },
  };
}

/** The input's product for all steps at once: [steps, examples, inputs] times [inputs, gates * units]. */
export function inputProduct(
  layer: RecurrentLayer,
  { input, dInput }: Pick<Buffers, 'input' | 'dInput'>,
  sums: Sums,
  gradients: GateGradients | undefined,
  compiler: Compiler,
): Operation {
  const { name, inputs, times, gates } = layer;
  const { arena, sizes, edge } = compiler;
  const product = { name, rows: times, inputs, units: gates * layer.units };
  const kernel = compiler.packedWide(layer.kernel);
  const bias = layer.bias && compiler.packed(layer.bias);
  const maxRows = sizes.maxExamples * times;
  const ordered = stepOrder(layer, arena.floats(maxRows * inputs));
  const { outputs, inputGradients } = denseProducts(product, maxRows, arena, { edge, bias });
  const leave = gradients && leaving(layer, product, ordered, sums, gradients, compiler);

  return {
    perExample: false,
    forward(pass, first, count) {
      const { kernels, parameters } = pass;
      ordered.take(pass, addressOf(input, first), count);
      const init = bias === undefined ? arena.zeros : parameters + bias.offset;
      outputs(kernels, ordered.address, parameters + kernel.offset, init, sums.values, count * times);
    },
    backward(pass, first, count) {
      if (bias !== undefined) sumBiasGradients(pass, product, sums, bias, count);
      leave?.(pass, count);
      if (dInput === undefined) return;
      const weights = pass.parameters + kernel.offset;
      // The inputs have been left: their gradients may lie there.
      inputGradients(pass.kernels, sums.gradients, weights, arena.zeros, ordered.address, count * times);
      ordered.give(pass, addressOf(dInput, first), count);
    },
  };
}

function sumBiasGradients(
  { kernels, bytes, shards }: Pass,
  { rows: times, units }: DenseProduct,
  { gradients }: Sums,
  { offset, parameter }: PackedParameter,
  examples: number,
): void {
  if (parameter.untrained !== undefined) return;
  for (const shard of shards) {
    const dBias = shard.gradient + offset;
    bytes.fill(0, dBias, dBias + roundUp(units) * 4);
    for (let step = 0; step < times; step++) {
      const row = step * examples + shard.first;
      kernels.addRows(gradients + row * units * 4, dBias, shard.count, units);
    }
  }
}

/** Leaves for the update phase the gates' gradients, which the gradient of the recurrent kernel is made of too, and the inputs. */
function leaving(
  { kernel }: RecurrentLayer,
  product: DenseProduct,
  ordered: ReturnType<typeof stepOrder>,
  sums: Sums,
  gradients: GateGradients,
  compiler: Compiler,
): (pass: Pass, examples: number) => void {
  const { sizes, arena } = compiler;
  const batch =
    kernel.untrained === undefined ? kernelBatch(gradients, product.inputs, 0, compiler) : undefined;
  if (batch !== undefined)
    compiler.addWeightGradient(weightGradient(product, compiler.packedWide(kernel), batch, sizes, arena));
  const { rowBytes } = gradients;
  return ({ kernels, bytes, shards }, examples) => {
    for (const shard of shards)
      eachStep(product.rows, shard, (step, row) => {
        const place = step * examples + shard.first;
        const from = sums.gradients + place * rowBytes;
        bytes.copyWithin(gradients.address + row * rowBytes, from, from + shard.count * rowBytes);
        const rows = { from: ordered.address + place * ordered.bytes, row, rows: shard.count };
        if (batch !== undefined) leaveInputs(kernels, product, batch, rows);
      });
  };
}
