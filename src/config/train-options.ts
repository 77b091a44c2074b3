/** Every option of a training, described once: the checks, the command line, a run's record and the README come from here. */
import { anything, type Checks } from '../check.ts';
import { type EngineChoice, engineChoices } from '../engine/engine.ts';
import { type SimdChoice, simdChoices } from '../kernels/simd.ts';
import { type LossName, lossNames } from '../loss/loss.ts';
import { type MetricChoice, metricChoices } from '../metric/metric-choices.ts';
import { type CourseOptions, courseOptions } from './course-options.ts';
import { type OptimizerChoice, type OptimizerOptions, optimizerChoices } from './optimizer-options.ts';
import { kept, notKept, type Option } from './option.ts';
import { type PartitionOptions, partitionOptions } from './partition-options.ts';
import { type PreparationOptions, preparationOptions } from './preparation-options.ts';
import { type ScheduleOptions, scheduleOptions } from './schedule-options.ts';
import { type UpdateOptions, updateOptions } from './update-options.ts';

/** What a training can be asked to do; every field has a default. Names are those of the command line's options. */
export interface TrainOptions
  extends OptimizerOptions,
    ScheduleOptions,
    UpdateOptions,
    PreparationOptions,
    CourseOptions,
    PartitionOptions {
  /** Threads that compute gradients, 1 to 1024. Default: one a core. The result does not depend on it. */
  readonly workers?: number;
  /** Examples of one step, all workers together. Default 100. */
  readonly batchSize?: number;
  /** Steps in all (of a resumed run: the ones before included). Default: as many as `epochs` need. */
  readonly steps?: number;
  /** Passes over the training set, where `steps` is not given. Default 2. */
  readonly epochs?: number;
  /** What the training minimizes, by TensorFlow.js's name. Default 'softmaxCrossEntropy', of the logits. */
  readonly loss?: LossName;
  /**
   * Label smoothing of softmaxCrossEntropy, the categorical, sparse and binary crossentropies and sigmoidCrossEntropy, in
   * training and evaluations, as in Keras: from 0 to less than 1. Default 0.
   */
  readonly labelSmoothing?: number;
  /**
   * What is measured besides, in reports and evaluations, by TensorFlow.js's formulas: precision and recall count outputs
   * that are exactly 0 or 1. Default: none (an evaluation has the accuracy).
   */
  readonly metrics?: readonly MetricChoice[];
  /** Which optimizer; its settings are options beside it. Default 'sgd'. */
  readonly optimizer?: OptimizerChoice;
  /** Of order and masks (and initial values, where gradpool draws them). Default 1. */
  readonly seed?: number;
  /** Parts that a batch is cut into; changes the last bits of the result. Default 8, or the batch size if that is smaller. */
  readonly shards?: number;
  /** Default 'auto': 'wasm' for models that it supports, 'tensorflow' for others. */
  readonly engine?: EngineChoice;
  /**
   * Which build of the kernels. Default 'auto': the fastest that this runtime accepts. 'wide' and 'relaxed' give the
   * same bits; 'wide' is faster only after `enableWideKernels()`. 'portable' gives other bits, on every runtime.
   */
  readonly simd?: SimdChoice;
  /**
   * With whom it is trained: 'local' alone, 'mpi' with the other processes that Open MPI's mpirun has started, each of
   * which makes the same call. Default 'local'; the command line takes 'mpi' where mpirun has started it.
   */
  readonly exchange?: ExchangeName;
  /** Steps between checkpoints; one is also written at the end. Default 600. 0: only at the end. */
  readonly saveEvery?: number;
  /** Steps between evaluations on the test set; one is also made at the end. Default 0: only at the end. */
  readonly evalEvery?: number;
  /** Steps between reports of the loss (of steps 1, 101, 201, ... and the last). Default 100. */
  readonly logEvery?: number;
  /** How often in a row, without a task done between, a dead worker is started again. Default 10. */
  readonly maxRestarts?: number;
  /**
   * Seconds after which a worker without an answer counts as hung, at most; sooner where its task takes 20 times the
   * usual, and at least 2 seconds. Of several ranks also how long one may say nothing before all are ended. Default 300.
   */
  readonly stepTimeout?: number;
  /**
   * What a disk that refuses does to a training: 'stop' ends it after the step under way, 'continue' says so and goes
   * on, and the next checkpoint is tried again; the last one has to succeed. Default 'stop'.
   */
  readonly onSaveError?: OnSaveError;
  /**
   * What a loss or gradient that is not finite does, when another worker gets the same: 'stop' refuses the update and
   * ends the training, 'skip' leaves the step out, records that and goes on. Default 'stop'.
   */
  readonly onNan?: OnNan;
  /**
   * What the run's event files for TensorBoard have besides scalars: with each evaluation histograms of the parameters and
   * of the gradient (of the last step's batch, at those parameters), and images of the worst mistakes; hyperparameters and the graph at the beginning. Default: none.
   */
  readonly tensorboard?: readonly TensorboardExtra[];
}

