/** What the options of a training cannot be, for every function that takes them: each row of their table has its own here. */
import { namesOfPreparationOptions } from '../src/config/preparation-options.ts';
import { namesOfScheduleOptions, scheduleDefaults } from '../src/config/schedule-options.ts';
import { type TrainOptions, trainOptions } from '../src/config/train-options.ts';
import { type UpdateOptions, updateOptions } from '../src/config/update-options.ts';
import { type Row, rowsOfNever } from './argument-rows.ts';

type Name = keyof TrainOptions;

/** Which schedule, optimizer or other option an option is of. */
const besides: Partial<Record<Name, TrainOptions>> = {
  ...Object.fromEntries(
    Object.entries(scheduleDefaults).flatMap(([schedule, options]) =>
      Object.keys(options).map((name) => [name, { schedule }]),
    ),
  ),
  warmupLearningRate: { warmupSteps: 1 },
  ...{ beta1: { optimizer: 'adam' }, beta2: { optimizer: 'adam' }, epsilon: { optimizer: 'adam' } },
  ...{ decay: { optimizer: 'rmsprop' }, rho: { optimizer: 'adadelta' } },
  initialAccumulatorValue: { optimizer: 'adagrad' },
  weightDecayExclude: { weightDecay: 0.1 },
};

/** Null counts as not given. */
export const optionRows = (call: (options: unknown) => unknown, names: readonly Name[]): Row[] =>
  names.flatMap((name) =>
    rowsOfNever(name, (value) => call({ ...besides[name], [name]: value }), [
      'null',
      ...(trainOptions[name].type === 'flag' ? ['true'] : []),
    ]),
  );

/** All of them. */
export const optionNames = Object.keys(trainOptions) as readonly Name[];

/** Those of updates and what leads to them, which every kind of training takes. */
export const updatingNames = [
  ...namesOfScheduleOptions,
  ...namesOfPreparationOptions,
  ...(Object.keys(updateOptions) as (keyof UpdateOptions)[]),
] as const;
