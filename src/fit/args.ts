import type { ModelFitArgs } from '@tensorflow/tfjs-layers';
import { integer, resolveConfig, type TrainConfig, type TrainOptions } from '../config.ts';
import { inputError, usageError } from '../errors.ts';
import { show } from '../model/layer-config.ts';

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
 * Fills in tfjs's defaults and checks every value.
 * @param examples how many x has
 * @throws GradpoolError of kind 'usage' that names what is wrong, or what gradpool does not do
 */
export function resolveArgs(args: FitArgs, examples: number): ResolvedArgs {
  refuse(args);
  const {
    workers,
    engine,
    simd,
    seed,
    shards,
    epochs = 1,
    initialEpoch = 0,
    shuffle = true,
    verbose = 1,
  } = args;
  if (typeof shuffle !== 'boolean')
    throw usageError(`Expected \`shuffle\` to be true or false, got ${show(shuffle)}`);
  if (verbose !== 0 && verbose !== 1 && verbose !== 2)
    throw usageError(`Expected \`verbose\` to be 0, 1 or 2, got ${show(verbose)}`);
  const trained = trainedExamples(args, examples);
  const batchSize = Math.min(integer('batchSize', args.batchSize ?? 32, 1), trained);
  const given = { workers, engine, simd, seed, shards };
  const named = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const config = resolveConfig({ ...named, batchSize, epochs });
  return { config, initialEpoch: integer('initialEpoch', initialEpoch, 0), shuffle, trained, verbose };
}

const known = [
  ...['batchSize', 'epochs', 'verbose', 'callbacks', 'validationSplit', 'validationData', 'shuffle'],
  ...['classWeight', 'initialEpoch', 'yieldEvery', 'workers', 'engine', 'simd', 'seed', 'shards'],
];

/** tfjs's `model.fit` takes these names, and refuses them as well. */
const unsupported = ['sampleWeight', 'stepsPerEpoch', 'validationSteps'];

function refuse(args: FitArgs): void {
  for (const [name, value] of Object.entries(args)) {
    if (value === undefined || value === null || known.includes(name)) continue;
    if (unsupported.includes(name))
      throw usageError(`Expected no \`${name}\`: \`fit\`, as \`model.fit\`, does not support it`);
    throw usageError(`Expected fit's arguments to be among ${known.join(', ')}, got \`${name}\``);
  }
}

/** As tfjs: validationData goes before validationSplit, which takes the last examples. */
function trainedExamples({ validationData, validationSplit }: FitArgs, examples: number): number {
  if (validationData !== undefined && validationData !== null) {
    const { length } = validationData;
    if (length !== 2)
      throw usageError(
        `Expected \`validationData\` to be [x, y], got ${length} items; weights are not supported`,
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
