/** Every type that crosses a thread. */
import type { TrainConfig } from './config.ts';
import type { Dataset } from './data/dataset.ts';
import type { ExampleSet } from './data/example-set.ts';
import type {
  Arithmetic,
  EngineChoice,
  EngineName,
  ExampleSums,
  InputType,
  Loss,
  SimdChoice,
  TargetType,
} from './engine/engine.ts';
import type { ErrorRecord } from './errors.ts';
import type { Network } from './model/network.ts';

// ---- between the main thread and the coordinator (Comlink) ----

/** A model as plain data. */
export interface ModelSpec {
  /** The Keras-style configuration, as `model.toJSON(null, false)` gives it. */
  readonly topology: object;
  readonly network: Network;
  /** [network.parameterCount] the values to begin with, in natural order. */
  readonly parameters: Float32Array;
}

/**
 * Where a run's data and model came from, for the commands that name neither. Each part may be unknown: a program's
 * own arrays lie nowhere.
 */
export interface RunOrigin {
  /** An absolute path, or `MNIST`. */
  readonly data?: string;
  /** An absolute path, or `mnistCnn` for the tutorial's network. */
  readonly model?: string;
  /** The absolute path of the module that registers the model's layers. */
  readonly layers?: string;
  /** SHA-256 of the test part, as dataSha256 is that of the training part. */
  readonly testSha256?: string;
  /** SHA-256 of the parameters that the training began with. */
  readonly initialSha256?: string;
}

export interface TrainRequest {
  readonly model: ModelSpec;
  readonly train: Dataset;
  readonly test?: Dataset;
  readonly config: TrainConfig;
  /**
   * The run directory, or where runs are numbered: there a new one is made, or with `resume` the newest one taken.
   * Without it nothing is written.
   */
  readonly run?: string | { readonly under: string };
  readonly resume: boolean;
  /** For the run's config.json. The hashes are added there. */
  readonly origin?: RunOrigin;
  /** Go on with a run whose arithmetic was another one. Default false. */
  readonly allowArithmeticChange?: boolean;
  /** Ask for a batch's probabilities in each report of the loss. */
  readonly reportProbabilities: boolean;
  /** Write where the time of the last steps went into this file (see coordinator/profile.ts). */
  readonly profile?: string;
}

export interface EvaluateRequest {
  readonly model: ModelSpec;
  readonly data: Dataset;
  readonly workers: number;
  readonly engine: EngineChoice;
  readonly simd: SimdChoice;
}

export interface Evaluation {
  /** Share of examples classified right. */
  readonly accuracy: number;
  /** Mean cross-entropy. */
  readonly loss: number;
}

export interface Prediction {
  /** [count] the most probable class of each example. */
  readonly classes: Uint32Array;
  /** [count, classes] softmax probabilities. */
  readonly probabilities: Float32Array;
}

export interface TrainResult {
  /** Steps done in all. */
  readonly globalStep: number;
  /** Mean loss of the last step's batch; NaN when no step was made. */
  readonly trainLoss: number;
  /** On the test set, after the last step; absent without a test set, or where the training was stopped. */
  readonly evaluation?: Evaluation;
  /** Steps that were left out in all (`onNan: 'skip'`), ascending: the parameters are those of a run without them. */
  readonly skippedSteps: readonly number[];
  /** True when stopped before the end; the last step may have been made. */
  readonly stopped: boolean;
  /** [network.parameterCount] natural order. */
  readonly parameters: Float32Array;
  /** SHA-256 of the parameters in natural order (little-endian float32). */
  readonly parametersSha256: string;
  /** Examples a second over all steps of this call (NaN when no step was made); evaluation and saving not counted. */
  readonly examplesPerSecond: number;
  /** The run directory. */
  readonly run?: string;
}

