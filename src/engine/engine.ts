import type { InputType, TargetType } from '../data/input-type.ts';
import type { Arithmetic } from '../kernels/arithmetic.ts';
import type { ModelLoss, OwnMetric } from '../loss/loss.ts';
import type { Layer, Network } from '../model/network.ts';
import type { Trace } from '../trace.ts';

/** What computes a shard's gradient. */
export const engineNames = ['wasm', 'tensorflow', 'reference'] as const;
/**
 * What computes: own WebAssembly kernels, TensorFlow's (with `@tensorflow/tfjs-node`), or plain loops in float64.
 * @useDeclaredType
 */
export type EngineName = (typeof engineNames)[number];

/** 'auto' takes wasm for the models that it supports, and tensorflow for the others. */
export const engineChoices = ['auto', ...engineNames] as const;
export type EngineChoice = (typeof engineChoices)[number];

/** What an engine is planned for. */
export interface PlanContext {
  readonly network: Network;
  /** The most examples of one call. */
  readonly maxExamples: number;
  /** Examples and shards of a batch, at most. */
  readonly batchSize: number;
  readonly shards: number;
  readonly loss: ModelLoss;
  /** Why it is not the engine that `auto` would take first, for its messages; absent where there is no reason. */
  readonly reason?: string;
  /** The compiled kernels (see ../kernels/kernel-module.ts). */
  readonly kernels: WebAssembly.Module;
}

/** What an engine needs to know of a run before memory is laid out. */
export interface EnginePlan {
  /** Elements of the parameters in the engine's own order (padding included; padding is always zero). */
  readonly parameterFloats: number;
  /** How many of them, from the first on, have their gradients in slots; those of the others are deferred. */
  readonly slotFloats: number;
  /**
   * How many of those with slots, up to the last one, no gradient moves: the slot holds how far the shard's examples
   * moved them, times how many examples, and the mean of that is added, without the optimizer.
   */
  readonly stateFloats: number;
  /** How many at the end, a multiple of 16, nothing moves: an update copies them. */
  readonly constantFloats: number;
  /** Where each of `network.parameters` lies. */
  readonly weights: readonly WeightPlace[];
  /** Elements behind the parameters in each of their buffers, which the engine derives of some of them. */
  readonly derivedFloats: number;
  /** What the gradient phase leaves to the update phase, of the whole batch, in bytes: for deferred gradients. */
  readonly batchBytes: number;
  /** Scratch memory of one worker, in bytes. */
  readonly arenaBytes: number;
  readonly arithmetic: Arithmetic;
  /**
   * Of the deferred gradients that are not the tree of the shards' own sums the one with the largest groups of
   * neighbouring shards (a power of two) that are added up as one. Parts of a batch that are computed apart make the same
   * bits where each has whole groups.
   */
  readonly largestGroup?: { readonly layer: string; readonly shards: number };
  /**
   * The parts of the memory of a batch, so that those that ranks have filled can be brought together. Absent where not all
   * deferred gradients are made of them.
   */
  readonly batchRegions?: readonly BatchRegion[];
  /** How the layers are computed that could be in more than one way, by the layer's name. */
  readonly ways?: Readonly<Record<string, string>>;
}

/** What lies in the memory of a batch by examples, or by shards: in several runs, of each one behind the other. */
export interface BatchRegion {
  /** Bytes from the beginning of that memory. */
  readonly offset: number;
  /** How many runs there are, and how many bytes from the beginning of one to that of the next. */
  readonly runs: number;
  readonly runBytes: number;
  readonly of: 'example' | 'shard';
  /** Of each, in a run. */
  readonly bytes: number;
}

/** A weight's elements among those of the parameters in the engine's own order, with its padding; no other's lie between. */
export interface WeightPlace {
  /** Index of the first element, a multiple of 16. */
  readonly first: number;
  /** How many, a multiple of 16. */
  readonly floats: number;
}

/** Where an engine works. Every `*Offset` is a byte offset into `memory`. */
export interface EngineContext extends PlanContext {
  /** The model's Keras-style configuration, which the network was read from. */
  readonly topology: object;
  /** Shared; never grows. */
  readonly memory: WebAssembly.Memory;
  /** This engine's own scratch memory, `arenaBytes` long, 64-byte aligned. */
  readonly arenaOffset: number;
  /** `batchBytes` shared by all engines of the memory, 64-byte aligned. */
  readonly batchOffset: number;
  readonly seed: number;
  /** What it gives besides the losses. Default: none. */
  readonly ownMetrics?: readonly OwnMetric[];
  /** Absent unless somebody wants to know where the time goes. */
  readonly trace?: Trace;
}

/** Which examples a call is about, and where they lie. */
export interface ExampleBatch {
  /** [count] Uint32: the rows of `inputsOffset`, `targetsOffset` and `weightsOffset` to take. */
  readonly indicesOffset: number;
  readonly count: number;
  /** [rows, ...network.input], row-major; uint8 values are divided by 255 when read. */
  readonly inputsOffset: number;
  /** Where that offset is of. Default: `memory`. */
  readonly inputsMemory?: ArrayBufferLike | undefined;
  readonly inputType: InputType;
  /** [rows] Uint32 class numbers ('class'), or [rows, network.classes] Float32 ('vector'). */
  readonly targetsOffset: number;
  readonly targetType: TargetType;
  /** [parameterFloats + derivedFloats] Float32, in the engine's own order. */
  readonly parametersOffset: number;
  /** [count, classes] Float32, written: the model's output; for a loss of the logits, their softmax. */
  readonly predictionsOffset: number;
}

