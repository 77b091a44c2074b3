/** What crosses between the main thread and the coordinator (Comlink). */
import type { Normalization } from '../augmentation/settings.ts';
import type { TrainConfig } from '../config/config.ts';
import type { DataOrigin } from '../data/data-origin.ts';
import type { Dataset } from '../data/dataset.ts';
import type { ExampleSet } from '../data/example-set.ts';
import type { EngineChoice, EngineName } from '../engine/engine.ts';
import type { ErrorRecord, Outcome } from '../errors.ts';
import type { Arithmetic } from '../kernels/arithmetic.ts';
import type { SimdChoice } from '../kernels/simd.ts';
import type { Loss } from '../loss/loss.ts';
import type { MetricChoice } from '../metric/metric-choices.ts';
import type { ModelSpec } from '../model/model-spec.ts';
import type { Accumulated, OptimizerState } from '../optimizer/settings.ts';
import type { FitAnswer, FitEvent, FitPart } from './fit.ts';
import type { BatchPlace, Feed, StreamPart } from './stream.ts';

/**
 * Where a run's data and model came from, for the commands that name neither. Each part may be unknown: a program's
 * own arrays lie nowhere.
 */
export interface RunOrigin extends Partial<DataOrigin> {
  /** What each class is called; absent where classes are numbers alone. */
  readonly classNames?: readonly string[];
  /** An absolute path, or `mnistCnn` for the tutorial's network. */
  readonly model?: string;
  /** The absolute path of the module that registers the model's layers. */
  readonly layers?: string;
  /** SHA-256 of the whole training part, where some of it is trained on. */
  readonly trainSha256?: string;
  /** SHA-256 of the test part, as dataSha256 is that of the training part. */
  readonly testSha256?: string;
  /** SHA-256 of the parameters that the training began with. */
  readonly initialSha256?: string;
}

/** A training, described by data. */
export interface TrainRequest {
  readonly model: ModelSpec;
  /** Labelled examples, whose labels become what the loss takes; or examples with such targets. */
  readonly train: Dataset | ExampleSet;
  readonly test?: Dataset | ExampleSet;
  readonly config: TrainConfig;
  /** Of a `fit`: what a compiled model brings with it. */
  readonly fit?: FitPart;
  /** Of a training whose batches come one by one: `train` is then the room for them. */
  readonly stream?: StreamPart;
  /**
   * The run directory, or where runs are numbered: there a new one is made, or with `resume` the newest one taken.
   * Without it nothing is written.
   */
  readonly run?: string | { readonly under: string };
  readonly resume: boolean;
  /** Whether the run directory is only checked, and nothing written. Default false. */
  readonly dryRun?: boolean;
  /** For the run's config.json. The hashes are added there. */
  readonly origin?: RunOrigin;
  /** Go on with a run whose arithmetic was another one. Default false. */
  readonly allowArithmeticChange?: boolean;
  /** Ask for a batch's probabilities in each report of the loss. */
  readonly reportProbabilities: boolean;
  /** Tell at the end which classes of the test set were taken for which. Default false. */
  readonly confusion?: boolean;
  /** Whether the result has the trained values; where a run has them, nobody may want them. Default true. */
  readonly wantsParameters?: boolean;
  /** A step in which a worker ends as by a fault, to see that nothing comes of it. */
  readonly drill?: number;
  /** Write where the time of the last steps went into this file (see coordinator/timing/profile.ts). */
  readonly profile?: string;
}

export interface EvaluateRequest {
  readonly model: ModelSpec;
  readonly data: Dataset;
  readonly workers: number;
  readonly engine: EngineChoice;
  readonly simd: SimdChoice;
  /** Default: that of `train`. */
  readonly loss?: Loss;
  readonly metrics?: readonly MetricChoice[];
  /** What the model was trained with. */
  readonly normalization?: Normalization | undefined;
  /** Whether to tell which classes were taken for which. Default false. */
  readonly confusion?: boolean;
}

/** How well a model does on a whole data set. */
export interface Evaluation {
  /** Share of examples classified right. */
  readonly accuracy: number;
  /** Mean of the examples' losses. */
  readonly loss: number;
  /** Means of the metrics that were asked for, by their names. */
  readonly metrics?: Readonly<Record<string, number>>;
  /** The same of the moving average of the parameters, where there is one (`emaMomentum`). */
  readonly ema?: Measurement;
  /** How many examples of each class were taken for which, by true and then by predicted class; where asked for. */
  readonly confusion?: readonly (readonly number[])[];
}

/** What a model says of examples. */
export interface Prediction {
  /** [count] the most probable class of each example. */
  readonly classes: Uint32Array;
  /** [count, classes] softmax probabilities. */
  readonly probabilities: Float32Array;
}

/** What a training came to. */
export interface TrainResult {
  /** Steps done in all. */
  readonly globalStep: number;
  /** Mean loss of the last step's batch; NaN when no step was made. */
  readonly trainLoss: number;
  /** On the test set, after the last step; absent without a test set, or where the training was stopped. */
  readonly evaluation?: Evaluation;
  /** Steps that were left out in all (`onNan: 'skip'`), ascending: the parameters are those of a run without them. */
  readonly skippedSteps: readonly number[];
  /** With `patience`: the step whose parameters these are, and its value of `monitor`. */
  readonly best?: { readonly step: number; readonly value: number };
  /** True when stopped before the end; the last step may have been made. */
  readonly stopped: boolean;
  /** [network.parameterCount] natural order. */
  readonly parameters: Float32Array;
  /** SHA-256 of the parameters in natural order (little-endian float32). */
  readonly parametersSha256: string;
  /** Their moving average (`emaMomentum`), in the same order. */
  readonly ema?: Float32Array;
  /** Examples a second over all steps of this call (NaN when no step was made); evaluation and saving not counted. */
  readonly examplesPerSecond: number;
  /** What examples were normalized by: for `evaluate` and `predict`, as `normalizeMean` and `normalizeStd`. */
  readonly normalization?: Normalization;
  /** The run directory. */
  readonly run?: string;
}

