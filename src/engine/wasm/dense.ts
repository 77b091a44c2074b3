import { type DenseLayer, isFrozen } from '../../model/network.ts';
import type { Arena } from './arena.ts';
import {
  addressOf,
  type Buffers,
  type Operation,
  type Pass,
  type ProgramSizes,
  singleInput,
} from './operation.ts';
import type { PackedParameter, PackedWideKernel } from './packing.ts';
import { panelBytes, roundUp } from './panels.ts';
import type { LayerRow } from './row.ts';
import { listFloats, segmentFloats, skippingMatmul } from './skipping-matmul.ts';
import { type DenseBatch, denseBatch, weightGradient } from './weight-gradient.ts';
import { entryFloats } from './zeros.ts';

export const denseRow: LayerRow<DenseLayer> = {
  takes: () => ({ forward: 'all at once', backward: 'all at once' }),
  keeps: 'input',
  deferred: ({ kernel }) => [kernel],
  compile({ layer, buffers }, compiler) {
    const { sizes, arena, edge } = compiler;
    const kernel = compiler.packedWide(layer.kernel);
    const bias = layer.bias && compiler.packed(layer.bias);
    const batch = isFrozen(layer) ? undefined : denseBatch(layer, sizes, compiler.batch);
    if (batch !== undefined) compiler.addWeightGradient(weightGradient(layer, kernel, batch, sizes, arena));
    return [dense(layer, sizes, arena, { ...singleInput(buffers), kernel, bias, batch, edge })];
  },
};

interface DenseBuffers extends Buffers {
  readonly kernel: PackedWideKernel;
  readonly bias: PackedParameter | undefined;
  /** Absent for a frozen layer. */
  readonly batch: DenseBatch | undefined;
  /** Address of a panel of scratch for a tile's edge. */
  readonly edge: number;
}

/**
 * - forward: output[row, unit] = input[row, k] * kernel[k, unit]
 * - input's gradient: dInput[row, k] = dOutput[row, unit] * kernel[k, unit]
 * - kernel's gradient: in the update phase (weight-gradient.ts); the inputs and the outputs' gradients are left in
 *   the memory of the batch
 */
function dense(
  layer: DenseLayer,
  { maxExamples, shards }: ProgramSizes,
  arena: Arena,
  buffers: DenseBuffers,
): Operation {
  const { input, output, dOutput, dInput, kernel, bias, batch, edge } = buffers;
  const { inputs, units } = layer;
  const maxRows = maxExamples * layer.rows;
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

  function leaveForUpdate({ kernels, ints, bytes, shards: some }: Pass, batch: DenseBatch): void {
    for (const { index, first, batchFirst, count } of some) {
      const rows = count * layer.rows;
      const row = batchFirst * layer.rows;
      const offset = row * panelBytes;
      kernels.packPanels(
        addressOf(input, first),
        batch.inputs + offset,
        rows,
        inputs,
        batch.rows * panelBytes,
      );
      const dRows = addressOf(dOutput, first);
      bytes.copyWithin(batch.dOutputs + row * units * 4, dRows, dRows + rows * units * 4);
      ints[batch.nonzeros / 4 + index] = kernels.listByColumn(
        dRows,
        rows,
        units,
        offset,
        batch.lists + row * entryFloats * 4,
        batch.rows * entryFloats * 4,
        batch.counts + index * 4,
        shards * 4,
      );
    }
  }
}
