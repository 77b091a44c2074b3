import type { RecurrentLayer } from '../../../model/sequence-layers.ts';
import { maskOf } from '../../../model/sequence-layers.ts';
import { singleInput, type Tensor } from '../operation/operation.ts';
import type { CompiledNode, Compiler, LayerRow } from '../operation/row.ts';
import { createMask, sequenceDropout } from './dropout.ts';
import { gateGradients } from './gradients.ts';
import { inputProduct } from './input-product.ts';
import { recurrence } from './recurrence.ts';

/** The input's product for all steps at once; then the steps, one after the other. */
export const recurrentRow: LayerRow<RecurrentLayer> = {
  takes: () => ({ forward: 'all at once', backward: 'all at once' }),
  keeps: () => 'input',
  deferred: ({ kernel, recurrentKernel }) => [kernel, recurrentKernel],
  compile(node, compiler) {
    const { layer, buffers } = node;
    const { arena, sizes } = compiler;
    const values = sizes.maxExamples * layer.times * layer.gates * layer.units;
    const sums = { values: arena.floats(values), gradients: arena.floats(values) };
    const gradients = hasTrainedKernel(layer) ? gateGradients(layer, compiler) : undefined;
    const { input, dInput, output, dOutput } = singleInput(buffers);
    const dropped = layer.dropout === 0 ? { input, dInput, operations: [] } : dropInputs(node, compiler);
    return [
      ...dropped.operations,
      inputProduct(layer, dropped, sums, gradients, compiler),
      recurrence(layer, { sums, gradients, output, dOutput, counts: buffers.inputs[1] }, compiler),
    ];
  },
};

const hasTrainedKernel = ({ kernel, recurrentKernel }: RecurrentLayer): boolean =>
  kernel.untrained === undefined || recurrentKernel.untrained === undefined;

const tensorsIn =
  ({ arena, sizes }: Compiler) =>
  (size: number): Tensor => ({ address: arena.floats(sizes.maxExamples * size), size, transient: false });

function dropInputs({ layer, buffers }: CompiledNode<RecurrentLayer>, compiler: Compiler) {
  const { input, dInput } = singleInput(buffers);
  const tensor = tensorsIn(compiler);
  const output = tensor(input.size);
  const dOutput = dInput && tensor(input.size);
  const mask = createMask(maskOf(layer, 'input'), layer.inputs, compiler.sizes.maxExamples, compiler.arena);
  const operation = sequenceDropout(mask, layer.inputs, {
    ...{ input, output, dInput },
    dOutput: dOutput ?? output,
  });
  return { input: output, dInput: dOutput, operations: [operation] };
}
