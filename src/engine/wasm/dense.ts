import type { DenseLayer } from '../../model/network.ts';
import type { Arena } from './arena.ts';
import { cutDepth, lengthField, matmulShapeFields, panelField } from './matmul-shape.ts';
import { addressOf, type Operation, type Pass, type WeightedBuffers } from './operation.ts';
import { panelBytes, panelWidth, roundUp } from './panels.ts';

/**
 * - forward: output[row, unit] = input[row, k] * kernel[k, unit]
 * - kernel's gradient: dKernel[k, unit] = sum over rows of input[row, k] * dOutput[row, unit]
 * - input's gradient: dInput[row, k] = dOutput[row, unit] * kernel[k, unit], some k's at a time, whose part of the
 *   kernel is transposed into scratch that stays in the cache
 */
export function dense(
  layer: DenseLayer,
  maxExamples: number,
  arena: Arena,
  buffers: WeightedBuffers,
): Operation {
  const { input, output, dOutput, dInput, kernel, bias, edge } = buffers;
  const { inputs, units } = layer;
  const wideUnits = roundUp(units);
  const panels = arena.floats(maxExamples * layer.rows * wideUnits);
  const forwardShape = arena.table(
    matmulShapeFields({
      aRow: inputs * 4,
      bPanel: inputs * panelBytes,
      initPanel: bias === undefined ? 0 : panelBytes,
      cRow: units * 4,
      cPanel: panelBytes,
      columns: units,
      ...cutDepth(inputs),
      edge,
    }),
  );
  const kernelGradientShape = arena.table(
    matmulShapeFields({
      aRow: 4,
      aStep: inputs * 4,
      cRow: panelBytes,
      cPanel: inputs * panelBytes,
      columns: wideUnits,
    }),
  );
  const propagate = dInput === undefined ? undefined : inputGradient(layer, arena, edge);

  return {
    perExample: false,
    forward(pass, first, count) {
      const init = bias === undefined ? arena.zeros : pass.parameters + bias.offset;
      pass.kernels.matmul(
        forwardShape,
        addressOf(input, first),
        pass.parameters + kernel.offset,
        init,
        addressOf(output, first),
        count * layer.rows,
      );
    },
    backward(pass, first, count) {
      for (const shard of pass.shards) {
        const rows = shard.count * layer.rows;
        const dRows = addressOf(dOutput, shard.first);
        if (bias !== undefined) {
          const dBias = shard.gradient + bias.offset;
          pass.bytes.fill(0, dBias, dBias + wideUnits * 4);
          pass.kernels.addRows(dRows, dBias, rows, units);
        }
        pass.kernels.packPanels(dRows, panels, rows, units);
        pass.ints[kernelGradientShape / 4 + lengthField] = rows;
        pass.ints[kernelGradientShape / 4 + panelField] = rows * panelBytes;
        pass.kernels.matmulAcross(
          kernelGradientShape,
          addressOf(input, shard.first),
          panels,
          arena.zeros,
          shard.gradient + kernel.offset,
          inputs,
        );
      }
      if (dInput === undefined) return;
      const rows = count * layer.rows;
      propagate?.(pass, addressOf(dOutput, first), kernel.offset, addressOf(dInput, first), rows);
    },
  };
}

type InputGradient = (
  pass: Pass,
  dOutput: number,
  kernelOffset: number,
  dInput: number,
  rows: number,
) => void;

/** Panels of 16 k's that are transposed at once: 256 KiB of scratch for 1,024 units, which stays in the cache. */
const groupPanels = 4;

function inputGradient({ inputs, units }: DenseLayer, arena: Arena, edge: number): InputGradient {
  const unitPanels = roundUp(units) / panelWidth;
  const groupFloats = roundUp(units) * panelWidth;
  const panels = arena.floats(groupPanels * groupFloats);
  const shapeOf = (columns: number) =>
    arena.table(
      matmulShapeFields({
        aRow: units * 4,
        bPanel: groupFloats * 4,
        cRow: inputs * 4,
        cPanel: panelBytes,
        columns,
        ...cutDepth(units),
        edge,
      }),
    );
  const groupWidth = groupPanels * panelWidth;
  const wholeShape = shapeOf(groupWidth);
  const lastShape = shapeOf(inputs % groupWidth);
  return ({ kernels, parameters }, dOutput, kernelOffset, dInput, rows) => {
    for (let k = 0; k < inputs; k += groupWidth) {
      const source = parameters + kernelOffset + k * panelBytes;
      const columns = Math.min(groupWidth, inputs - k);
      const groups = Math.ceil(columns / panelWidth);
      kernels.transposePanels(source, inputs * panelBytes, panels, unitPanels, groups);
      const shape = columns === groupWidth ? wholeShape : lastShape;
      kernels.matmul(shape, dOutput, panels, arena.zeros, dInput + k * 4, rows);
    }
  };
}
