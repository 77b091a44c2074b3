/** What crosses between the coordinator and the workers (Piscina): numbers only. */
import type { Preparation } from '../augmentation/settings.ts';
import type { InputArray, InputType, TargetType } from '../data/input-type.ts';
import type { EngineName, ExampleSums, WeightPlace } from '../engine/engine.ts';
import type { ModelLoss } from '../loss/loss.ts';
import type { OutputMetric } from '../metric/metrics.ts';
import type { Network } from '../model/network.ts';
import type { OptimizerSettings } from '../optimizer/settings.ts';
import type { UpdateSettings } from '../optimizer/update-settings.ts';

/** Byte offsets into the one shared memory. Made once by the coordinator, before the first step. */
export interface MemoryLayout {
  readonly byteLength: number;
  /** Elements of each gradient slot: those of EnginePlan rounded up to whole cache lines. */
  readonly slotFloats: number;
  /** How many of those, up to the last one, no gradient moves. See EnginePlan. */
  readonly stateFloats: number;
  /** Those of the parameters that nothing moves. */
  readonly constants: { readonly first: number; readonly floats: number };
  /** Two buffers: a step reads one and writes the other. [parameterFloats + derivedFloats] Float32. */
  readonly parameters: readonly [number, number];
  /** Where each of the network's parameters lies among the packed ones. */
  readonly weights: readonly WeightPlace[];
  /** One entry for each of the optimizer's state arrays, two buffers each, [parameterFloats] Float32. */
  readonly optimizerState: readonly (readonly [number, number])[];
  /** Sums of gradients over the batches of an update so far, two buffers, [parameterFloats] Float32. Absent where each makes one. */
  readonly accumulated?: readonly [number, number];
  /** The moving average of the parameters, laid out as these. Absent where nobody asks for it. */
  readonly average?: readonly [number, number];
  /** [shards] gradient slots, each [slotFloats] Float32, equally far apart; of this rank's shards, where there are several. */
  readonly gradients: readonly number[];
  /** [parameterFloats] Float32: a batch's sums of gradients as a whole, for ranks and norms. Absent where nobody asks for them. */
  readonly sums?: number;
  /** What the gradient phase leaves to the update phase for deferred gradients. */
  readonly batch: number;
  readonly train: DatasetLayout;
  readonly test: DatasetLayout;
  /** Scratch areas a worker: the engine's, the update's, and that of examples where something is made of these. */
  readonly arenas: readonly {
    readonly engine: number;
    readonly update: number;
    readonly examples?: number;
  }[];
}

export interface DatasetLayout {
  readonly count: number;
  readonly inputType: InputType;
  /** Where the inputs lie; of no meaning where they lie in a memory of their own (`WorkerSetup.inputs`). */
  readonly inputs: number;
  readonly targetType: TargetType;
  readonly targets: number;
  /** [count] Float32: what each example's loss is multiplied by; absent where all count alike. */
  readonly weights?: number;
  /** [count] Uint32: the order in which examples are taken. */
  readonly order: number;
  /** [rows, classes] Float32: a batch's (train) or the whole set's (test) predictions. */
  readonly predictions: number;
}

/** What a worker gets at its start. */
export interface WorkerSetup {
  /** Its number, from 0: whose arena it has. */
  readonly worker: number;
  readonly memory: WebAssembly.Memory;
  readonly layout: MemoryLayout;
  /** Of the sets that stay where they are, on shared memory: the inputs. Others lie in `memory`. */
  readonly inputs: { readonly [set in 'train' | 'test']?: InputArray };
  readonly network: Network;
  /** The model's Keras-style configuration. */
  readonly topology: object;
  readonly engine: EngineName;
  readonly kernels: WebAssembly.Module;
  readonly maxExamples: number;
  /** Of the memory of a batch: this rank's, or all ranks'. */
  readonly batchSize: number;
  readonly shards: number;
  /** This rank's first shard in it. */
  readonly firstShard: number;
  readonly seed: number;
  readonly loss: ModelLoss;
  readonly metrics: readonly OutputMetric[];
  readonly optimizer: OptimizerSettings;
  /** What is made of examples before the engine gets them. */
  readonly preparation?: Preparation;
  readonly update: UpdateSettings;
  /** Note where the time goes. */
  readonly traces?: TraceRequest;
  /** End a worker as a fault would. */
  readonly drill?: Drill;
}

