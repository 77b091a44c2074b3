import type { Kernels } from '../../../kernels/kernels.ts';
import { cutDepth, matmulShape } from '../../../kernels/matmul-shape.ts';
import { panelBytes, panelWidth, roundUp } from '../../../kernels/panels.ts';
import { matmulShapeLayout } from '../../../kernels/structs.ts';
import type { RecurrentLayer } from '../../../model/sequence-layers.ts';
import type { Arena } from '../operation/arena.ts';
import type { PackedWideKernel } from '../operation/packing.ts';

/** Neighbouring gates whose columns of the recurrent kernel are taken at once. */
export interface Gates {
  readonly gate: number;
  readonly gates: number;
}

/** Products of one step with some columns of the recurrent kernel, for all examples of a call. */
export interface StepProduct extends Gates {
  /** Brings the kernel into the order that `add` needs: once a call. */
  turn(kernels: Kernels, parameters: number): void;
  /**
   * target[example, unit] = sums[example, column of a gate] + source[example, unit] * kernel[unit, column of the gate]
   * @param sums of the first example at this step; from example to example it is all gates
   */
  add(
    kernels: Kernels,
    at: { readonly gate: number; readonly source: number; readonly sums: number; readonly target: number },
    examples: number,
  ): void;
  /** target[example, unit] (+)= dSums[example, column] * kernel[unit, column] */
  back(kernels: Kernels, at: BackwardAddresses, examples: number, adds: boolean): void;
}

export interface BackwardAddresses {
  readonly parameters: number;
  readonly dSums: number;
  readonly target: number;
}

/** @param edge address of a tile of scratch, for a last panel that is narrow */
export function stepProduct(
  { units, gates: all }: RecurrentLayer,
  { gate: firstGate, gates }: Gates,
  { offset }: PackedWideKernel,
  arena: Arena,
  edge: number,
): StepProduct {
  const columns = gates * units;
  const timeBytes = all * units * 4;
  const kernelPanel = roundUp(all * units) * panelBytes;
  const turnedPanel = roundUp(units) * panelBytes;
  const panels = roundUp(units) / panelWidth;
  /** Each gate's columns begin with a panel: [gates, units / 16, units, 16]. */
  const turned = arena.floats(gates * panels * roundUp(units) * panelWidth);
  const turnedOf = (gate: number) => turned + (gate - firstGate) * panels * turnedPanel;
  const forward = arena.struct(
    matmulShapeLayout,
    matmulShape({
      ...{ aRow: units * 4, bPanel: turnedPanel, columns: units, edge, ...cutDepth(units) },
      ...{ initRow: timeBytes, initPanel: panelBytes, cRow: units * 4, cPanel: panelBytes },
    }),
  );
  const backward = {
    ...{ aRow: timeBytes, bPanel: kernelPanel, columns: units, edge, ...cutDepth(columns) },
    ...{ cRow: units * 4, cPanel: panelBytes },
  };
  const written = arena.struct(matmulShapeLayout, matmulShape(backward));
  const added = arena.struct(
    matmulShapeLayout,
    matmulShape({ ...backward, initRow: units * 4, initPanel: panelBytes }),
  );
  /** The rows of the packed kernel are the gates' units. */
  const rowsOf = (parameters: number, gate: number) => parameters + offset + gate * units * panelBytes;
  return {
    gate: firstGate,
    gates,
    turn(kernels, parameters) {
      // Where units do not fill panels, columns behind a gate's are turned too, and not used.
      for (let gate = firstGate; gate < firstGate + gates; gate++)
        kernels.transposePanels(
          rowsOf(parameters, gate),
          kernelPanel,
          turnedOf(gate),
          turnedPanel,
          panels,
          units,
        );
    },
    add(kernels, { gate, source, sums, target }, examples) {
      kernels.matmul(forward, source, turnedOf(gate), sums + gate * units * 4, target, examples);
    },
    back(kernels, { parameters, dSums, target }, examples, adds) {
      const [from, weights] = [dSums + firstGate * units * 4, rowsOf(parameters, firstGate)];
      if (adds) kernels.matmul(added, from, weights, target, target, examples);
      else kernels.matmul(written, from, weights, arena.zeros, target, examples);
    },
  };
}
