import type { Kernels } from '../engine/wasm/kernels.ts';

/** Where a block of the flat arrays lies: byte addresses, all of `floats` elements (a multiple of 4). */
export interface UpdateBlock {
  /** The optimizer's steps with this one, from 1: all that an update may know of the past besides its state arrays. */
  readonly step: number;
  readonly learningRate: number;
  readonly floats: number;
  /** The sum of the batch's gradients. */
  readonly sum: number;
  /** How many examples that sum is of. */
  readonly examples: number;
  /** The parameters before and after; never the same memory, so that an update can be done again. */
  readonly current: number;
  readonly next: number;
  /** The same for each state array. */
  readonly currentState: readonly number[];
  readonly nextState: readonly number[];
}

/** Updates are elementwise, so any division into ranges gives the same bits. */
export interface Optimizer {
  /** What each state array is filled with at first. */
  readonly initialState: readonly number[];
  /** @returns whether all that it wrote is finite */
  update(kernels: Kernels, block: UpdateBlock): boolean;
}