/** The first worker that has done a gradient task of a step ends before it has told so; it happens once. */
export interface Drill {
  readonly step: number;
  /** [1] shared: not 0 once it has happened. */
  readonly happened: Int32Array;
}

/** What a worker's thread is started with. */
export interface WorkerData {
  /** [1] shared: not 0 once the thread shall end. While it loads it is not terminated, so it looks here itself. */
  readonly unwanted: Int32Array;
}

export interface TraceRequest {
  /** What times count from, in milliseconds since 1970. */
  readonly from: number;
  /** Of the tasks alone, or also of the layers and kernels in them, which slows them. */
  readonly detail: 'tasks' | 'kernels';
}

/** Which of the two buffers holds the current values. */
export type BufferIndex = 0 | 1;

/** The one that a step writes, where it reads this one. */
export const otherBuffer = (buffer: BufferIndex): BufferIndex => (buffer === 0 ? 1 : 0);

/** The gradient sums of neighbouring shards, each into its slot. */
export interface GradientTask {
  readonly kind: 'gradient';
  readonly step: number;
  /** Index into the order of the step's first example. */
  readonly batchStart: number;
  /** Position of this rank's first example in the batch. */
  readonly rankFirst: number;
  /** Position of the task's first example among those of this rank. */
  readonly first: number;
  /** Among those of this rank. */
  readonly firstShard: number;
  /** Position of this rank's first example in the memory of the batch: 0 where that is of this rank alone. */
  readonly batchFirst: number;
  /** How many examples each of the shards has. */
  readonly counts: readonly number[];
  readonly current: BufferIndex;
}

/**
 * Tree sums of this rank's gradients, over a part of the parameters, into the layout's `sums`; of deferred ones all that
 * the memory of the batch has.
 */
export interface SumTask {
  readonly kind: 'sum';
  /** How many examples each of the shards in the memory of the batch has. */
  readonly counts: readonly number[];
  /** Which of so many parts. */
  readonly part: number;
  readonly parts: number;
}

/**
 * Of the layout's `sums`, added up over the ranks, a part of the gradient: their mean, with what penalties add. Into the
 * buffer of parameters that is not the current one, which the next update writes as a whole.
 */
export interface MeanTask {
  readonly kind: 'mean';
  /** Of the whole batch. */
  readonly examples: number;
  /** Which of so many parts. */
  readonly part: number;
  readonly parts: number;
  readonly current: BufferIndex;
}

/** Where a part of the sums of gradients is taken from: all of an update's batches. */
export interface SumsPart {
  /** Of the batch that the slots are of. */
  readonly batchExamples: number;
  /** Whether the batch's sums lie in the layout's `sums`, added up over the ranks. */
  readonly isSummed?: boolean;
  /** Which of the layout's two `accumulated` has those of the batches before; absent where there were none. */
  readonly accumulated?: BufferIndex;
  /** Which of so many parts. */
  readonly part: number;
  readonly parts: number;
}

/** The sums with those of one more batch, over a part of the parameters. */
export interface AccumulateTask extends SumsPart {
  readonly kind: 'accumulate';
  /** Into which of the layout's two: never the one that is read. */
  readonly into: BufferIndex;
}

/** What an optimizer's step is made of. */
export interface UpdateStep {
  /** The optimizer's steps with this one, from 1. */
  readonly step: number;
  readonly learningRate: number;
  /** That the sums of gradients are of. */
  readonly examples: number;
  /** What each weight's mean gradient is multiplied by, by its place among the network's parameters. Default 1. */
  readonly scales?: readonly number[];
  readonly current: BufferIndex;
}

