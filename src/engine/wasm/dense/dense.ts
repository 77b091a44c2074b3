import { panelBytes, roundUp } from '../../../kernels/panels.ts';
import { type DenseLayer, isFrozen } from '../../../model/network.ts';
import type { Arena } from '../operation/arena.ts';
import {
  addressOf,
  type Buffers,
  type Operation,
  type Pass,
  type ProgramSizes,
  singleInput,
} from '../operation/operation.ts';
import type { PackedParameter, PackedWideKernel } from '../operation/packing.ts';
import type { LayerRow } from '../operation/row.ts';
import { listFloats, segmentFloats, skippingMatmul } from './skipping-matmul.ts';
import {
  type DenseBatch,
  type DenseProduct,
  denseBatch,
  denseRegions,
  leaveInputs,
  listOutputGradients,
  weightGradient,
} from './weight-gradient.ts';

export const denseRow: LayerRow<DenseLayer> = {
  takes: () => ({ forward: 'all at once', backward: 'all at once' }),
  keeps: () => 'input',
  deferred: ({ kernel }) => [kernel],
  compile(node, compiler) {
    const { layer, buffers, graph } = node;
    const { sizes, arena, edge } = compiler;
    const kernel = compiler.packedWide(layer.kernel);
    const bias = layer.bias && compiler.packed(layer.bias);
    const batch = isFrozen(layer)
      ? undefined
      : denseBatch(layer, sizes, compiler.batch, !graph.hasFullGradient(node));
    if (batch !== undefined)
      compiler.addWeightGradient({
        ...weightGradient(layer, kernel, batch, sizes, arena),
        regions: denseRegions(layer, batch, sizes),
      });
    return [dense(layer, sizes, arena, { ...singleInput(buffers), kernel, bias, batch, edge })];
  },
};

export interface DenseBuffers extends Buffers {
  readonly kernel: PackedWideKernel;
  readonly bias: PackedParameter | undefined;
  /** Absent for a frozen layer. */
  readonly batch: DenseBatch | undefined;
  /** Address of a tile of scratch, for a last panel that is narrow. */
  readonly edge: number;
}

/**
 * - forward: output[row, unit] = input[row, k] * kernel[k, unit]
 * - input's gradient: dInput[row, k] = dOutput[row, unit] * kernel[k, unit]
 * - kernel's gradient: in the update phase (weight-gradient.ts); the inputs and the outputs' gradients are left in
 *   the memory of the batch
 */
export function dense(
  layer: DenseProduct,
  { maxExamples, shards }: ProgramSizes,
  arena: Arena,
  buffers: DenseBuffers,
): Operation {
  const { input, output, dOutput, dInput, kernel, bias, batch, edge } = buffers;
  const { units } = layer;
  const maxRows = maxExamples * layer.rows;
  const { outputs, inputGradients } = denseProducts(layer, maxRows, arena, { edge, bias });

  return {
    perExample: false,
    forward({ kernels, parameters }, first, count) {
      const init = bias === undefined ? arena.zeros : parameters + bias.offset;
      const weights = parameters + kernel.offset;
      outputs(kernels, addressOf(input, first), weights, init, addressOf(output, first), count * layer.rows);
    },
    backward(pass, first, count) {
      if (batch !== undefined) {
        sumBiasGradients(pass);
        leaveForUpdate(pass, batch);
      }
      if (dInput === undefined) return;
      const weights = pass.parameters + kernel.offset;
      const [dRows, target] = [addressOf(dOutput, first), addressOf(dInput, first)];
      inputGradients(pass.kernels, dRows, weights, arena.zeros, target, count * layer.rows);
    },
  };

  function sumBiasGradients({ kernels, bytes, shards }: Pass): void {
    if (bias === undefined) return;
    for (const shard of shards) {
      const dBias = shard.gradient + bias.offset;
      bytes.fill(0, dBias, dBias + roundUp(units) * 4);
      kernels.addRows(addressOf(dOutput, shard.first), dBias, shard.count * layer.rows, units);
    }
  }

  function leaveForUpdate(pass: Pass, batch: DenseBatch): void {
    const { kernels, bytes } = pass;
    for (const shard of pass.shards) {
      const [row, rows] = [shard.batchFirst * layer.rows, shard.count * layer.rows];
      leaveInputs(kernels, layer, batch, { from: addressOf(input, shard.first), row, rows });
      const dRows = addressOf(dOutput, shard.first);
      bytes.copyWithin(batch.dOutputs + row * units * 4, dRows, dRows + rows * units * 4);
      listOutputGradients(pass, layer, batch, shard, shards);
    }
  }
}

/** Both products with the kernel, forward and of the input's gradient: one after the other, they share scratch. */
export function denseProducts(
  { inputs, units }: DenseProduct,
  maxRows: number,
  arena: Arena,
  { edge, bias }: Pick<DenseBuffers, 'edge' | 'bias'>,
) {
  const lists = arena.floats(Math.max(listFloats(maxRows, inputs), listFloats(maxRows, units)));
  const segment = arena.floats(segmentFloats(Math.max(inputs, units)));
  const outputs = skippingMatmul(
    {
      ...{ depth: inputs, columns: units, edge, lists, segment },
      bPanel: roundUp(units) * panelBytes,
      initPanel: bias === undefined ? 0 : panelBytes,
      transposed: true,
    },
    arena,
  );
  const inputGradients = skippingMatmul(
    {
      ...{ depth: units, columns: inputs, edge, lists, segment },
      bPanel: roundUp(units) * panelBytes,
      initPanel: 0,
      transposed: false,
    },
    arena,
  );
  return { outputs, inputGradients };
}
