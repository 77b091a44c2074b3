/** What a training is told, with every default filled in and checked. */
import { availableParallelism } from 'node:os';
import { inRange, integer, oneOf } from '../check.ts';
import type { EngineChoice } from '../engine/engine.ts';
import { usageError } from '../errors.ts';
import type { SimdChoice } from '../kernels/simd.ts';
import type { LossName } from '../loss/loss.ts';
import type { MetricChoice } from '../metric/metric-choices.ts';
import type { ScheduleChoice, ScheduleName } from '../optimizer/schedules/settings.ts';
import type { OptimizerSettings } from '../optimizer/settings.ts';
import type { UpdateSettings } from '../optimizer/update-settings.ts';
import { asCode, shown } from '../shown.ts';
import { type CourseConfig, type CourseOptions, courseOptions, resolveCourse } from './course-options.ts';
import {
  type OptimizerChoice,
  type OptimizerOptions,
  optimizerOptions,
  resolveOptimizer,
} from './optimizer-options.ts';
import type { Option } from './option.ts';
import { type PartitionOptions, partitionOptions, resolvePartition } from './partition-options.ts';
import {
  namesOfPreparationOptions,
  type PreparationChoice,
  type PreparationOptions,
  resolvePreparation,
} from './preparation-options.ts';
import { namesOfScheduleOptions, resolveSchedule, type ScheduleOptions } from './schedule-options.ts';
import {
  type ExchangeName,
  limits,
  type TensorboardExtra,
  type TrainOptions,
  trainOptions,
} from './train-options.ts';
import { resolveUpdate, type UpdateOptions } from './update-options.ts';

/** TrainOptions with every default filled in, checked. */
export type TrainConfig = Readonly<
  Required<
    Omit<
      TrainOptions,
      | ('steps' | 'optimizer' | keyof OptimizerOptions | keyof ScheduleOptions)
      | (keyof UpdateOptions | keyof PreparationOptions | keyof CourseOptions | keyof PartitionOptions)
    >
  >
> &
  CourseConfig &
  PartitionOptions & {
    readonly steps?: number;
    readonly preparation: PreparationChoice;
    readonly optimizer: OptimizerSettings;
    readonly schedule: ScheduleChoice;
    readonly update: UpdateSettings;
    readonly metrics: readonly MetricChoice[];
    readonly tensorboard: readonly TensorboardExtra[];
    readonly loss: LossName;
    readonly engine: EngineChoice;
    readonly simd: SimdChoice;
    readonly exchange: ExchangeName;
  };

/**
 * Fills in defaults and checks every value. Null counts as not given, for every option.
 * @throws GradpoolError of kind 'usage' that names the option, what was expected and what was got
 */
export function resolveConfig(given: TrainOptions): TrainConfig {
  const options = withBatch(given);
  const { optimizer, schedule, steps, weightDecayExclude, accumulateSteps, ...resolved } = Object.fromEntries(
    Object.entries(trainOptions)
      .filter(([name]) => !isResolvedByOwner(name) && name !== 'shards')
      .map(([name, option]) => [name, resolve(name, option, options[name as keyof TrainOptions])]),
  ) as unknown as Omit<TrainConfig, 'optimizer' | 'schedule'> & {
    readonly optimizer: OptimizerChoice;
    readonly schedule: 'constant';
  } & Pick<UpdateSettings, 'weightDecayExclude' | 'accumulateSteps'>;
  const { batchSize } = resolved;
  const shards = options.shards ?? Math.min(trainOptions.shards.default, batchSize);
  const config = {
    ...resolved,
    ...(steps === undefined ? {} : { steps }),
    optimizer: resolveOptimizer(optimizer, options),
    schedule: resolveSchedule(schedule, options),
    preparation: resolvePreparation(options),
    ...resolvePartition(options),
    ...resolveCourse(options, {
      evalEvery: resolved.evalEvery,
      reducesOnPlateau: (schedule as ScheduleName) === 'reduceOnPlateau',
    }),
    labelSmoothing: inRange(
      'labelSmoothing',
      options.labelSmoothing ?? trainOptions.labelSmoothing.default,
      0,
      1,
    ),
    update: resolveUpdate(options, optimizer, { weightDecayExclude, accumulateSteps }),
    shards: resolve('shards', trainOptions.shards, shards) as number,
  };
  if (config.shards > batchSize)
    throw usageError(
      `Expected \`shards\` to be at most the batch size, ${batchSize}, got ${config.shards}: an example is the smallest part of a batch`,
    );
  return Object.freeze(config);
}

/** No batch is larger than the examples of `overfit`, unless it is asked for. */
function withBatch(options: TrainOptions): TrainOptions {
  const { overfit, batchSize } = options;
  const isFew =
    Number.isInteger(overfit) && Number(overfit) > 0 && Number(overfit) < trainOptions.batchSize.default;
  return isFew && (batchSize ?? undefined) === undefined
    ? { ...options, batchSize: Number(overfit) }
    : options;
}

/** Whether whom it belongs to says what it may be. */
const isResolvedByOwner = (name: string): boolean =>
  [
    ...optimizerOptions,
    ...namesOfScheduleOptions,
    ...namesOfPreparationOptions,
    ...Object.keys({ ...courseOptions, ...partitionOptions }),
  ].some((option) => option === name);

function resolve(name: string, option: Option, given: unknown): unknown {
  const value = given ?? defaultOf(name, option);
  if (value === undefined) return undefined;
  switch (option.type) {
    case 'integer':
      return integer(name, value, option.least, option.most);
    case 'names':
      return resolveNames(name, option.names, value);
    case 'name':
      return oneOf(name, option.names, value);
    default:
      return value;
  }
}

function defaultOf(name: string, option: Option): unknown {
  if (name === 'workers') return Math.min(availableParallelism(), limits.workers);
  return option.type === 'names' ? [] : option.default;
}

function resolveNames(option: string, names: readonly string[], given: unknown): string[] {
  if (!Array.isArray(given))
    throw usageError(`Expected \`${option}\` to be a list of names, got ${shown(given)}`);
  const found = given.map((name) => {
    if (names.includes(name)) return name;
    throw usageError(`Expected \`${option}\` to be among ${names.join(', ')}, got ${asCode(name)}`);
  });
  const twice = found.find((name, index) => found.indexOf(name) !== index);
  if (twice !== undefined) throw usageError(`Expected \`${option}\` to name each once, got ${twice} twice`);
  return found;
}
