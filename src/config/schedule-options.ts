/** How a learning-rate schedule is asked for: by its name and options of its own. */
import { inRange, integer, positive, unexpected } from '../check.ts';
import { usageError } from '../errors.ts';
import type { ScheduleChoice, ScheduleName, ScheduleSettings } from '../optimizer/schedules/settings.ts';
import { alternatives, asCode } from '../shown.ts';
import { kept, type Option } from './option.ts';

/** The schedules by the names of their options, with what each is by default; undefined: of the training's length, or to be given. */
export const scheduleDefaults = {
  constant: {},
  step: { decayRate: 0.1, decaySteps: undefined },
  multiStep: { decayRate: 0.1, milestones: undefined },
  exponential: { decayRate: 0.96, decaySteps: undefined },
  polynomial: { decaySteps: undefined, endLearningRate: 0, power: 1 },
  cosine: { decaySteps: undefined, endLearningRate: 0 },
  cosineRestarts: { decaySteps: undefined, endLearningRate: 0, periodMultiplier: 2, peakMultiplier: 1 },
  oneCycle: { decaySteps: undefined, pctStart: 0.3, divFactor: 25, finalDivFactor: 10_000 },
  reduceOnPlateau: { decayRate: 0.1, endLearningRate: 0, plateauPatience: 10, cooldown: 0 },
} as const satisfies Readonly<Record<ScheduleName, Defaults>>;

type Defaults = { readonly [Name in ScheduleOption]?: ScheduleOptions[Name] | undefined };

export const scheduleNames = Object.keys(scheduleDefaults) as readonly ScheduleName[];

/** A schedule, and options that belong to some schedules only. Rates are those of single steps, which count from 0. */
export interface ScheduleOptions {
  /**
   * How the learning rate changes from step to step; `learningRate` is what it begins with (of oneCycle the highest one).
   * Default 'constant'.
   */
  readonly schedule?: ScheduleName;
  /** Steps in which the rate first grows linearly, before any schedule. Default 0. */
  readonly warmupSteps?: number;
  /** The rate of the first of these steps. Default 0. */
  readonly warmupLearningRate?: number;
  /**
   * Of polynomial, cosine and oneCycle: their length (default: all steps after the warm-up). Of cosineRestarts: the first
   * period (default: an epoch). Of step and exponential: in how many steps the rate is multiplied by `decayRate` (default:
   * a third of the steps after the warm-up for step, an epoch for exponential).
   */
  readonly decaySteps?: number;
  /** Of step, multiStep, reduceOnPlateau (default 0.1) and exponential (default 0.96): what the rate is multiplied by. */
  readonly decayRate?: number;
  /** Of multiStep: the steps at which the rate is multiplied, ascending. */
  readonly milestones?: readonly number[];
  /** Of polynomial, cosine, cosineRestarts and reduceOnPlateau: the lowest rate. Default 0. */
  readonly endLearningRate?: number;
  /** Of polynomial: its exponent. Default 1, a straight line. */
  readonly power?: number;
  /** Of cosineRestarts: how much longer each period is than the one before. Default 2. */
  readonly periodMultiplier?: number;
  /** Of cosineRestarts: what the rate at the beginning of each period is multiplied by. Default 1. */
  readonly peakMultiplier?: number;
  /** Of oneCycle: the share of the steps in which the rate grows. Default 0.3. */
  readonly pctStart?: number;
  /** Of oneCycle: what the highest rate is divided by for the first one. Default 25. */
  readonly divFactor?: number;
  /** Of oneCycle: what the first rate is divided by for the last one. Default 10,000. */
  readonly finalDivFactor?: number;
  /** Of reduceOnPlateau: how often in a row `monitor` may be no better before the rate is multiplied. Default 10. */
  readonly plateauPatience?: number;
  /** Of reduceOnPlateau: how many values of `monitor` do not count after that. Default 0. */
  readonly cooldown?: number;
}

/** By the schedule. */
const bySchedule = { default: undefined, ...kept } as const;