export interface GradientRequest extends ExampleBatch {
  /** The step, from 1: a coordinate of the dropout masks. */
  readonly step: number;
  /** The first example's position in the step's batch: a coordinate of the dropout masks. */
  readonly position: number;
  /** [rows, outputs] Float32: what each example's loss of each output is multiplied by. Without it by 1. */
  readonly weightsOffset?: number;
  /** Neighbouring shards, in the order of their examples; their counts add up to `count`. */
  readonly shards: readonly ShardRequest[];
}

/** Which part of a batch a shard is. */
export interface ShardRange {
  /** Its number among the shards of the batch. */
  readonly index: number;
  /** The place of its first example in the batch. */
  readonly first: number;
  /** How many examples; with 0 the gradient is zero. */
  readonly count: number;
}

/** A shard's part of a call. */
export interface ShardRequest extends ShardRange {
  /** [slotFloats] Float32: the sum of these examples' gradients, written whole. */
  readonly gradientOffset: number;
}

/**
 * Gradients that are computed in the update phase, of what the gradient phase left in the memory of the batch: their
 * sum over a batch is that of the slots (each shard's sum, then the fixed tree over the shards), but no shard's sum
 * is ever in memory as a whole.
 */
export interface DeferredRequest {
  /** All shards that the memory has slots for, in order. */
  readonly shards: readonly ShardRange[];
  /** Which of so many parts of the work. The division changes no bits. */
  readonly part: number;
  readonly parts: number;
}

/** What a deferred gradient's penalties depend on. */
export interface PenalizedBatch {
  readonly examples: number;
  /** The parameters that the gradient is of, [parameterFloats] in the engine's own order. */
  readonly parametersOffset: number;
}

/** A block of a gradient: neighbouring elements of the parameters. */
export interface GradientBlock {
  /** Index of the first element. */
  readonly first: number;
  /** How many, a multiple of 16. */
  readonly floats: number;
  /** Address of their gradients' sum over the batch. */
  readonly sum: number;
}

/**
 * What an engine derives of some parameters, so that it is computed once a step and not by each worker. A part of an
 * update has all of these parameters or none.
 */
export interface Derivation {
  /** Index of the first parameter, a multiple of 16. */
  readonly first: number;
  /** How many, a multiple of 16. */
  readonly floats: number;
  /** Writes what is derived of them, behind the parameters of the buffer. */
  derive(parametersOffset: number): void;
}

/** A weight with a constraint. A part of an update has all of it or none. */
export interface ConstrainedWeight {
  /** Index of the first element, a multiple of 16. */
  readonly first: number;
  /** How many, a multiple of 16. */
  readonly floats: number;
  /** Changes the weight, which an update has just made as a whole, where it lies. */
  constrain(parametersOffset: number): void;
}

/** Sums over the examples of a call. */
export interface ExampleSums {
  /** Sum of the examples' losses; of several outputs of what they add up to. */
  readonly loss: number;
  /** Of several outputs, the sum of each one's losses. */
  readonly outputs?: readonly number[];
  /** Of each of `ownMetrics`, the sum of its values for the examples. */
  readonly own?: readonly number[];
  /** How many examples the network classifies right (the first of equal logits counts as its choice); 0 for vectors. */
  readonly correct: number;
}

/** One engine instance belongs to one worker; its calls are synchronous and keep no state between them. */
export interface Engine {
  /**
   * Forward with dropout, backward: writes the predictions, each shard's slot and its part of the batch's memory.
   * @returns the sums of each shard: the same bits as from a call of its own
   */
  gradient(request: GradientRequest): readonly ExampleSums[];
  /**
   * Forward without dropout: writes the predictions.
   * @param counts of neighbouring examples that have sums of their own. Default: of all together
   */
  evaluate(batch: ExampleBatch, counts?: readonly number[]): readonly ExampleSums[];
  /**
   * Calls `apply` once for each block of this part of the deferred gradients, when its sum is ready, without penalties.
   * Those of a weight with a constraint belong to one part.
   */
  sumDeferred(request: DeferredRequest, apply: (block: GradientBlock) => void): void;
  /** Adds what regularizers add to a block of a deferred gradient, for all examples of the batch. */
  addPenalties(block: GradientBlock, batch: PenalizedBatch): void;
  /** Of those that train. */
  readonly constraints: readonly ConstrainedWeight[];
  /** In the order of their parameters. */
  readonly derivations: readonly Derivation[];
  /** Parameters from natural order ([network.parameterCount]) to the engine's own ([parameterFloats]). */
  pack(naturalOffset: number, packedOffset: number): void;
  /** Parameters from the engine's own order to natural order. */
  unpack(packedOffset: number, naturalOffset: number): void;
}

/** An engine's factory. */
export interface EngineFactory {
  readonly name: EngineName;
  /** Whether an engine may only be created while no other one of this process is at work. */
  readonly startsAlone: boolean;
  /**
   * @returns why it cannot compute the layer; undefined where it can
   */
  supports(layer: Layer): string | undefined;
  plan(context: PlanContext): EnginePlan;
  /** Loads the code that it needs besides its own into this thread, before `create`. */
  load(context: Pick<EngineContext, 'network' | 'loss' | 'ownMetrics'>): Promise<void>;
  create(context: EngineContext): Engine;
}
