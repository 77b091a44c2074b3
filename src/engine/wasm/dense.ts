import type { DenseLayer } from '../../model/network.ts';
import type { Arena } from './arena.ts';
import { lengthField, matmulShapeFields } from './matmul-shape.ts';
import { addressOf, type Operation, type Pass, type Tensor } from './operation.ts';
import type { PackedParameter } from './packing.ts';
import { panelBytes, panelWidth, roundUp } from './panels.ts';

export interface DenseBuffers {
  readonly input: Tensor;
  readonly output: Tensor;
  readonly dOutput: Tensor;
  /** Absent where no layer before has parameters. */
  readonly dInput: Tensor | undefined;
  readonly kernel: PackedParameter;
  readonly bias: PackedParameter | undefined;
  /** Floats of scratch for one tile's edge. */
  readonly edge: number;
}

/**
 * - forward: output[row, unit] = input[row, k] * kernel[k, unit]
 * - kernel's gradient: dKernel[k, unit] = sum over rows of input[row, k] * dOutput[row, unit]
 * - input's gradient: dInput[row, k] = dOutput[row, unit] * kernel[k, unit], 16 k's at a time, whose part of the
 *   kernel is transposed into scratch that stays in the cache
 */
export function dense(
  layer: DenseLayer,
  maxExamples: number,
  arena: Arena,
  buffers: DenseBuffers,
): Operation {
  const { input, output, dOutput, dInput, kernel, bias, edge } = buffers;
  const { inputs, units } = layer;
  const wideUnits = roundUp(units);
  const wide = wideUnits === units ? undefined : arena.floats(maxExamples * layer.rows * wideUnits);
  const forwardShape = arena.table(
    matmulShapeFields({
      aRow: inputs * 4,
      bPanel: inputs * panelBytes,
      initPanel: bias === undefined ? 0 : panelBytes,
      cRow: units * 4,
      cPanel: panelBytes,
      columns: units,
      length: inputs,
      edge,
    }),
  );
  const kernelGradientShape = arena.table(
    matmulShapeFields({
      aRow: 4,
      aStep: inputs * 4,
      bStep: wideUnits * 4,
      bPanel: panelBytes,
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
      const rows = count * layer.rows;
      const dRows = addressOf(dOutput, first);
      if (bias !== undefined) {
        const dBias = pass.gradient + bias.offset;
        pass.bytes.fill(0, dBias, dBias + wideUnits * 4);
        pass.kernels.addRows(dRows, dBias, rows, units);
      }
      if (wide !== undefined) pass.kernels.padColumns(dRows, wide, rows, units, wideUnits);
      pass.ints[kernelGradientShape / 4 + lengthField] = rows;
      pass.kernels.matmulAcross(
        kernelGradientShape,
        addressOf(input, first),
        wide ?? dRows,
        arena.zeros,
        pass.gradient + kernel.offset,
        inputs,
      );
      if (dInput !== undefined) propagate?.(pass, dRows, kernel.offset, addressOf(dInput, first), rows);
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

function inputGradient({ inputs, units }: DenseLayer, arena: Arena, edge: number): InputGradient {
  const panel = arena.floats(roundUp(units) * panelWidth);
  const shapeOf = (columns: number) =>
    arena.table(matmulShapeFields({ aRow: units * 4, cRow: inputs * 4, columns, length: units, edge }));
  const wholeShape = shapeOf(panelWidth);
  const lastShape = inputs % panelWidth === 0 ? wholeShape : shapeOf(inputs % panelWidth);
  return ({ kernels, parameters }, dOutput, kernelOffset, dInput, rows) => {
    for (let k = 0; k < inputs; k += panelWidth) {
      const source = parameters + kernelOffset + k * panelBytes;
      kernels.transposePanel(source, inputs * panelBytes, panel, roundUp(units) / panelWidth);
      const shape = k + panelWidth <= inputs ? wholeShape : lastShape;
      kernels.matmul(shape, dOutput, panel, arena.zeros, dInput + k * 4, rows);
    }
  };
}
