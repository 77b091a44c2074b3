import type { Kernels } from '../kernels/kernels.ts';
import {
  type Address,
  type AddressOf,
  type StructLayout,
  type StructValues,
  writeStruct,
} from '../kernels/struct.ts';
import type { Update } from '../kernels/structs.ts';

/** An optimizer's rule is a kernel (assembly/optimizers.ts); the rest of it is data. */
export interface Optimizer {
  /** What each state array is filled with at first; two at most. */
  readonly initialState: readonly number[];
  /**
   * Begins an update. Updates are elementwise, so any division into blocks gives the same bits.
   * @param address of `updateStructBytes` bytes, which stay as they are written until the update has ended
   * @param step the optimizer's steps with this one, from 1: all it may know of the past besides its state arrays
   */
  begin(
    kernels: Kernels,
    buffer: ArrayBufferLike,
    address: Address,
    update: Update,
    step: number,
  ): BlockUpdate;
  /**
   * Where its step on a weight is multiplied by a trust ratio, what that is of; begun as an update is. Reads what the
   * update reads, and writes `update` and the two sums.
   */
  readonly beginSquares?: (...of: Parameters<Optimizer['begin']>) => BlockSquares;
}

/** What a trust ratio is of. */
export interface TrustSquares {
  /** The sum of the squares of the parameters, decayed. */
  readonly parameters: number;
  /** And of the step, at a learning rate of 1. */
  readonly step: number;
}

export type BlockSquares = (...of: Parameters<BlockUpdate>) => TrustSquares;

/**
 * Makes the next parameters and state of `floats` parameters (a multiple of 4) from the parameter `first` on.
 * @param sum address of the sum of their gradients
 * @returns whether all that it wrote is finite
 */
export type BlockUpdate = (sum: Address, first: number, floats: number) => boolean;

/** Room for what an optimizer's kernel is told. */
export const updateStructBytes = 128;

/** What an optimizer is made of. */
export interface OptimizerParts<Struct extends Update> {
  readonly initialState: readonly number[];
  readonly layout: StructLayout<Struct>;
  kernel(kernels: Kernels): UpdateKernel<Struct>;
  /** See Optimizer.beginSquares. */
  readonly squares?: (kernels: Kernels) => SquaresKernel<Struct>;
  /** What the kernel is told: what every optimizer's is, and its settings at a step. */
  struct(update: Update, step: number): Struct;
}

type UpdateKernel<Struct> = (update: AddressOf<Struct>, sum: Address, first: number, floats: number) => 0 | 1;

type SquaresKernel<Struct> = (...of: [...Parameters<UpdateKernel<Struct>>, squares: Address]) => void;

export function optimizerOf<Struct extends Update & StructValues<Struct>>({
  initialState,
  layout,
  kernel,
  squares,
  struct,
}: OptimizerParts<Struct>): Optimizer {
  if (layout.bytes > updateStructBytes - squaresBytes)
    throw new Error(
      `Expected a struct of ${updateStructBytes - squaresBytes} bytes at most, got ${layout.bytes}; raise the limit`,
    );
  const optimizer: Optimizer = {
    initialState,
    begin(kernels, buffer, address, common, step) {
      const run = kernel(kernels);
      const update = writeStruct(buffer, address, layout, struct(common, step));
      return (sum, first, floats) => run(update, sum, first, floats) === 1;
    },
  };
  if (squares === undefined) return optimizer;
  return {
    ...optimizer,
    beginSquares(kernels, buffer, address, common, step) {
      const run = squares(kernels);
      const update = writeStruct(buffer, address, layout, struct({ ...common, learningRate: 1 }, step));
      const at = address + updateStructBytes - squaresBytes;
      const found = new Float64Array(buffer, at, 2);
      return (sum, first, floats) => {
        run(update, sum, first, floats, at);
        return { parameters: found[0], step: found[1] };
      };
    },
  };
}

/** Two float64 behind the struct. */
const squaresBytes = 16;