/** What a training reports while it runs. */
export type TrainEvent =
  | {
      readonly kind: 'start';
      /** Steps already done (0 unless resumed) and steps in all. */
      readonly fromStep: number;
      readonly steps: number;
      readonly stepsPerEpoch: number;
      /** In the training set. */
      readonly examples: number;
      readonly workers: number;
      readonly engine: EngineName;
      readonly arithmetic: Arithmetic;
      /** The build of the kernels in use, e.g. 'relaxed'. */
      readonly kernels: string;
      /** How layers are computed that could be in several ways, by the layer's name. */
      readonly ways: Readonly<Record<string, string>>;
      readonly sharedMemoryBytes: number;
      readonly run?: string;
    }
  | {
      readonly kind: 'step';
      readonly step: number;
      readonly epoch: number;
      /** Mean loss of this step's batch. */
      readonly loss: number;
      readonly stepsPerSecond: number;
      /** Softmax probabilities of the step's batch, [examples, classes], where asked for. */
      readonly probabilities?: Float32Array;
      readonly classes?: number;
    }
  /** Each step that has no report of its own. */
  | { readonly kind: 'progress'; readonly step: number; readonly loss: number }
  | ({ readonly kind: 'evaluation'; readonly step: number } & Evaluation)
  | { readonly kind: 'checkpoint'; readonly step: number; readonly path: string }
  /** A step was left out: its loss or gradient is not finite (`onNan: 'skip'`). */
  | { readonly kind: 'skipped'; readonly step: number; readonly reason: string }
  /** A worker died or hung, works again, or will not be started again. The result does not depend on it. */
  | {
      readonly kind: 'worker';
      /** From 0. */
      readonly worker: number;
      readonly state: 'lost' | 'back' | 'given up';
      readonly reason?: string;
    }
  /** Something that the user should know, in one line. */
  | { readonly kind: 'notice'; readonly text: string };

/** Training as TensorFlow.js's `model.fit` does it. */
export interface FitRequest {
  readonly model: ModelSpec;
  readonly train: ExampleSet;
  readonly validation?: ExampleSet;
  readonly loss: Loss;
  readonly metrics: readonly MetricName[];
  readonly optimizer: OptimizerSettings;
  readonly state: OptimizerState;
  readonly config: TrainConfig;
  readonly initialEpoch: number;
  readonly shuffle: boolean;
  /** Whether the training waits for the answers to the events of batches. */
  readonly waitForBatches: boolean;
  /** Whether the end of an epoch comes with the parameters. */
  readonly epochParameters: boolean;
}

/** What an optimizer knows of the past. */
export interface OptimizerState {
  /** Steps made. */
  readonly steps: number;
  /** Each [parameterCount] in natural order; empty for those that a first step begins with. */
  readonly arrays: readonly Float32Array[];
}

/** Means over a batch or an epoch: the loss, then each metric. */
export type Means = readonly number[];

/** What happens in a `fit`, in the order of tfjs's callbacks. Epochs and batches count from 0. */
export type FitEvent =
  | { readonly kind: 'epochBegin'; readonly epoch: number }
  | { readonly kind: 'batchBegin'; readonly batch: number }
  | { readonly kind: 'batchEnd'; readonly batch: number; readonly size: number; readonly means: Means }
  | {
      readonly kind: 'epochEnd';
      readonly epoch: number;
      readonly means: Means;
      /** Absent without validation, and where the epoch was stopped before its last batch. */
      readonly validation?: Means;
      /** [parameterCount] in natural order; absent where not asked for. */
      readonly parameters?: Float32Array;
    };

/** What the caller says to an event. */
export interface FitAnswer {
  readonly stop: boolean;
  /** Of the steps from now on. */
  readonly learningRate: number;
}

export interface FitResult {
  /** [parameterCount] in natural order. */
  readonly parameters: Float32Array;
  readonly state: OptimizerState;
}

/** The coordinator's side of Comlink. Errors come back as records, because Comlink keeps message and stack only. */
export interface CoordinatorApi {
  train(request: TrainRequest, onEvent: (event: TrainEvent) => void): Promise<Outcome<TrainResult>>;
  fit(
    request: FitRequest,
    onEvent: (event: FitEvent) => FitAnswer | Promise<FitAnswer>,
  ): Promise<Outcome<FitResult>>;
  evaluate(request: EvaluateRequest): Promise<Outcome<Evaluation>>;
  predict(request: EvaluateRequest): Promise<Outcome<Prediction>>;
  /** Ends a training after the step under way. */
  stop(): void;
}

/** The coordinator's first message, before any of Comlink's: its code is loaded. */
export const coordinatorLoaded = 'loaded';

export type Outcome<T> = { readonly value: T } | { readonly error: ErrorRecord };

// ---- between the coordinator and the workers (Piscina; numbers only) ----

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
  /** One entry for each of the optimizer's state arrays, two buffers each, [parameterFloats] Float32. */
  readonly optimizerState: readonly (readonly [number, number])[];
  /** [shards] gradient slots, each [slotFloats] Float32, equally far apart. */
  readonly gradients: readonly number[];
  /** What the gradient phase leaves to the update phase for deferred gradients. */
  readonly batch: number;
  readonly train: DatasetLayout;
  readonly test: DatasetLayout;
  /** Two scratch areas a worker: the engine's and the update's. */
  readonly arenas: readonly { readonly engine: number; readonly update: number }[];
}

