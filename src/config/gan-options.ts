/** How a GAN is trained: what it takes of the options of any training, and its own. */
import { inRange, integer } from '../check.ts';
import type { EngineChoice } from '../engine/engine.ts';
import { usageError } from '../errors.ts';
import type { SimdChoice } from '../kernels/simd.ts';
import type { OptimizerSettings } from '../optimizer/settings.ts';
import type { UpdateSettings } from '../optimizer/update-settings.ts';
import { resolveConfig } from './config.ts';
import type { Option } from './option.ts';
import { type ExchangeName, limits, type OnNan, type TrainOptions } from './train-options.ts';

/** What is made of gradients and parameters of both networks. */
export const updatesOfGan = [
  'weightDecay',
  'weightDecayExclude',
  'clipValue',
  'clipNorm',
  'globalClipNorm',
] as const;

/** Options of any training that mean the same for a GAN. */
export const sharedOptions = [
  ...(['workers', 'batchSize', 'seed', 'shards', 'engine', 'simd', 'saveEvery', 'logEvery'] as const),
  ...(['maxRestarts', 'stepTimeout', 'onNan', 'exchange'] as const),
  ...updatesOfGan,
] as const satisfies readonly (keyof TrainOptions)[];

/** How two models are trained against each other; every field has a default. */
export interface GanTraining extends Pick<TrainOptions, (typeof sharedOptions)[number]> {
  /** Steps in all, each of both networks. Default 3000. */
  readonly steps?: number;
  /** Of Adam, for both. Default 0.0002. */
  readonly learningRate?: number;
  /** Of Adam, for both. Default 0.5. */
  readonly beta1?: number;
  /** What is taken from the target 1 of real examples. Default 0. */
  readonly labelSmoothing?: number;
  /** Updates of the discriminator in a step, each on examples of its own. Default 1. */
  readonly discriminatorSteps?: number;
  /** Updates of the generator in a step, each of noise of its own. Default 1. */
  readonly generatorSteps?: number;
  /** Of the first steps, how many train the discriminator alone. Default 0. */
  readonly pretrainSteps?: number;
  /** Steps between samples of the same noise. Default 100. */
  readonly sampleEvery?: number;
  /** How many examples a sample has. Default 64. */
  readonly sampleCount?: number;
}

/** How a GAN is trained, every default filled in. */
export interface GanConfig {
  readonly workers: number;
  /** Real examples of a step, and as many generated ones. */
  readonly batchSize: number;
  readonly steps: number;
  readonly seed: number;
  readonly shards: number;
  readonly engine: EngineChoice;
  readonly simd: SimdChoice;
  readonly optimizer: OptimizerSettings;
  readonly update: UpdateSettings;
  /** What is taken from the target 1 of real examples. */
  readonly labelSmoothing: number;
  readonly discriminatorSteps: number;
  readonly generatorSteps: number;
  readonly pretrainSteps: number;
  readonly sampleEvery: number;
  /** How many examples are shown. */
  readonly sampleCount: number;
  readonly saveEvery: number;
  readonly logEvery: number;
  readonly maxRestarts: number;
  readonly stepTimeout: number;
  readonly onNan: OnNan;
  readonly exchange: ExchangeName;
}

type OwnOption =
  | 'labelSmoothing'
  | 'discriminatorSteps'
  | 'generatorSteps'
  | 'pretrainSteps'
  | 'sampleEvery'
  | 'sampleCount';

const kept = { isKept: true } as const;

/** What only a GAN has, in the order in which it is shown. */
export const ownGanOptions = {
  labelSmoothing: {
    ...{ type: 'number', default: 0, help: 'taken from the target 1 of real examples' },
    ...kept,
  },
  discriminatorSteps: {
    ...{ type: 'integer', least: 1, most: 1000, default: 1 },
    ...{ help: 'updates of the discriminator in a step', ...kept },
  },
  generatorSteps: {
    ...{ type: 'integer', least: 1, most: 1000, default: 1 },
    ...{ help: 'updates of the generator in a step', ...kept },
  },
  pretrainSteps: {
    ...{ type: 'integer', least: 0, most: limits.steps, default: 0 },
    ...{ help: 'of the first steps, how many train the discriminator alone', ...kept },
  },
  sampleEvery: {
    ...{ type: 'integer', least: 0, default: 100 },
    ...{ help: 'steps between pictures of the same noise', ...kept },
  },
  sampleCount: {
    ...{ type: 'integer', least: 1, most: 4096, default: 64 },
    ...{ help: 'examples in such a picture', ...kept },
  },
} as const satisfies Readonly<Record<OwnOption, Option>>;

/**
 * Fills in the defaults and checks every value. Null counts as not given.
 * @throws GradpoolError of kind 'usage' that names the option
 */
export function resolveGanConfig(options: GanTraining): GanConfig {
  const given: GanTraining = Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined && value !== null),
  );
  const { steps: wanted = 3000, learningRate = 0.0002, beta1 = 0.5 } = given;
  const known = Object.fromEntries(
    Object.entries(given).filter(([name]) => sharedOptions.some((shared) => shared === name)),
  );
  const resolved = resolveConfig({
    ...{ batchSize: 64, ...known },
    ...{ optimizer: 'adam', learningRate, beta1, steps: wanted },
  });
  const { steps = wanted, optimizer, update } = resolved;
  const shared = Object.fromEntries(
    Object.entries(resolved).filter(([name]) => sharedOptions.some((option) => option === name)),
  );
  const own = Object.fromEntries(
    Object.entries(ownGanOptions).map(([name, option]) => [name, resolveOwn(name, option, given)]),
  );
  const config = { ...shared, ...own, steps, optimizer, update } as unknown as GanConfig;
  checkUpdates(config);
  return config;
}

function resolveOwn(name: string, option: Option, given: object): number {
  const value = (given as Readonly<Record<string, unknown>>)[name] ?? option.default;
  return option.type === 'integer'
    ? integer(name, value, option.least, option.most)
    : inRange(name, value, 0, 1);
}

/** An update's number is a coordinate of 31 bits: noise has one for each of both networks. */
function checkUpdates({ steps, discriminatorSteps, generatorSteps }: GanConfig): void {
  const most = Math.floor((2 ** 31 - 1) / Math.max(discriminatorSteps, generatorSteps));
  if (steps > most)
    throw usageError(`Expected \`steps\` to be at most ${most} with so many updates in each, got ${steps}`);
}
