/** How it is asked for what is made of gradients and parameters besides an optimizer's own rule. */
import { inRange } from '../check.ts';
import { usageError } from '../errors.ts';
import {
  type Clipping,
  type DecayExclusion,
  decayExclusions,
  type UpdateSettings,
} from '../optimizer/update-settings.ts';
import { asCode } from '../shown.ts';
import type { OptimizerChoice } from './optimizer-options.ts';
import type { Option } from './option.ts';

/** Beside an optimizer's own settings, with any of them. */
export interface UpdateOptions {
  /**
   * Before each step a parameter loses learningRate * weightDecay of itself, as in Keras (decoupled, as in AdamW).
   * Default: 0.004 for adamw, 0 for others.
   */
  readonly weightDecay?: number;
  /** Parameters that do not decay: biases, and gamma and beta of normalisation. Default: none. */
  readonly weightDecayExclude?: readonly DecayExclusion[];
  /** Holds each element of the mean gradient between -clipValue and clipValue. One of the three at most. Default: none. */
  readonly clipValue?: number;
  /** Scales each weight's mean gradient down to this L2 norm at most. Default: none. */
  readonly clipNorm?: number;
  /** Scales all mean gradients down together, to this L2 norm of all of them at most. Default: none. */
  readonly globalClipNorm?: number;
  /**
   * Batches whose examples make one update together, as a batch so many times as large would; steps count batches, and
   * have to be a multiple of it. Default 1.
   */
  readonly accumulateSteps?: number;
  /**
   * Keeps a moving average of the parameters, average = emaMomentum * average + (1 - emaMomentum) * parameters after each
   * update, as in Keras; evaluations are also made of it, and checkpoints hold it. From 0 to less than 1. Default: none.
   */
  readonly emaMomentum?: number;
}

type NumberOption = Exclude<keyof UpdateOptions, 'weightDecayExclude' | 'accumulateSteps'>;

const kept = { isKept: true } as const;

/** Their rows in the table of options. */
export const updateOptions = {
  weightDecay: {
    ...{ type: 'number', default: undefined },
    ...{
      help: 'share that a parameter loses at a step, times the learning rate (default: 0.004 for adamw, else 0)',
    },
    ...kept,
  },
  weightDecayExclude: {
    ...{ type: 'names', names: decayExclusions, default: undefined },
    ...{ help: 'parameters that do not decay, a list', ...kept },
  },
  clipValue: {
    ...{ type: 'number', default: undefined },
    ...{ help: 'holds each element of the gradient between -x and x', ...kept },
  },
  clipNorm: {
    ...{ type: 'number', default: undefined },
    ...{ help: "scales each weight's gradient down to this norm at most", ...kept },
  },
  globalClipNorm: {
    ...{ type: 'number', default: undefined },
    ...{ help: 'scales all gradients down together, to this norm of all at most', ...kept },
  },
  accumulateSteps: {
    ...{ type: 'integer', least: 1, most: 2 ** 16, default: 1 },
    ...{ help: 'batches that make one update; steps count batches', ...kept },
  },
  emaMomentum: {
    ...{ type: 'number', default: undefined },
    ...{
      help: 'of a moving average of the parameters, which is evaluated and saved beside them, e.g. 0.99',
      ...kept,
    },
  },
} as const satisfies Readonly<Record<keyof UpdateOptions, Option>>;

const above0 = (name: string, value: unknown): number => {
  const number = inRange(name, value, 0);
  if (number > 0) return number;
  throw usageError(`Expected \`${name}\` to be greater than 0, got ${asCode(value)}`);
};

const ranges: Readonly<Record<NumberOption, (name: string, value: unknown) => number>> = {
  weightDecay: (name, value) => inRange(name, value, 0),
  clipValue: above0,
  clipNorm: above0,
  globalClipNorm: above0,
  emaMomentum: (name, value) => inRange(name, value, 0, 1),
};

const clippings = {
  clipValue: 'value',
  clipNorm: 'norm',
  globalClipNorm: 'globalNorm',
} as const satisfies Partial<Record<NumberOption, Clipping['by']>>;

/**
 * Fills in defaults and checks the numbers. Null counts as not given.
 * @param options whose names and whole numbers are checked
 * @throws GradpoolError of kind 'usage' that names the option
 */
export function resolveUpdate(
  options: UpdateOptions,
  optimizer: OptimizerChoice,
  { weightDecayExclude, accumulateSteps }: Pick<UpdateSettings, 'weightDecayExclude' | 'accumulateSteps'>,
): UpdateSettings {
  const numbers: Partial<Record<NumberOption, number>> = Object.fromEntries(
    Object.entries(ranges).flatMap(([name, range]) => {
      const value = options[name as NumberOption] ?? undefined;
      return value === undefined ? [] : [[name, range(name, value)]];
    }),
  );
  const { weightDecay = optimizer === 'adamw' ? 0.004 : 0, emaMomentum } = numbers;
  if (weightDecay === 0 && weightDecayExclude.length > 0)
    throw usageError(
      `Expected no \`weightDecayExclude\` without \`weightDecay\`, got ${weightDecayExclude.join(', ')}; say how much the others decay`,
    );
  const clip = clippingOf(numbers);
  return {
    ...{ weightDecay, weightDecayExclude, accumulateSteps },
    ...(clip === undefined ? {} : { clip }),
    ...(emaMomentum === undefined ? {} : { emaMomentum }),
  };
}

function clippingOf(numbers: Partial<Record<NumberOption, number>>): Clipping | undefined {
  const given = Object.entries(clippings).flatMap(([name, by]) => {
    const most = numbers[name as keyof typeof clippings];
    return most === undefined ? [] : [{ name, by, most }];
  });
  if (given.length > 1)
    throw usageError(
      `Expected one of \`clipValue\`, \`clipNorm\` and \`globalClipNorm\` at most, got ${given.map(({ name }) => `\`${name}\``).join(' and ')}`,
    );
  const [only] = given;
  return only && { by: only.by, most: only.most };
}

/** The options that give these settings; those that are not in use are absent. */
export function optionsOfUpdate({ clip, ...settings }: UpdateSettings): UpdateOptions {
  const option = Object.entries(clippings).find(([, by]) => by === clip?.by)?.[0];
  return { ...settings, ...(option === undefined ? {} : { [option]: clip?.most }) };
}
