import type { ModelFitArgs } from '@tensorflow/tfjs-layers';
import { anything, type Check, type Checks, checkOptions, flag, integer, unexpected } from '../../check.ts';
import { resolveConfig, type TrainConfig } from '../../config/config.ts';
import { type OptimizerOptions, optimizerOptions } from '../../config/optimizer-options.ts';
import { optionChecks, type TrainOptions } from '../../config/train-options.ts';
import { inputError, usageError } from '../../errors.ts';
import { show } from '../../model/keras/config/layer-config.ts';
import type { OptimizerSettings } from '../../optimizer/settings.ts';
import { counted } from '../../shown.ts';
import { type RunOptions, runChecks } from '../run-options.ts';
import { checkCallbacks } from './check-callbacks.ts';

/** What of a training a compiled model and tfjs's arguments say. */
const compiled = ['loss', 'metrics', 'steps', 'batchSize', 'epochs', 'validationSplit', 'overfit'] as const;
type Compiled = (typeof compiled)[number];

/**
 * tfjs's ModelFitArgs, and how gradpool is to do it. An `optimizer` with its settings takes the place of the compiled one,
 * whose state then stays as it is; a learning rate that a callback gives the compiled one counts for it.
 */
export interface FitArgs extends ModelFitArgs, Omit<TrainOptions, Compiled>, RunOptions {
  /** What the loss of each of several outputs is multiplied by, in a list or by output name. Default 1. */
  readonly lossWeights?: readonly number[] | Readonly<Record<string, number>>;
}

export interface ResolvedArgs {
  readonly config: TrainConfig;
  readonly initialEpoch: number;
  readonly shuffle: boolean;
  /** How many of the examples are trained on; the rest is for validation. */
  readonly trained: number;
  readonly verbose: number;
}

/**
 * Checks the names of fit's arguments and what each may be. Null counts as not given, as in tfjs.
 * @throws GradpoolError of kind 'usage' that names what is wrong, or what gradpool does not do
 */
export function checkArgs(args: unknown): asserts args is FitArgs {
  checkOptions(args, checks, 'args');
}

/**
 * Fills in tfjs's defaults and checks the numbers.
 * @param args checked
 * @param examples how many x has
 * @throws GradpoolError of kind 'usage' that names what is wrong
 */
export function resolveArgs(args: FitArgs, examples: number): ResolvedArgs {
  const trained = trainedExamples(args, examples);
  const batchSize = Math.min(integer('batchSize', args.batchSize ?? 32, 1), trained);
  const given = Object.entries(args).filter(([name, value]) => name in ownOptions && value !== undefined);
  return {
    config: resolveConfig({ ...Object.fromEntries(given), batchSize, epochs: args.epochs ?? 1 }),
    initialEpoch: integer('initialEpoch', args.initialEpoch ?? 0, 0),
    shuffle: args.shuffle ?? true,
    trained,
    verbose: args.verbose ?? 1,
  };
}

/**
 * The optimizer that the arguments name in place of the compiled one.
 * @throws GradpoolError of kind 'usage' where they have settings of one that they do not name
 */
export function ownOptimizer(
  args: OptimizerOptions & Pick<FitArgs, 'optimizer'>,
): OptimizerSettings | undefined {
  const { optimizer } = args;
  if (optimizer !== undefined && optimizer !== null)
    return resolveConfig({ ...pick(args), optimizer }).optimizer;
  const setting = optimizerOptions.find((name) => (args[name] ?? undefined) !== undefined);
  if (setting === undefined) return undefined;
  throw usageError(
    `Expected no \`${setting}\` without \`optimizer\`, got ${show(args[setting])}: the model's compiled optimizer has settings of its own`,
  );
}

const pick = (args: OptimizerOptions): OptimizerOptions =>
  Object.fromEntries(optimizerOptions.map((name) => [name, args[name]]));

/** tfjs's `model.fit` takes such a name, and refuses it as well. */
const unsupported: Check = (_, name) => {
  throw usageError(`Expected no \`${name}\`: \`fit\`, as \`model.fit\`, does not support it`);
};

export const verbosity: Check = (verbose, name) => {
  if (verbose !== 0 && verbose !== 1 && verbose !== 2) throw unexpected(name, '0, 1 or 2', verbose);
};

export const yielding: Check = (value, name) => {
  if (typeof value === 'number' && value >= 0) return;
  if (!['auto', 'batch', 'epoch', 'never'].includes(value as string))
    throw unexpected(name, "'auto', 'batch', 'epoch', 'never' or milliseconds >= 0", value);
};

/** Of `TrainOptions`, those that stand beside tfjs's arguments. */
const ownOptions = optionChecks(compiled);

/** `anything` is checked where it is used. */
const checks: Checks = {
  ...{ batchSize: anything, epochs: anything, verbose: verbosity, callbacks: checkCallbacks },
  ...{ validationSplit: anything, validationData: anything, shuffle: flag, classWeight: anything },
  ...{ initialEpoch: anything, yieldEvery: yielding, lossWeights: anything },
  ...ownOptions,
  ...runChecks,
  ...{ sampleWeight: unsupported, stepsPerEpoch: unsupported, validationSteps: unsupported },
};

export function checkPair(validationData: unknown): asserts validationData is readonly [unknown, unknown] {
  if (!Array.isArray(validationData)) throw unexpected('validationData', '[x, y]', validationData);
  const { length } = validationData;
  if (length !== 2)
    throw usageError(
      `Expected \`validationData\` to be [x, y], got ${counted(length, 'item')}; weights are not supported`,
    );
}

/** As tfjs: validationData goes before validationSplit, which takes the last examples. */
function trainedExamples({ validationData, validationSplit }: FitArgs, examples: number): number {
  if (validationData !== undefined && validationData !== null) {
    checkPair(validationData);
    return examples;
  }
  if (examples === 0) throw inputError('Expected `x` to hold at least one example, got none');
  const share = validationSplit ?? 0;
  if (typeof share !== 'number' || !(share >= 0 && share < 1))
    throw usageError(`Expected \`validationSplit\` to be a number from 0 to less than 1, got ${show(share)}`);
  const trained = Math.floor(examples * (1 - share));
  if (trained === 0)
    throw inputError(
      `Expected \`validationSplit\` to leave examples to train on, got ${share} of ${examples}`,
    );
  return trained;
}