/** What a training reports while it runs. */
export type TrainEvent =
  | {
      readonly kind: 'start';
      /** Steps already done (0 unless resumed) and steps in all: infinite where a stream does not say. */
      readonly fromStep: number;
      readonly steps: number;
      readonly stepsPerEpoch: number;
      /** In the training set; infinite for a stream. */
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
      /** Mean loss of this step's batch, before its update. */
      readonly loss: number;
      /** Share of the batch that the model classified right, before the update; absent without labels. */
      readonly accuracy?: number;
      /** Means of the metrics over this step's batch, where any were asked for. */
      readonly metrics?: Readonly<Record<string, number>>;
      readonly stepsPerSecond: number;
      /** Softmax probabilities of the step's batch, [examples, classes], where asked for. */
      readonly probabilities?: Float32Array;
      readonly classes?: number;
    }
  /** Each step that has no report of its own. */
  | { readonly kind: 'progress'; readonly step: number; readonly loss: number; readonly accuracy?: number }
  /** While an evaluation is under way: how many of the examples are done. */
  | { readonly kind: 'evaluating'; readonly step: number; readonly done: number; readonly examples: number }
  /** On the test or validation set; with the accuracy where it has labels. */
  | ({ readonly kind: 'evaluation'; readonly step: number } & Measurement)
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
  /** Something that the user should know, in one line; with a warning the training is another one than was asked for. */
  | { readonly kind: 'notice'; readonly text: string; readonly isWarning?: boolean };

/** A training that is taken step by step. */
export type TrainerRequest = Pick<TrainRequest, 'model' | 'train' | 'test' | 'config' | 'fit' | 'stream'>;

/** Everything that a training goes on from, as plain data: it can be kept anywhere, and loaded into another trainer. */
export interface TrainerState {
  /** Steps of this training that are done, those left out included. */
  readonly step: number;
  /** Those that were left out, ascending. */
  readonly skippedSteps: readonly number[];
  /** [parameterCount] in the order of `model.getWeights()`, the weights that do not train last. */
  readonly parameters: Float32Array;
  readonly optimizer: OptimizerState;
  readonly accumulated?: Accumulated;
  /** Of the next step. */
  readonly learningRate: number;
  /** Which epoch the training began with. */
  readonly firstEpoch: number;
}

/** A step that was made. */
export interface StepReport {
  /** From 1. */
  readonly step: number;
  /** From 0. */
  readonly epoch: number;
  /** Mean loss of the step's batch, before its update. */
  readonly loss: number;
  /** Share of the batch that the model classified right, before the update; absent without labels. */
  readonly accuracy?: number;
  /** Means of the metrics over the batch, where any were asked for. */
  readonly metrics?: Readonly<Record<string, number>>;
}

/** An evaluation of examples that may have no labels. */
export type Measurement = Omit<Evaluation, 'accuracy'> & { readonly accuracy?: number };

/** What becomes of a training, with what its optimizer goes on from where that was asked for (`fit`). */
export type Trained = TrainResult & { readonly state?: OptimizerState };

/** What a training that was opened is. */
export interface OpenedTrainer {
  readonly stepsPerEpoch: number;
  readonly engine: EngineName;
  readonly workers: number;
  /** With what it computes, as the event of a start has it. */
  readonly facts: Pick<
    Extract<TrainEvent, { kind: 'start' }>,
    'arithmetic' | 'kernels' | 'ways' | 'sharedMemoryBytes'
  >;
  /** Elements of each of the optimizer's state arrays, and how many arrays there are. */
  readonly parameterCount: number;
  readonly optimizerArrays: number;
  /** Where its caller writes each batch, where the request has a `stream`. */
  readonly place?: BatchPlace;
}

/** The coordinator's side of Comlink. Errors come back as records, because Comlink keeps message and stack only. */
export interface CoordinatorApi {
  /** Starts threads for the workers of the training that will be asked for. */
  boot(workers: number): void;
  /** Ends those of them that have got no work. */
  unboot(): Promise<void>;
  /**
   * @param ask waited for, where the request has a `fit`
   * @param feed where it has a `stream`
   */
  train(
    request: TrainRequest,
    onEvent: ((event: TrainEvent) => void) | undefined,
    ask?: (event: FitEvent) => FitAnswer | Promise<FitAnswer>,
    feed?: Feed,
  ): Promise<Outcome<Trained>>;
  evaluate(
    request: EvaluateRequest,
    onDone?: (done: number, examples: number) => void,
  ): Promise<Outcome<Evaluation>>;
  predict(request: EvaluateRequest): Promise<Outcome<Prediction>>;
  /** Opens the one training of this thread that is then taken step by step. */
  open(request: TrainerRequest, onEvent: (event: TrainEvent) => void): Promise<Outcome<OpenedTrainer>>;
  step(): Promise<Outcome<StepReport>>;
  /** The next step, on so many examples that its caller has written; or why there are none, which ends it on all ranks. */
  stepOn(given: number | ErrorRecord): Promise<Outcome<StepReport>>;
  measure(): Promise<Outcome<Measurement>>;
  state(): Promise<Outcome<TrainerState>>;
  load(state: TrainerState): Promise<Outcome<void>>;
  /** The last of these calls, which waits for the other ranks'. */
  end(): Promise<Outcome<void>>;
  /** Ends a training after the step under way. */
  stop(): void;
}

/** The coordinator's first message, before any of Comlink's: its code is loaded. */
export const coordinatorLoaded = 'loaded';
