/** How an optimizer is asked for: by its name and options of its own. */
import { inRange, positive } from '../check.ts';
import { usageError } from '../errors.ts';
import type { OptimizerSettings } from '../optimizer/settings.ts';
import { asCode } from '../shown.ts';

/** The optimizers by the names of their options, with what each is by default. */
export const optimizerDefaults = {
  sgd: { learningRate: 0.05, momentum: 0.9, nesterov: false },
  nesterov: { learningRate: 0.05, momentum: 0.9 },
  adam: { learningRate: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1e-7 },
  adamw: { learningRate: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1e-7 },
  adamax: { learningRate: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1e-7 },
  lamb: { learningRate: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1e-7 },
  lion: { learningRate: 0.001, beta1: 0.9, beta2: 0.99 },
  rmsprop: { learningRate: 0.001, decay: 0.9, momentum: 0, epsilon: 1e-7 },
  adagrad: { learningRate: 0.01, initialAccumulatorValue: 0.1, epsilon: 1e-7 },
  adadelta: { learningRate: 0.001, rho: 0.95, epsilon: 1e-7 },
} as const;

export type OptimizerChoice = keyof typeof optimizerDefaults;
export const optimizerChoices = Object.keys(optimizerDefaults) as readonly OptimizerChoice[];

/** Options that belong to some optimizers only, and `learningRate`, whose default is the optimizer's. */
export interface OptimizerOptions {
  /** Default: 0.05 for sgd and nesterov, 0.01 for adagrad, 0.001 for the others. */
  readonly learningRate?: number;
  /** Of sgd (default 0.9; 0 is plain SGD), nesterov (default 0.9) and rmsprop (default 0). */
  readonly momentum?: number;
  /** Of sgd: Nesterov's momentum, as the optimizer nesterov has it. Default false. */
  readonly nesterov?: boolean;
  /** Of adam, adamw, adamax, lamb and lion: decay of the gradient's mean. Default 0.9. */
  readonly beta1?: number;
  /**
   * Of adam, adamw and lamb: decay of the squared gradient's mean; of adamax: of the largest gradient. Default 0.999. Of lion:
   * decay of the gradient's mean that the next step begins with. Default 0.99.
   */
  readonly beta2?: number;
  /** Of all but sgd, nesterov and lion: keeps a division from being by 0. Default 1e-7. */
  readonly epsilon?: number;
  /** Of rmsprop: decay of the squared gradient's mean. Default 0.9. */
  readonly decay?: number;
  /** Of adadelta: decay of the means of squared gradients and steps. Default 0.95. */
  readonly rho?: number;
  /** Of adagrad: what its sum of squares begins with. Default 0.1. */
  readonly initialAccumulatorValue?: number;
}

export type OptimizerOption = keyof OptimizerOptions;

/** @throws GradpoolError of kind 'usage' where a value is out of its range */
type Range = (name: OptimizerOption, value: unknown) => number | boolean;

const share: Range = (name, value) => inRange(name, value, 0, 1);
const atLeastZero: Range = (name, value) => inRange(name, value, 0);

const ranges: Readonly<Record<OptimizerOption, Range>> = {
  learningRate: atLeastZero,
  momentum: share,
  nesterov: (name, value) => {
    if (typeof value === 'boolean') return value;
    throw usageError(`Expected \`${name}\` to be true or false, got ${asCode(value)}`);
  },
  beta1: share,
  beta2: share,
  // Without it, a gradient that has always been 0 is divided by 0.
  epsilon: positive,
  decay: share,
  rho: share,
  initialAccumulatorValue: atLeastZero,
};

export const optimizerOptions = Object.keys(ranges) as readonly OptimizerOption[];

/**
 * Fills in an optimizer's defaults and checks its options. Null counts as not given.
 * @throws GradpoolError of kind 'usage' for an option that this optimizer does not have, or that is out of its range
 */
export function resolveOptimizer(name: OptimizerChoice, options: OptimizerOptions): OptimizerSettings {
  const defaults: OptimizerOptions = optimizerDefaults[name];
  for (const option of optimizerOptions)
    if (isGiven(options[option]) && !Object.hasOwn(defaults, option))
      throw usageError(
        `Expected no \`${option}\` with the optimizer ${name}, got ${asCode(options[option])}; its settings are ${inBackticks(defaults)}`,
      );
  const settings = Object.fromEntries(
    Object.entries(defaults).map(([option, value]) => {
      const key = option as OptimizerOption;
      return [option, ranges[key](key, options[key] ?? value)];
    }),
  );
  if (name === 'sgd') return sgdSettings(settings as never);
  if (name === 'nesterov') return sgdSettings({ ...settings, nesterov: true } as never);
  return { name, ...settings } as OptimizerSettings;
}

const inBackticks = (options: OptimizerOptions): string =>
  Object.keys(options)
    .map((name) => `\`${name}\``)
    .join(', ');

const isGiven = (value: unknown): boolean => value !== undefined && value !== null;

/** Without momentum it keeps no velocity. */
function sgdSettings({
  learningRate,
  momentum,
  nesterov,
}: Required<Pick<OptimizerOptions, 'learningRate' | 'momentum' | 'nesterov'>>): OptimizerSettings {
  if (momentum > 0) return { name: 'momentum', learningRate, momentum, nesterov };
  if (nesterov)
    throw usageError('Expected `momentum` to be greater than 0 with `nesterov`, got 0; 0 is plain SGD');
  return { name: 'sgd', learningRate };
}

/** The options that give these settings; `tfjsAdadelta` is a compiled model's alone. */
export function optionsOfOptimizer({ name, ...settings }: OptimizerSettings): OptimizerOptions & {
  readonly optimizer: OptimizerChoice | 'tfjsAdadelta';
} {
  if (name === 'sgd') return { optimizer: 'sgd', ...settings, momentum: 0 };
  return { optimizer: name === 'momentum' ? 'sgd' : name, ...settings };
}

/** What each optimizer's settings hold besides its name. */
export const settingsOfOptimizers = {
  sgd: ['learningRate'],
  momentum: ['learningRate', 'momentum', 'nesterov'],
  adam: ['learningRate', 'beta1', 'beta2', 'epsilon'],
  adamw: ['learningRate', 'beta1', 'beta2', 'epsilon'],
  adamax: ['learningRate', 'beta1', 'beta2', 'epsilon'],
  lamb: ['learningRate', 'beta1', 'beta2', 'epsilon'],
  lion: ['learningRate', 'beta1', 'beta2'],
  rmsprop: ['learningRate', 'decay', 'momentum', 'epsilon'],
  adagrad: ['learningRate', 'initialAccumulatorValue', 'epsilon'],
  adadelta: ['learningRate', 'rho', 'epsilon'],
  tfjsAdadelta: ['learningRate', 'rho', 'epsilon'],
} as const satisfies Readonly<Record<OptimizerSettings['name'], readonly OptimizerOption[]>>;