export interface DatasetLayout {
  readonly count: number;
  readonly inputType: InputType;
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
  readonly network: Network;
  /** The model's Keras-style configuration. */
  readonly topology: object;
  readonly engine: EngineName;
  readonly kernels: WebAssembly.Module;
  readonly maxExamples: number;
  readonly batchSize: number;
  readonly shards: number;
  readonly seed: number;
  readonly loss: Loss;
  readonly metrics: readonly MetricName[];
  readonly optimizer: OptimizerSettings;
  /** Note where the time goes. */
  readonly traces?: TraceRequest;
}

/** What a worker's thread is started with. */
export interface WorkerData {
  readonly setup: WorkerSetup;
  /** [1] shared: not 0 once the thread shall end. While it loads it is not terminated, so it looks here itself. */
  readonly unwanted: Int32Array;
}

export interface TraceRequest {
  /** What times count from, in milliseconds since 1970. */
  readonly from: number;
  /** Of the tasks alone, or also of the layers and kernels in them, which slows them. */
  readonly detail: 'tasks' | 'kernels';
}

/** What is measured of predictions besides the loss, by TensorFlow.js's names (tf.metrics); src/worker/metrics.ts. */
export const metricNames = [
  'binaryAccuracy',
  'categoricalAccuracy',
  'sparseCategoricalAccuracy',
  'meanSquaredError',
  'meanAbsoluteError',
] as const;
export type MetricName = (typeof metricNames)[number];

/** An optimizer by TensorFlow.js's name (tf.train), and its hyper-parameters; src/optimizer has the formulas. */
export type OptimizerSettings =
  | { readonly name: 'sgd'; readonly learningRate: number }
  | {
      readonly name: 'momentum';
      readonly learningRate: number;
      readonly momentum: number;
      readonly nesterov: boolean;
    }
  | {
      readonly name: 'adam';
      readonly learningRate: number;
      readonly beta1: number;
      readonly beta2: number;
      readonly epsilon: number;
    }
  | {
      readonly name: 'rmsprop';
      readonly learningRate: number;
      readonly decay: number;
      readonly momentum: number;
      readonly epsilon: number;
    }
  | {
      readonly name: 'adagrad';
      readonly learningRate: number;
      readonly initialAccumulatorValue: number;
      readonly epsilon: number;
    };

/** Which of the two buffers holds the current values. */
export type BufferIndex = 0 | 1;

/** The gradient sums of neighbouring shards, each into its slot. */
export interface GradientTask {
  readonly kind: 'gradient';
  readonly step: number;
  /** Index into the order of the step's first example. */
  readonly batchStart: number;
  /** Position in the batch of the task's first example. */
  readonly first: number;
  readonly firstShard: number;
  /** How many examples each of the shards has. */
  readonly counts: readonly number[];
  readonly current: BufferIndex;
}

/** Tree sum, mean and optimizer step over a part of the parameters, from the current buffers into the others. */
export interface UpdateTask {
  readonly kind: 'update';
  /** The optimizer's steps with this one, from 1. */
  readonly step: number;
  readonly learningRate: number;
  readonly examples: number;
  /** Which of so many parts. */
  readonly part: number;
  readonly parts: number;
  readonly current: BufferIndex;
}

/** Forward over rows [first, first + count) of the test set's order. */
export interface EvaluateTask {
  readonly kind: 'evaluate';
  readonly first: number;
  readonly count: number;
  readonly current: BufferIndex;
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

export type Task = GradientTask | UpdateTask | EvaluateTask | PackTask | UnpackTask | StartTask;

export interface Reply {
  /** Over the examples of each shard of a gradient task, over all of an evaluation task; else none. */
  readonly sums: readonly MeasuredSums[];
  /** Whether every sum is finite, and all that an update wrote. */
  readonly finite: boolean;
  /** Where the time went, where a profile was asked for. */
  readonly spans?: Spans;
}

/** What was done and when. Spans inside of another one come before it; the last one is the task's. */
export interface Spans {
  readonly names: readonly string[];
  /** [names, 2] start and duration of each, in milliseconds. */
  readonly times: Float64Array;
}

export interface MeasuredSums extends ExampleSums {
  /** The sum of each metric that was asked for. */
  readonly metrics: readonly number[];
}
