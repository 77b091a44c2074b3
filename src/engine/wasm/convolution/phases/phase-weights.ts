import { panelBytes, panelWidth, roundUp } from '../../../../kernels/panels.ts';
import type { PackedParameter } from '../../operation/packing.ts';
import type { Compiler } from '../../operation/row.ts';
import type { WindowGrid } from '../images/window-grid.ts';
import { binsOf, type PhasePlan } from './phase-plan.ts';
import { compilePhase, rowsOf, weightBinBytes } from './phase-shapes.ts';

/** Floats of the spectrum of the weights, [bins, filters / 16, 2 (re, im), rows, 16]. */
export const weightSpectrumFloats = (windows: WindowGrid, plan: PhasePlan): number =>
  (binsOf(plan.points) * weightBinBytes(windows, plan)) / 4;

/** Derives the spectrum of the weights, 16 filters at a time. @returns its byte offset within a buffer of parameters */
export function deriveSpectrum(
  { windows, plan }: { readonly windows: WindowGrid; readonly plan: PhasePlan },
  layer: string,
  kernel: PackedParameter,
  { arena, derived }: Pick<Compiler, 'arena' | 'derived'>,
): number {
  const spectrum = derived.take(weightSpectrumFloats(windows, plan));
  const phases = plan.phases.map((phase) => compilePhase(windows, plan, phase, arena));
  const tile = arena.floats(plan.points * plan.points * 8);
  // [bins, 2 (re, im), 16, 16] (kernels/assembly/fourier-weights.ts)
  const scratch = arena.floats((binsOf(plan.points) * scratchBinBytes) / 4);
  const floats = kernel.rows * panelWidth;
  const part = rowsOf(windows, plan) * panelBytes;
  for (let panel = 0; panel < roundUp(windows.grid[2]) / panelWidth; panel++) {
    const first = kernel.offset / 4 + panel * floats;
    derived.add({
      ...{ layer, first, floats },
      derive(kernels, parameters) {
        for (const [index, { shape, offset }] of phases.entries()) {
          const to = spectrum + 2 * panel * part + (index * part) / phases.length;
          kernels.kernelSpectrum(shape, parameters + first * 4 + offset, tile, scratch, parameters + to);
        }
      },
    });
  }
  return spectrum;
}

const scratchBinBytes = 2 * panelWidth * panelBytes + panelBytes;
