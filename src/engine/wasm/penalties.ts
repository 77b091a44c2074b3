/** What regularizers add to the loss of training, and to the gradients. */
import type { Kernels } from '../../kernels/kernels.ts';
import { panelBytes, panelWidth, roundUp } from '../../kernels/panels.ts';
import type { Penalty } from '../../model/network.ts';
import type { GradientBlock, PenalizedBatch } from '../engine.ts';
import type { PassShard } from './operation/operation.ts';
import type { Packing } from './operation/packing.ts';

export interface Penalties {
  /** Of one example. */
  value(kernels: Kernels, parameters: number): number;
  /** Adds the gradients of a shard's examples to its slot. */
  addToSlot(kernels: Kernels, parameters: number, shard: Pick<PassShard, 'gradient' | 'count'>): void;
  /** Adds those of a whole batch to a block of a deferred gradient. */
  addToBlock(kernels: Kernels, batch: PenalizedBatch, block: GradientBlock): void;
}

/** A panel of a weight: rows of 16, of which `lanes` are values. */
interface Panel extends Penalty {
  /** Byte offset within the packed parameters. */
  readonly offset: number;
  readonly rows: number;
  readonly lanes: number;
  readonly isTrained: boolean;
}

export function penaltiesOf(packing: Packing): Penalties {
  const panels = panelsOf(packing);
  const slotBytes = packing.slotFloats * 4;
  const [inSlots, deferred] = [true, false].map((isInSlot) =>
    panels.filter(({ isTrained, offset }) => isTrained && offset < slotBytes === isInSlot),
  );
  return {
    value: (kernels, parameters) =>
      panels.reduce(
        (sum, { offset, rows, lanes, l1, l2 }) =>
          sum + kernels.penalty(parameters + offset, rows, lanes, l1, l2),
        0,
      ),
    addToSlot(kernels, parameters, { gradient, count }) {
      for (const { offset, rows, lanes, l1, l2 } of inSlots)
        kernels.addPenaltyGradient(parameters + offset, gradient + offset, rows, lanes, l1, l2, count);
    },
    addToBlock(kernels, { examples, parametersOffset }, { first, floats, sum }) {
      const [start, end] = [first * 4, (first + floats) * 4];
      for (const { offset, rows, lanes, l1, l2 } of deferred) {
        // A panel's last rows may be padding.
        const from = Math.max(start, offset);
        const some = (Math.min(end, offset + rows * panelBytes) - from) / panelBytes;
        if (some <= 0) continue;
        const target = sum + from - start;
        kernels.addPenaltyGradient(parametersOffset + from, target, some, lanes, l1, l2, examples);
      }
    },
  };
}

function panelsOf({ parameters, wideKernels }: Packing): Panel[] {
  const matrices = [
    ...parameters.map(({ parameter, offset, rows, columns }) => ({
      ...{ parameter, offset, rows, columns, panelRows: rows },
    })),
    ...wideKernels.map(({ parameter, offset, inputs, units }) => ({
      ...{ parameter, offset, rows: units, columns: inputs, panelRows: roundUp(units) },
    })),
  ];
  return matrices.flatMap(({ parameter, offset, rows, columns, panelRows }) => {
    const { penalty, untrained } = parameter;
    if (penalty === undefined) return [];
    return Array.from({ length: roundUp(columns) / panelWidth }, (_, panel) => ({
      ...penalty,
      offset: offset + panel * panelRows * panelBytes,
      rows,
      lanes: Math.min(panelWidth, columns - panel * panelWidth),
      isTrained: untrained === undefined,
    }));
  });
}
