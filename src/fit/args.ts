import type { ModelFitArgs } from '@tensorflow/tfjs-layers';
import { anything, type Check, type Checks, checkOptions, flag, integer, unexpected } from '../check.ts';
import { resolveConfig, type TrainConfig, type TrainOptions } from '../config.ts';
import { inputError, usageError } from '../errors.ts';
import { show } from '../model/layer-config.ts';
import { counted } from '../shown.ts';
import { checkCallbacks } from './check-callbacks.ts';

/** tfjs's ModelFitArgs, and how gradpool is to do it. */
export interface FitArgs
  extends ModelFitArgs,
    Pick<TrainOptions, 'workers' | 'engine' | 'simd' | 'seed' | 'shards'> {}

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
  const { workers, engine, simd, seed, shards } = args;
  const trained = trainedExamples(args, examples);
  const batchSize = Math.min(integer('batchSize', args.batchSize ?? 32, 1), trained);
  const given = { workers, engine, simd, seed, shards };
  const named = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return {
    config: resolveConfig({ ...named, batchSize, epochs: args.epochs ?? 1 }),
    initialEpoch: integer('initialEpoch', args.initialEpoch ?? 0, 0),
    shuffle: args.shuffle ?? true,
    trained,
    verbose: args.verbose ?? 1,
  };
}

/** tfjs's `model.fit` takes such a name, and refuses it as well. */
const unsupported: Check = (_, name) => {
  throw usageError(`Expected no \`${name}\`: \`fit\`, as \`model.fit\`, does not support it`);
};

const verbosity: Check = (verbose, name) => {
  if (verbose !== 0 && verbose !== 1 && verbose !== 2) throw unexpected(name, '0, 1 or 2', verbose);
};

const yielding: Check = (value, name) => {
  if (typeof value === 'number' && value >= 0) return;
  if (!['auto', 'batch', 'epoch', 'never'].includes(value as string))
    throw unexpected(name, "'auto', 'batch', 'epoch', 'never' or milliseconds >= 0", value);
};

/** `anything` is checked where it is used. */
const checks: Checks = {
  ...{ batchSize: anything, epochs: anything, verbose: verbosity, callbacks: checkCallbacks },
  ...{ validationSplit: anything, validationData: anything, shuffle: flag, classWeight: anything },
  ...{ initialEpoch: anything, yieldEvery: yielding },
  ...{ workers: anything, engine: anything, simd: anything, seed: anything, shards: anything },
  ...{ sampleWeight: unsupported, stepsPerEpoch: unsupported, validationSteps: unsupported },
};

/** As tfjs: validationData goes before validationSplit, which takes the last examples. */
function trainedExamples({ validationData, validationSplit }: FitArgs, examples: number): number {
  if (validationData !== undefined && validationData !== null) {
    if (!Array.isArray(validationData)) throw unexpected('validationData', '[x, y]', validationData);
    const { length } = validationData;
    if (length !== 2)
      throw usageError(
        `Expected \`validationData\` to be [x, y], got ${counted(length, 'item')}; weights are not supported`,
      );
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
