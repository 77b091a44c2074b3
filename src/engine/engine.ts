import type { Network } from '../model/network.ts';

/** What computes a shard's gradient. */
export const engineNames = ['wasm', 'reference'] as const;
export type EngineName = (typeof engineNames)[number];

/**
 * What besides seed, batch and shards decides the last bits of a result. Recorded in each run and checkpoint.
 * - kernels: the version of the engine's arithmetic (changes when an engine's sums change order)
 * - multiplyAdd: 'fused' (one rounding) or 'separate' (two)
 */
export interface Arithmetic {
  readonly kernels: string;
  readonly multiplyAdd: 'fused' | 'separate';
}

/** What an engine needs to know of a run before memory is laid out. */
export interface EnginePlan {
  /** Elements of one parameter buffer in the engine's own order (padding included; padding is always zero). */
  readonly parameterFloats: number;
  /** Scratch memory of one worker, in bytes. */
  readonly arenaBytes: number;
  readonly arithmetic: Arithmetic;
}

/** Where an engine works. Every `*Offset` is a byte offset into `memory`. */
export interface EngineContext {
  readonly network: Network;
  /** Shared; never grows. */
  readonly memory: WebAssembly.Memory;
  /** The most examples of one call. */
  readonly maxExamples: number;
  /** This engine's own scratch memory, `arenaBytes` long, 64-byte aligned. */
  readonly arenaOffset: number;
  readonly seed: number;
  /** The compiled kernels (see wasm/kernels.ts). */
  readonly kernels: WebAssembly.Module;
}

/** Which examples a call is about, and where they lie. */
export interface ExampleBatch {
  /** [count] Uint32: the rows of `inputsOffset` and `labelsOffset` to take. */
  readonly indicesOffset: number;
  readonly count: number;
  /** [rows, ...network.input], row-major; uint8 values are divided by 255 when read. */
  readonly inputsOffset: number;
  readonly inputType: InputType;
  /** [rows] Uint32 class numbers. */
  readonly labelsOffset: number;
  /** [parameterFloats] Float32, in the engine's own order. */
  readonly parametersOffset: number;
  /** [count, classes] Float32: softmax probabilities, written. */
  readonly probabilitiesOffset: number;
}

export type InputType = 'uint8' | 'float32';

export interface GradientRequest extends ExampleBatch {
  /** The step, from 1: a coordinate of the dropout masks. */
  readonly step: number;
  /** The first example's position in the step's batch: a coordinate of the dropout masks. */
  readonly position: number;
  /** Neighbouring shards, in the order of their examples; their counts add up to `count`. */
  readonly shards: readonly ShardRequest[];
}

/** A shard's part of a call. */
export interface ShardRequest {
  /** How many examples; with 0 the gradient is zero. */
  readonly count: number;
  /** [parameterFloats] Float32: the sum of these examples' gradients, written whole. */
  readonly gradientOffset: number;
}

/** Sums over the examples of a call. */
export interface ExampleSums {
  /** Sum of the examples' cross-entropies. */
  readonly loss: number;
  /** How many examples the network classifies right (the first of equal logits counts as its choice). */
  readonly correct: number;
}

/** One engine instance belongs to one worker; its calls are synchronous and keep no state between them. */
export interface Engine {
  /**
   * Forward with dropout, backward: writes the probabilities and each shard's gradient sum.
   * @returns the sums of each shard: the same bits as from a call of its own
   */
  gradient(request: GradientRequest): readonly ExampleSums[];
  /** Forward without dropout: writes the probabilities. */
  evaluate(batch: ExampleBatch): ExampleSums;
  /** Parameters from natural order ([network.parameterCount]) to the engine's own ([parameterFloats]). */
  pack(naturalOffset: number, packedOffset: number): void;
  /** Parameters from the engine's own order to natural order. */
  unpack(packedOffset: number, naturalOffset: number): void;
}

/** An engine's factory. */
export interface EngineFactory {
  readonly name: EngineName;
  /** @throws GradpoolError that names a layer which this engine does not support. */
  plan(network: Network, maxExamples: number, kernels: WebAssembly.Module): EnginePlan;
  create(context: EngineContext): Engine;
}
