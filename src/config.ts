import { availableParallelism } from 'node:os';
import { inRange, integer } from './check.ts';
import { type EngineChoice, engineChoices, type SimdChoice, simdChoices } from './engine/engine.ts';
import { usageError } from './errors.ts';
import { alternatives, asCode } from './shown.ts';

/** What a training can be asked to do; every field has a default. Names are those of the command line's options. */
export interface TrainOptions {
  /** Threads that compute gradients, 1 to 1024. Default: one a core. The result does not depend on it. */
  readonly workers?: number;
  /** Examples of one step, all workers together. Default 100. */
  readonly batchSize?: number;
  /** Steps in all (of a resumed run: the ones before included). Default: as many as `epochs` need. */
  readonly steps?: number;
  /** Passes over the training set, where `steps` is not given. Default 2. */
  readonly epochs?: number;
  /** Default 0.05. */
  readonly learningRate?: number;
  /** 0 is plain SGD. Default 0.9. */
  readonly momentum?: number;
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
   * usual, and at least 2 seconds. Default 300.
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
}

export const onSaveErrors = ['stop', 'continue'] as const;
export type OnSaveError = (typeof onSaveErrors)[number];
export const onNans = ['stop', 'skip'] as const;
export type OnNan = (typeof onNans)[number];

/** TrainOptions with every default filled in, checked. */
export type TrainConfig = Readonly<Required<Omit<TrainOptions, 'steps'>>> & { readonly steps?: number };

export const defaults = {
  batchSize: 100,
  epochs: 2,
  learningRate: 0.05,
  momentum: 0.9,
  seed: 1,
  shards: 8,
  engine: 'auto',
  simd: 'auto',
  saveEvery: 600,
  evalEvery: 0,
  logEvery: 100,
  maxRestarts: 10,
  stepTimeout: 300,
  onSaveError: 'stop',
  onNan: 'stop',
} as const;

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

/**
 * Fills in defaults and checks every value.
 * @throws GradpoolError of kind 'usage' that names the option, what was expected and what was got
 */
export function resolveConfig(options: TrainOptions): TrainConfig {
  const batchSize = integer('batchSize', options.batchSize ?? defaults.batchSize, 1, limits.batchSize);
  const config = {
    workers: integer('workers', options.workers ?? defaultWorkers(), 1, limits.workers),
    batchSize,
    epochs: integer('epochs', options.epochs ?? defaults.epochs, 1),
    ...(isGiven(options.steps) ? { steps: integer('steps', options.steps, 1, limits.steps) } : {}),
    learningRate: inRange('learningRate', options.learningRate ?? defaults.learningRate, 0),
    momentum: inRange('momentum', options.momentum ?? defaults.momentum, 0, 1),
    seed: integer('seed', options.seed ?? defaults.seed, 0, limits.seed),
    shards: integer('shards', options.shards ?? Math.min(defaults.shards, batchSize), 1, limits.shards),
    engine: resolveName('engine', engineChoices, options.engine ?? defaults.engine),
    simd: resolveName('simd', simdChoices, options.simd ?? defaults.simd),
    saveEvery: integer('saveEvery', options.saveEvery ?? defaults.saveEvery, 0),
    evalEvery: integer('evalEvery', options.evalEvery ?? defaults.evalEvery, 0),
    logEvery: integer('logEvery', options.logEvery ?? defaults.logEvery, 1),
    maxRestarts: integer('maxRestarts', options.maxRestarts ?? defaults.maxRestarts, 0, limits.maxRestarts),
    stepTimeout: integer('stepTimeout', options.stepTimeout ?? defaults.stepTimeout, 1, limits.stepTimeout),
    onSaveError: resolveName('onSaveError', onSaveErrors, options.onSaveError ?? defaults.onSaveError),
    onNan: resolveName('onNan', onNans, options.onNan ?? defaults.onNan),
  };
  if (config.shards > batchSize)
    throw usageError(
      `Expected \`shards\` to be at most the batch size, ${batchSize}, got ${config.shards}: an example is the smallest part of a batch`,
    );
  return Object.freeze(config);
}

/** Null counts as not given, for every option. */
const isGiven = (value: unknown): boolean => value !== undefined && value !== null;

/** One worker a core. */
const defaultWorkers = (): number => Math.min(availableParallelism(), limits.workers);

/** @throws GradpoolError of kind 'usage' unless `name` is one of the known names */
function resolveName<Name extends string>(option: string, names: readonly Name[], name: string): Name {
  const found = names.find((known) => known === name);
  if (found === undefined)
    throw usageError(`Expected \`${option}\` to be ${alternatives(names)}, got ${asCode(name)}`);
  return found;
}