/** Tree sum, mean and optimizer step over a part of the parameters, from the current buffers into the others. */
export interface UpdateTask extends SumsPart, UpdateStep {
  readonly kind: 'update';
  /** What each weight's learning rate is multiplied by. Default 1. */
  readonly trust?: readonly number[];
  /** How the average moves, where there is one: 0 in the training's first update. */
  readonly emaMomentum?: number;
}

/** A part of a weight, whose squares are added up in one order. */
export interface WeightPart {
  /** Its place among the network's parameters. */
  readonly weight: number;
  /** Its elements among the packed ones. */
  readonly first: number;
  readonly floats: number;
}

/**
 * Sums of squares of parts of weights, of a gradient that lies in the layout's `sums`: of the mean gradient, or what a trust
 * ratio is of. Changes nothing.
 */
export interface NormsTask extends UpdateStep, Pick<SumsPart, 'accumulated'> {
  readonly kind: 'norms';
  readonly of: 'gradient' | 'trust';
  readonly weightParts: readonly WeightPart[];
}

/** Forward over rows [first, first + count) of the test set's order. */
export interface EvaluateTask {
  readonly kind: 'evaluate';
  readonly first: number;
  readonly count: number;
  /** Of neighbouring examples that have sums of their own; absent: all together. */
  readonly counts?: readonly number[];
  readonly current: BufferIndex;
  /** With the moving average of the parameters in their place. */
  readonly isAverage?: boolean;
}

/** Writes what the engine derives of the parameters, behind them. */
export interface DeriveTask {
  readonly kind: 'derive';
  /** Of a buffer of parameters. */
  readonly offset: number;
  /** Of these weights alone; absent: of all. */
  readonly weights?: readonly WeightPlace[];
  /** Which of so many parts. */
  readonly part: number;
  readonly parts: number;
}

/** From natural order ([parameterCount] Float32 at `natural`) to the engine's own, at `offset`. */
export interface PackTask {
  readonly kind: 'pack';
  readonly natural: number;
  readonly offset: number;
  /** Whether these are parameters, of which the engine derives values, or an optimizer's state. */
  readonly isParameters: boolean;
}

/** From the engine's own order, at `offset`, to natural order. */
export interface UnpackTask {
  readonly kind: 'unpack';
  readonly natural: number;
  readonly offset: number;
}

/** The first task of a worker: the engine is made ready, and a failure of that is this task's. */
export interface StartTask {
  readonly kind: 'start';
}

export type Task =
  | GradientTask
  | SumTask
  | MeanTask
  | AccumulateTask
  | NormsTask
  | UpdateTask
  | EvaluateTask
  | DeriveTask
  | PackTask
  | UnpackTask
  | StartTask;

export interface Reply {
  /** Over the examples of each shard of a gradient task, over all of an evaluation task; else none. */
  readonly sums: readonly MeasuredSums[];
  /** Whether every sum is finite, and all that an update wrote. */
  readonly finite: boolean;
  /** Of a norms task, by its parts: the sum of squares; of a trust ratio first that of the parameters, then that of the step. */
  readonly squares?: readonly number[];
  /** Where the time went, where a profile was asked for. */
  readonly spans?: Spans;
}

/** What was done and when. Spans inside of another one come before it; the last one is the task's. */
export interface Spans {
  readonly names: readonly string[];
  /** [names, 2] start and duration of each, in milliseconds. */
  readonly times: Float64Array;
  /** Of those that looked for zeros, by place: the share of values that are none. */
  readonly shares: ReadonlyMap<number, number>;
}

export interface MeasuredSums extends ExampleSums {
  /** The sums of each metric that was asked for. */
  readonly metrics: readonly (readonly number[])[];
}
