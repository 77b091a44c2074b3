import type { ModelFitDatasetArgs } from '@tensorflow/tfjs-layers';
import { anything, type Check, type Checks, checkOptions, integer } from '../../check.ts';
import { resolveConfig, type TrainConfig } from '../../config/config.ts';
import { type CourseOptions, courseOptions } from '../../config/course-options.ts';
import { type OptimizerOptions, optimizerOptions } from '../../config/optimizer-options.ts';
import { namesOfPreparationOptions, type PreparationOptions } from '../../config/preparation-options.ts';
import { type ScheduleOptions, scheduleOptions } from '../../config/schedule-options.ts';
import { limits, type TrainOptions, trainOptions } from '../../config/train-options.ts';
import { type UpdateOptions, updateOptions } from '../../config/update-options.ts';
import { usageError } from '../../errors.ts';
import { checkPair, type FitArgs, verbosity, yielding } from '../fit/args.ts';
import { checkCallbacks } from '../fit/check-callbacks.ts';
import { type RunOptions, runChecks } from '../run-options.ts';
import type { Tensors } from '../tensors/examples.ts';
import { type BatchSource, checkSource } from './source.ts';

/** Of `TrainOptions`, what a stream of batches can be trained with. */
const ownOptions = [
  ...['workers', 'batchSize', 'seed', 'shards', 'engine', 'simd', 'evalEvery', 'logEvery', 'maxRestarts'],
  ...['stepTimeout', 'onNan', 'saveEvery', 'onSaveError', 'exchange', 'optimizer'],
  ...[...optimizerOptions, ...Object.keys({ ...updateOptions, ...scheduleOptions, ...courseOptions })],
  ...namesOfPreparationOptions,
  'labelSmoothing',
] as readonly (keyof OwnOptions)[];

type OwnOptions = Pick<
  TrainOptions,
  | ('workers' | 'seed' | 'shards' | 'engine' | 'simd' | 'evalEvery' | 'logEvery' | 'maxRestarts')
  | ('stepTimeout' | 'onNan' | 'saveEvery' | 'onSaveError' | 'batchSize' | 'exchange' | 'optimizer')
  | ('labelSmoothing' | keyof OptimizerOptions | keyof UpdateOptions | keyof ScheduleOptions)
  | keyof PreparationOptions
  | keyof CourseOptions
>;

/** tfjs's ModelFitDatasetArgs, and how gradpool is to do it. */
export interface FitDatasetArgs
  extends Omit<ModelFitDatasetArgs<never>, 'validationData'>,
    Omit<OwnOptions, 'batchSize'>,
    RunOptions {
  /** What the loss of each of several outputs is multiplied by, in a list or by output name. Default 1. */
  readonly lossWeights?: FitArgs['lossWeights'];
  /** A pair of tensors, or what batches are taken from, again for each epoch. */
  readonly validationData?: BatchSource | [x: Tensors, y: Tensors];
  /** Examples of the largest batch. Default: as many as the first one has. The default of `shards` follows it. */
  readonly batchSize?: number;
  /** Seconds within which the data set has to give its next batch. Default 300. */
  readonly batchTimeout?: number;
}

/**
 * Checks the names of the arguments, and all that can be checked before the first batch is there.
 * @throws GradpoolError of kind 'usage' that names what is wrong, or what gradpool does not do
 */
export function checkArgs(args: unknown): asserts args is FitDatasetArgs {
  checkOptions(args, checks, 'args');
  const { epochs, initialEpoch, batchesPerEpoch, validationData, ...rest } = (args ?? {}) as FitDatasetArgs;
  integer('epochs', epochs, 1);
  integer('initialEpoch', initialEpoch ?? 0, 0);
  integer('batchesPerEpoch', batchesPerEpoch ?? 1, 1, Math.floor(limits.steps / epochs));
  integer('validationBatches', rest.validationBatches ?? 1, 1);
  integer('validationBatchSize', rest.validationBatchSize ?? 1, 1);
  integer('batchTimeout', rest.batchTimeout ?? 1, 1, limits.stepTimeout);
  if (Array.isArray(validationData)) checkPair(validationData);
  else if (validationData !== undefined && validationData !== null)
    checkSource(validationData, 'validationData');
  configOf(args as FitDatasetArgs, rest.batchSize ?? limits.batchSize);
}

/** @param first examples of the first batch */
export function configOf(args: FitDatasetArgs, first: number): TrainConfig {
  const given = ownOptions.map((name) => [name, args[name] ?? undefined]);
  const { epochs } = args;
  return resolveConfig({ ...Object.fromEntries(given), batchSize: args.batchSize ?? first, epochs });
}

const noSplit: Check = (_, name) => {
  throw usageError(`Expected no \`${name}\`: a stream has no last examples; give \`validationData\``);
};

const noShuffle: Check = (_, name) => {
  throw usageError(
    `Expected no \`${name}\`: batches are trained on in the order in which they come; shuffle the data set`,
  );
};

/** `anything` is checked where it is used. */
const checks: Checks = {
  ...{ batchesPerEpoch: anything, epochs: anything, initialEpoch: anything, classWeight: anything },
  lossWeights: anything,
  ...{ verbose: verbosity, callbacks: checkCallbacks, yieldEvery: yielding },
  ...{ validationData: anything, validationBatches: anything, validationBatchSize: anything },
  batchTimeout: anything,
  ...Object.fromEntries(ownOptions.filter((name) => name in trainOptions).map((name) => [name, anything])),
  ...runChecks,
  ...{ validationSplit: noSplit, shuffle: noShuffle },
};