/** In the order in which they are shown. */
export const scheduleOptions = {
  schedule: {
    ...{ type: 'name', names: scheduleNames, default: 'constant' },
    ...{ help: 'how the learning rate changes from step to step', ...kept },
  },
  warmupSteps: {
    ...{ type: 'integer', least: 0, default: 0 },
    ...{ help: 'steps in which the learning rate first grows linearly, before any schedule', ...kept },
  },
  warmupLearningRate: {
    ...{ type: 'number', default: 0, ...kept },
    help: 'learning rate of the first step of a warm-up',
  },
  decaySteps: {
    ...{
      ...{ type: 'integer', least: 1 },
      help: 'length of polynomial, cosine and oneCycle (default: all steps after the warm-up), of the first period of cosineRestarts (an epoch); steps from decay to decay of step (a third of them) and exponential (an epoch)',
    },
    ...bySchedule,
  },
  decayRate: {
    ...{
      type: 'number',
      help: 'what step, multiStep, exponential and reduceOnPlateau multiply the learning rate by (default: 0.1, for exponential 0.96)',
    },
    ...bySchedule,
  },
  milestones: {
    ...{
      type: 'list',
      of: 'integer',
      help: 'steps at which multiStep multiplies it, a list like 32000,48000',
    },
    ...bySchedule,
  },
  endLearningRate: {
    ...{
      type: 'number',
      help: 'lowest rate of polynomial, cosine, cosineRestarts and reduceOnPlateau (default: 0)',
    },
    ...bySchedule,
  },
  power: { ...{ type: 'number', help: 'exponent of polynomial (default: 1)' }, ...bySchedule },
  periodMultiplier: {
    ...{ type: 'number', help: 'how much longer each period of cosineRestarts is (default: 2)' },
    ...bySchedule,
  },
  peakMultiplier: {
    ...{
      type: 'number',
      help: 'what cosineRestarts multiplies the highest rate by in each period (default: 1)',
    },
    ...bySchedule,
  },
  pctStart: {
    ...{ type: 'number', help: 'share of the steps in which the rate of oneCycle grows (default: 0.3)' },
    ...bySchedule,
  },
  divFactor: {
    ...{ type: 'number', help: 'highest over first rate of oneCycle (default: 25)' },
    ...bySchedule,
  },
  finalDivFactor: {
    ...{ type: 'number', help: 'first over last rate of oneCycle (default: 10000)' },
    ...bySchedule,
  },
  plateauPatience: {
    ...{ type: 'integer', least: 1 },
    help: 'how often in a row `monitor` is no better before reduceOnPlateau multiplies (default: 10)',
    ...bySchedule,
  },
  cooldown: {
    ...{ type: 'integer', least: 0, help: 'evaluations that do not count after that (default: 0)' },
    ...bySchedule,
  },
} as const satisfies Readonly<Record<keyof ScheduleOptions, Option>>;

type ScheduleOption = Exclude<keyof ScheduleOptions, 'schedule'>;

/** @throws GradpoolError of kind 'usage' where a value is out of its range */
type Range = (name: ScheduleOption, value: unknown) => number | readonly number[];

const atLeastZero: Range = (name, value) => inRange(name, value, 0);
const atLeastOne: Range = (name, value) => inRange(name, value, 1);
const aboveZero: Range = (name, value) => positive(name, value);
const steps: Range = (name, value) => integer(name, value, 1);

const ranges: Readonly<Record<ScheduleOption, Range>> = {
  warmupSteps: (name, value) => integer(name, value, 0),
  warmupLearningRate: atLeastZero,
  decaySteps: steps,
  decayRate: (name, value) => {
    if (positive(name, value) < 1) return Number(value);
    throw usageError(`Expected \`${name}\` to be less than 1, got ${asCode(value)}`);
  },
  milestones: (name, value) => ascending(name, value),
  endLearningRate: atLeastZero,
  power: aboveZero,
  periodMultiplier: atLeastOne,
  peakMultiplier: aboveZero,
  pctStart: (name, value) => inRange(name, value, 0, 1),
  divFactor: aboveZero,
  finalDivFactor: aboveZero,
  plateauPatience: steps,
  cooldown: (name, value) => integer(name, value, 0),
};

export const namesOfScheduleOptions = Object.keys(ranges) as readonly ScheduleOption[];

/**
 * Fills in a schedule's defaults, but for those of the training's length, and checks its options. Null counts as not given.
 * @throws GradpoolError of kind 'usage' for an option that this schedule does not have, that it needs, or that is out of
 *   its range
 */
export function resolveSchedule(name: ScheduleName, options: ScheduleOptions): ScheduleChoice {
  const defaults: Defaults = { ...warmupDefaults, ...scheduleDefaults[name] };
  for (const option of namesOfScheduleOptions)
    if (isGiven(options[option]) && !Object.hasOwn(defaults, option))
      throw usageError(
        `Expected no \`${option}\` with the schedule ${name}, got ${asCode(options[option])}; ${hasOption(option)}`,
      );
  if (options.warmupLearningRate && !options.warmupSteps)
    throw usageError('Expected `warmupSteps` to be at least 1 with `warmupLearningRate`, got none');
  const settings = Object.entries(defaults).flatMap(([option, value]) => {
    const key = option as ScheduleOption;
    const given = options[key] ?? value;
    if (given === undefined && key === 'decaySteps') return [];
    if (given === undefined)
      throw usageError(`Expected \`${key}\` to be given with the schedule ${name}, got none`);
    return [[option, ranges[key](key, given)]];
  });
  return { name, ...Object.fromEntries(settings) } as ScheduleChoice;
}

/** Of every schedule. */
const warmupDefaults = { warmupSteps: 0, warmupLearningRate: 0 } as const;

/** Of a training that asks for no other. */
export const constantSchedule: ScheduleSettings = {
  ...{ name: 'constant', ...warmupDefaults },
};

function hasOption(option: ScheduleOption): string {
  const owners = scheduleNames.filter((name) => Object.hasOwn(scheduleDefaults[name], option));
  return `it is of the \`schedule\` ${alternatives(owners)}`;
}

function ascending(name: string, value: unknown): readonly number[] {
  const isAscending =
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((step, index) => Number.isSafeInteger(step) && step > (index === 0 ? 0 : value[index - 1]));
  if (isAscending) return value;
  throw unexpected(name, 'a list of steps >= 1, ascending, like [32000, 48000]', value);
}

/** The options that give these settings. */
export const optionsOfSchedule = ({ name, ...settings }: ScheduleSettings): ScheduleOptions => ({
  schedule: name,
  ...settings,
});

const isGiven = (value: unknown): boolean => value !== undefined && value !== null;
