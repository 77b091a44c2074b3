import type { DenseLayer } from '../../model/network.ts';
import type { Arena } from './arena.ts';
import { cutDepth, matmulShapeFields } from './matmul-shape.ts';
import { addressOf, type Buffers, type Operation } from './operation.ts';
import type { PackedDenseKernel, PackedParameter } from './packing.ts';
import { panelBytes, roundUp } from './panels.ts';
import type { DenseBatch } from './weight-gradient.ts';

export interface DenseBuffers extends Buffers {
  readonly kernel: PackedDenseKernel;
  readonly bias: PackedParameter | undefined;
  readonly batch: DenseBatch;
  /** Address of a panel of scratch for a tile's edge. */
  readonly edge: number;
}

/**
 * - forward: output[row, unit] = input[row, k] * kernel[k, unit]
 * - input's gradient: dInput[row, k] = dOutput[row, unit] * kernel[k, unit]
 * - kernel's gradient: in the update phase (weight-gradient.ts); the inputs and the outputs' gradients are left in
 *   the memory of the batch
 */
export function dense(layer: DenseLayer, arena: Arena, buffers: DenseBuffers): Operation {
  const { input, output, dOutput, dInput, kernel, bias, batch, edge } = buffers;
  const { inputs, units } = layer;
  const wideUnits = roundUp(units);
  const forwardShape = arena.table(
    matmulShapeFields({
      aRow: inputs * 4,
      bPanel: roundUp(inputs) * panelBytes,
      initPanel: bias === undefined ? 0 : panelBytes,
      cRow: units * 4,
      cPanel: panelBytes,
      columns: units,
      ...cutDepth(inputs),
      edge,
    }),
  );
  const inputGradientShape = arena.table(
    matmulShapeFields({
      aRow: units * 4,
      bPanel: wideUnits * panelBytes,
      cRow: inputs * 4,
      cPanel: panelBytes,
      columns: inputs,
      ...cutDepth(units),
      edge,
    }),
  );

  return {
    perExample: false,
    forward(pass, first, count) {
      const init = bias === undefined ? arena.zeros : pass.parameters + bias.offset;
      pass.kernels.matmul(
        forwardShape,
        addressOf(input, first),
        pass.parameters + kernel.copyOffset,
        init,
        addressOf(output, first),
        count * layer.rows,
      );
    },
    backward({ kernels, bytes, shards, parameters }, first, count) {
      for (const shard of shards) {
        const rows = shard.count * layer.rows;
        const batchRow = shard.batchFirst * layer.rows;
        const dRows = addressOf(dOutput, shard.first);
        if (bias !== undefined) {
          const dBias = shard.gradient + bias.offset;
          bytes.fill(0, dBias, dBias + wideUnits * 4);
          kernels.addRows(dRows, dBias, rows, units);
        }
        const rowsAddress = addressOf(input, shard.first);
        kernels.packPanels(
          rowsAddress,
          batch.inputs + batchRow * panelBytes,
          rows,
          inputs,
          batch.rows * panelBytes,
        );
        bytes.copyWithin(batch.dOutputs + batchRow * units * 4, dRows, dRows + rows * units * 4);
      }
      if (dInput === undefined) return;
      kernels.matmul(
        inputGradientShape,
        addressOf(dOutput, first),
        parameters + kernel.offset,
        arena.zeros,
        addressOf(dInput, first),
        count * layer.rows,
      );
    },
  };
}
