import type { Kernels } from '../engine/wasm/kernels.ts';
import type { Optimizer } from '../optimizer/optimizer.ts';
import type { MemoryLayout, UpdateTask } from '../protocol.ts';

/** Floats of a block: small enough that the tree's rows stay in the first-level cache with 8 shards. */
const blockFloats = 512;

/** Scratch of one worker: the rows of the tree's first level. */
export const updateScratchBytes = (shards: number): number => Math.ceil(shards / 2) * blockFloats * 4;

export interface UpdateContext {
  readonly kernels: Kernels;
  readonly optimizer: Optimizer;
  readonly layout: MemoryLayout;
  /** Address of `updateScratchBytes` bytes. */
  readonly scratch: number;
}

/**
 * The second phase of a step over a range of the parameters: the shards' gradient sums are added as a fixed tree,
 * and the optimizer makes the next parameters of the mean. Reads the current buffers and writes the others only.
 */
export function createUpdate({ kernels, optimizer, layout, scratch }: UpdateContext) {
  const { gradients } = layout;
  const stride = gradients.length > 1 ? gradients[1] - gradients[0] : 0;
  return ({ start, end, current, examples }: UpdateTask): void => {
    const next = current === 0 ? 1 : 0;
    for (let first = start; first < end; first += blockFloats) {
      const floats = Math.min(blockFloats, end - first);
      const at = (address: number) => address + first * 4;
      kernels.treeSum(at(gradients[0]), stride, gradients.length, floats, scratch);
      optimizer.update(kernels, {
        floats,
        sum: scratch,
        examples,
        current: at(layout.parameters[current]),
        next: at(layout.parameters[next]),
        currentState: layout.optimizerState.map((buffers) => at(buffers[current])),
        nextState: layout.optimizerState.map((buffers) => at(buffers[next])),
      });
    }
  };
}