export const exchangeNames = ['local', 'mpi'] as const;
export type ExchangeName = (typeof exchangeNames)[number];
export const tensorboardExtras = ['histograms', 'images', 'hyperparameters', 'graph'] as const;
export type TensorboardExtra = (typeof tensorboardExtras)[number];
export const onSaveErrors = ['stop', 'continue'] as const;
export type OnSaveError = (typeof onSaveErrors)[number];
export const onNans = ['stop', 'skip'] as const;
export type OnNan = (typeof onNans)[number];

export const limits = {
  workers: 1024,
  shards: 4096,
  batchSize: 2 ** 24,
  /** A step is a 32-bit coordinate of the dropout masks. */
  steps: 2 ** 32 - 1,
  seed: Number.MAX_SAFE_INTEGER,
  maxRestarts: 1000,
  /** A day. */
  stepTimeout: 86_400,
} as const;

/** By the optimizer; src/config/optimizer-options.ts has it. */
const byOptimizer = { default: undefined, ...kept } as const;

/** In the order in which they are shown. */
export const trainOptions = {
  workers: {
    ...{ type: 'integer', least: 1, most: limits.workers, default: 'one a core' },
    ...{ help: 'threads; does not change the result', ...notKept },
  },
  batchSize: {
    ...{ type: 'integer', least: 1, most: limits.batchSize, default: 100 },
    ...{ help: 'examples of one step, all workers together', ...kept },
  },
  epochs: {
    ...{ type: 'integer', least: 1, default: 2 },
    ...{ help: 'passes over the training set, without `steps`', ...kept },
  },
  steps: {
    ...{ type: 'integer', least: 1, most: limits.steps, default: undefined },
    ...{ help: 'steps in all; of a resumed run, those before included', ...kept },
  },
  loss: {
    ...{ type: 'name', names: lossNames, default: 'softmaxCrossEntropy' },
    ...{ help: 'what is minimized; labels count as one-hot vectors where it takes vectors', ...kept },
  },
  labelSmoothing: {
    ...{ type: 'number', default: 0 },
    ...{ help: 'share of a target that is spread over all classes, of the cross-entropies', ...kept },
  },
  metrics: {
    ...{ type: 'names', names: metricChoices, default: undefined },
    ...{ help: 'what is measured besides, a list like accuracy,mse', ...kept },
  },
  optimizer: {
    ...{ type: 'name', names: optimizerChoices, default: 'sgd' },
    ...{ help: 'what makes a step of a gradient', ...kept },
  },
  learningRate: {
    ...{
      type: 'number',
      help: 'of the optimizer (default: 0.05 for sgd and nesterov, 0.01 for adagrad, else 0.001)',
    },
    ...byOptimizer,
  },
  momentum: {
    ...{
      type: 'number',
      help: 'of sgd, where 0 is plain SGD, nesterov and rmsprop (default: 0.9, 0 for rmsprop)',
    },
    ...byOptimizer,
  },
  nesterov: {
    ...{ type: 'flag', help: "Nesterov's momentum, of sgd: the optimizer nesterov" },
    ...byOptimizer,
  },
  beta1: {
    ...{
      type: 'number',
      help: "decay of the gradient's mean, of adam, adamw, adamax, lamb and lion (default: 0.9)",
    },
    ...byOptimizer,
  },
  beta2: {
    ...{
      type: 'number',
      help: "decay of the squared gradient's mean, of the same (default: 0.999, 0.99 for lion)",
    },
    ...byOptimizer,
  },
  epsilon: {
    ...{
      type: 'number',
      help: 'keeps a division from being by 0, of all but sgd, nesterov and lion (default: 1e-7)',
    },
    ...byOptimizer,
  },
  decay: {
    ...{ type: 'number', help: "decay of the squared gradient's mean, of rmsprop (default: 0.9)" },
    ...byOptimizer,
  },
  rho: {
    ...{ type: 'number', help: 'decay of the means of squares, of adadelta (default: 0.95)' },
    ...byOptimizer,
  },
  initialAccumulatorValue: {
    ...{ type: 'number', help: 'what the sum of squares begins with, of adagrad (default: 0.1)' },
    ...byOptimizer,
  },
  ...scheduleOptions,
  ...updateOptions,
  seed: {
    ...{ type: 'integer', least: 0, most: limits.seed, default: 1 },
    ...{ help: 'of initial values, order and dropout', ...kept },
  },
  ...preparationOptions,
  shards: {
    ...{ type: 'integer', least: 1, most: limits.shards, default: 8 },
    ...{ help: 'parts that a batch is cut into; at most that many workers have work', ...kept },
  },
  engine: {
    ...{ type: 'name', names: engineChoices, default: 'auto' },
    ...{ help: 'auto takes wasm for the models that it supports, tensorflow for others', ...kept },
  },
  simd: {
    ...{ type: 'name', names: simdChoices, default: 'auto' },
    ...{ help: 'build of the kernels: wide and relaxed give the same bits, portable others', ...notKept },
  },
  exchange: {
    ...{ type: 'name', names: exchangeNames, default: 'local' },
    ...{
      help: 'with whom: mpi trains with all processes of an mpirun, and is the default there',
      ...notKept,
    },
  },
  saveEvery: {
    ...{ type: 'integer', least: 0, default: 600 },
    ...{ help: 'steps between checkpoints; 0: only at the end', ...kept },
  },
  evalEvery: {
    ...{ type: 'integer', least: 0, default: 0 },
    ...{ help: 'steps between evaluations; 0: only at the end', ...kept },
  },
  ...partitionOptions,
  ...courseOptions,
  tensorboard: {
    ...{ type: 'names', names: tensorboardExtras, default: undefined },
    ...{ help: "what the run's event files have besides scalars, a list", ...kept },
  },
  logEvery: {
    ...{ type: 'integer', least: 1, default: 100 },
    ...{ help: 'steps between reports of the loss', ...kept },
  },
  maxRestarts: {
    ...{ type: 'integer', least: 0, most: limits.maxRestarts, default: 10 },
    ...{ help: 'how often in a row a worker that fails without doing a task is started again', ...notKept },
  },
  stepTimeout: {
    ...{ type: 'integer', least: 1, most: limits.stepTimeout, default: 300 },
    ...{ help: 'seconds after which a worker counts as hung, at most', ...notKept },
  },
  onSaveError: {
    ...{ type: 'name', names: onSaveErrors, default: 'stop' },
    ...{ help: 'when the disk refuses a checkpoint; the last one has to succeed', ...notKept },
  },
  onNan: {
    ...{ type: 'name', names: onNans, default: 'stop' },
    ...{ help: 'when a loss or gradient is not finite, also when computed again', ...kept },
  },
} as const satisfies Readonly<Record<keyof TrainOptions, Option>>;

/** Of these options a function takes all but some: their values are checked by `resolveConfig`. */
export const optionChecks = (without: readonly (keyof TrainOptions)[] = []): Checks =>
  Object.fromEntries(
    Object.keys(trainOptions)
      .filter((name) => !without.some((other) => other === name))
      .map((name) => [name, anything]),
  );
