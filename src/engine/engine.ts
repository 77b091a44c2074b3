import type { Layer, Network } from '../model/network.ts';

/** What computes a shard's gradient. */
export const engineNames = ['wasm', 'tensorflow', 'reference'] as const;
export type EngineName = (typeof engineNames)[number];

/** 'auto' takes wasm for the models that it supports, and tensorflow for the others. */
export const engineChoices = ['auto', ...engineNames] as const;
export type EngineChoice = (typeof engineChoices)[number];

/** Which build of the kernels (see wasm/kernels/variants.ts); 'auto': the fastest that this runtime accepts. */
export const simdChoices = ['auto', 'wide', 'relaxed', 'portable'] as const;
export type SimdChoice = (typeof simdChoices)[number];

/**
 * What besides seed, batch and shards decides the last bits of a result. Recorded in each run and checkpoint.
 * - kernels: the version of the engine's arithmetic (changes when an engine's sums change order)
 * - multiplyAdd: 'fused' (one rounding) or 'separate' (two)
 */
export interface Arithmetic {
  readonly kernels: string;
  readonly multiplyAdd: 'fused' | 'separate';
}

/**
 * What a training minimizes: the mean over the examples of one of these, with target t (a class counts as the vector
 * that is 1 there and else 0), prediction p of n values, and clip(p) = p held within [1e-7, 1 - 1e-7] (its gradient is 0
 * outside). Formulas, clipping and reduction are those of TensorFlow.js (tfjs-core's tf.losses, tfjs-layers' losses).
 *
 * - softmaxCrossEntropy: -sum t log softmax(p) (gradient softmax(p) - t)
 * - sigmoidCrossEntropy: mean of max(p, 0) - p t + log(1 + exp(-|p|))
 * - categoricalCrossentropy: -sum t log(clip(p / sum p))
 * - sparseCategoricalCrossentropy: the same of clip(p), with a class as target
 * - binaryCrossentropy: sigmoidCrossEntropy of log(clip(p) / (1 - clip(p)))
 * - meanSquaredError: mean of (p - t)^2
 * - meanAbsoluteError: mean of |p - t| (gradient -1 where p = t)
 */
export const lossNames = [
  'softmaxCrossEntropy',
  'sigmoidCrossEntropy',
  'categoricalCrossentropy',
  'sparseCategoricalCrossentropy',
  'binaryCrossentropy',
  'meanSquaredError',
  'meanAbsoluteError',
] as const;
export type LossName = (typeof lossNames)[number];

export interface Loss {
  readonly name: LossName;
  /**
   * What the loss takes as its prediction: the model's 'output', or its 'logits', where a softmax at the model's end
   * is left out. Both are the same for a model that does not end in softmax.
   */
  readonly of: 'logits' | 'output';
}

/** What an engine is planned for. */
export interface PlanContext {
  readonly network: Network;
  /** The most examples of one call. */
  readonly maxExamples: number;
  /** Examples and shards of a batch, at most. */
  readonly batchSize: number;
  readonly shards: number;
  readonly loss: Loss;
  /** The compiled kernels (see wasm/kernel-module.ts). */
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
  /** Elements behind the parameters in each of their buffers, which the engine derives of those with slots. */
  readonly derivedFloats: number;
  /** What the gradient phase leaves to the update phase, of the whole batch, in bytes: for deferred gradients. */
  readonly batchBytes: number;
  /** Scratch memory of one worker, in bytes. */
  readonly arenaBytes: number;
  readonly arithmetic: Arithmetic;
  /** How the layers are computed that could be in more than one way, by the layer's name. */
  readonly ways?: Readonly<Record<string, string>>;
}

/** Notes how long something takes; for a profile only. */
export interface Trace {
  /** Runs `run` and returns what it returned. */
  span<T>(name: string, run: () => T): T;
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
  readonly inputType: InputType;
  /** [rows] Uint32 class numbers ('class'), or [rows, network.classes] Float32 ('vector'). */
  readonly targetsOffset: number;
  readonly targetType: TargetType;
  /** [parameterFloats + derivedFloats] Float32, in the engine's own order. */
  readonly parametersOffset: number;
  /** [count, classes] Float32, written: the model's output; for a loss of the logits, their softmax. */
  readonly predictionsOffset: number;
}

export type InputType = 'uint8' | 'float32';
/** sparseCategoricalCrossentropy takes a class, softmaxCrossEntropy either, all others a vector. */
export type TargetType = 'class' | 'vector';

export interface GradientRequest extends ExampleBatch {
  /** The step, from 1: a coordinate of the dropout masks. */
  readonly step: number;
  /** The first example's position in the step's batch: a coordinate of the dropout masks. */
  readonly position: number;
  /** [rows] Float32: what each example's loss is multiplied by. Without it by 1. */
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
  /** All shards of the batch, in order. */
  readonly shards: readonly ShardRange[];
  /** Which of so many parts of the work. The division changes no bits. */
  readonly part: number;
  readonly parts: number;
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
 * What an engine derives of some parameters with slots, so that it is computed once a step and not by each worker. A
 * part of an update has all of these parameters or none.
 */
export interface Derivation {
  /** Index of the first parameter, a multiple of 16. */
  readonly first: number;
  /** How many, a multiple of 16. */
  readonly floats: number;
  /** Writes what is derived of them, behind the parameters of the buffer. */
  derive(parametersOffset: number): void;
}

/** Sums over the examples of a call. */
export interface ExampleSums {
  /** Sum of the examples' losses. */
  readonly loss: number;
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
  /** Forward without dropout: writes the predictions. */
  evaluate(batch: ExampleBatch): ExampleSums;
  /** Calls `apply` once for each block of this part of the deferred gradients, when its sum is ready. */
  sumDeferred(request: DeferredRequest, apply: (block: GradientBlock) => void): void;
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
   * @param calls how often the network calls the layer: more than once where it is shared
   * @returns why it cannot compute the layer; undefined where it can
   */
  supports(layer: Layer, calls: number): string | undefined;
  plan(context: PlanContext): EnginePlan;
  /** Loads the code that it needs besides its own into this thread, before `create`. */
  load(context: Pick<EngineContext, 'network'>): Promise<void>;
  create(context: EngineContext): Engine;
}
