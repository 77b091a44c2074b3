import type { Kernels } from '../../../kernels/kernels.ts';
import type { BatchRegion, DeferredRequest, GradientBlock } from '../../engine.ts';
import type { PackedParameter } from './packing.ts';

/** One layer, compiled: what it does with examples [first, first + count) of a call. */
export interface Operation {
  /** Runs example by example together with its neighbours, so that an image stays in the cache. */
  readonly perExample: boolean;
  /** Where it runs with such neighbours, but takes up to so many examples at once on the way forward. */
  readonly groupExamples?: number;
  /** Where it runs with such neighbours, but takes the examples of a shard at once on the way back. */
  readonly backwardByShard?: boolean;
  forward(pass: Pass, first: number, count: number): void;
  /**
   * Adds to each shard's gradient what these examples contribute (with its last example it is whole; what was there
   * before its first one is overwritten), and passes dOutput on as dInput. Without `perExample`, it is called once, for all examples.
   */
  backward(pass: Pass, first: number, count: number): void;
}

/** An operation and the name of its layer. */
export type LayerOperation = Operation & { readonly layer: string };

/** What a call is about. */
export interface Pass {
  readonly kernels: Kernels;
  /** The whole memory. */
  readonly ints: Int32Array;
  readonly floats: Float32Array;
  readonly bytes: Uint8Array;
  readonly key: readonly [number, number];
  training: boolean;
  step: number;
  position: number;
  /** Address of the packed parameters. */
  parameters: number;
  /** Shards with examples, in order. */
  shards: readonly PassShard[];
}

export interface PassShard {
  /** Its number in the batch. */
  readonly index: number;
  /** Within the call. */
  readonly first: number;
  /** Within the batch. */
  readonly batchFirst: number;
  readonly count: number;
  /** Address of the packed gradient. */
  readonly gradient: number;
}

/** The shard of an example of the call. */
export const shardOf = ({ shards }: Pass, example: number): PassShard =>
  shards[shards.findLastIndex(({ first }) => first <= example)];

/** What a network is compiled for; see PlanContext. */
export interface ProgramSizes {
  readonly maxExamples: number;
  readonly batchSize: number;
  readonly shards: number;
}

/** Values of one layer for the examples of a call; a transient one keeps a single example. */
export interface Tensor {
  readonly address: number;
  /** Floats an example. */
  readonly size: number;
  readonly transient: boolean;
}

export const addressOf = (tensor: Tensor, example: number): number =>
  tensor.transient ? tensor.address : tensor.address + example * tensor.size * 4;

/** What the operations of a layer read and write. */
export interface NodeBuffers {
  readonly inputs: readonly Tensor[];
  readonly output: Tensor;
  readonly dOutput: Tensor;
  /** Undefined where no layer before has parameters that train. */
  readonly dInputs: readonly (Tensor | undefined)[];
}

/** The same of a layer that reads one tensor. */
export interface Buffers {
  readonly input: Tensor;
  readonly output: Tensor;
  readonly dOutput: Tensor;
  readonly dInput: Tensor | undefined;
}

export const singleInput = ({ inputs, output, dOutput, dInputs }: NodeBuffers): Buffers => ({
  input: inputs[0],
  output,
  dOutput,
  dInput: dInputs[0],
});

/** The same for a convolution. */
export interface WeightedBuffers extends Buffers {
  readonly kernel: PackedParameter;
  readonly bias: PackedParameter | undefined;
  /** Address of a tile of scratch, for a last panel that is narrow. */
  readonly edge: number;
}

/** The gradient of a weight, without slots: computed in the update phase, part by part. */
export interface WeightGradient {
  /** The layer's name. */
  readonly layer: string;
  /** How many neighbouring shards it adds up as one, where it is not the tree of the shards' own sums. See EnginePlan. */
  readonly groupShards?: number;
  /** Of what in the memory of the batch it is made, where that can be brought together from ranks. */
  readonly regions?: readonly BatchRegion[];
  /** Calls `apply` with each block of the sum over the batch, for part `part` of `parts` of the weight. */
  sum(
    pass: Pick<Pass, 'kernels' | 'ints' | 'bytes'>,
    request: DeferredRequest,
    apply: (block: GradientBlock) => void,
  ): void;
}
