/** What a training watches on its way: when it stops, and which checkpoints stay. */
import { inRange, integer, unexpected } from '../check.ts';
import type { ScheduleChoice } from '../optimizer/schedules/settings.ts';
import { alternatives } from '../shown.ts';
import { kept, type Option } from './option.ts';

export const monitorModes = ['auto', 'min', 'max'] as const;
export type MonitorMode = (typeof monitorModes)[number];

/** By Keras' names. */
export interface CourseOptions {
  /**
   * The value that `patience`, `keepBest` and reduceOnPlateau go by: 'loss' or a metric's name of an epoch's batches, the
   * same with 'val_' of an evaluation. Default 'val_loss'.
   */
  readonly monitor?: string;
  /** Whether less or more of it is better. Default 'auto': more of an accuracy, precision, recall and r2Score. */
  readonly mode?: MonitorMode;
  /** By how much it has to be better to count as such. Default 0. */
  readonly minDelta?: number;
  /**
   * Early stopping: how often in a row it may be no better before the training ends. The model then has the parameters of
   * the best value. Default: the training does not end early.
   */
  readonly patience?: number;
  /** How many of the newest checkpoints stay. Default 5. */
  readonly keep?: number;
  /** How many of the best ones stay besides; one is written with each value that is among them. Default 0. */
  readonly keepBest?: number;
  /**
   * Epochs between evaluations on the test set, beside `evalEvery`. Default 0, and 1 where something goes by an evaluation
   * and `evalEvery` is 0.
   */
  readonly evalEveryEpochs?: number;
}

/** In the order in which they are shown. */
export const courseOptions = {
  monitor: {
    ...{ type: 'text', default: 'val_loss', ...kept },
    help: 'what `patience`, `keepBest` and reduceOnPlateau go by: loss or a metric, of an evaluation with val_ before it',
  },
  mode: {
    ...{ type: 'name', names: monitorModes, default: 'auto', ...kept },
    help: 'whether less or more of it is better; auto knows what is an accuracy',
  },
  minDelta: {
    ...{ type: 'number', default: 0, help: 'by how much it has to be better to count as such', ...kept },
  },
  patience: {
    ...{ type: 'integer', least: 1, default: undefined, ...kept },
    help: 'end the training when it was no better so often in a row, and take the best parameters',
  },
  keep: {
    ...{ type: 'integer', least: 1, default: 5, help: 'how many of the newest checkpoints stay', ...kept },
  },
  keepBest: {
    ...{
      type: 'integer',
      least: 0,
      most: 100,
      default: 0,
      help: 'how many of the best ones stay besides',
      ...kept,
    },
  },
  evalEveryEpochs: {
    ...{ type: 'integer', least: 0, default: undefined, ...kept },
    help: 'epochs between evaluations (default: 0, and 1 where something goes by them without `evalEvery`)',
  },
} as const satisfies Readonly<Record<keyof CourseOptions, Option>>;

/** With every default filled in. */
export type CourseConfig = Readonly<Required<Omit<CourseOptions, 'patience'>>> & {
  readonly patience?: number;
};

/** Whether the training goes by the values of a metric. */
export const isMonitored = ({
  patience,
  keepBest,
  schedule,
}: Pick<CourseConfig, 'patience' | 'keepBest'> & {
  readonly schedule: Pick<ScheduleChoice, 'name'>;
}): boolean => patience !== undefined || keepBest > 0 || schedule.name === 'reduceOnPlateau';

/** @throws GradpoolError of kind 'usage' where a value is out of its range */
export function resolveCourse(
  options: CourseOptions,
  { evalEvery, reducesOnPlateau }: { readonly evalEvery: number; readonly reducesOnPlateau: boolean },
): CourseConfig {
  const { patience, keep, keepBest, evalEveryEpochs } = courseOptions;
  const monitor = options.monitor ?? courseOptions.monitor.default;
  if (typeof monitor !== 'string' || monitor === '')
    throw unexpected('monitor', 'the name of a metric, like val_loss', monitor);
  const mode = monitorModes.find((one) => one === (options.mode ?? courseOptions.mode.default));
  if (mode === undefined) throw unexpected('mode', alternatives(monitorModes), options.mode);
  const best = integer('keepBest', options.keepBest ?? keepBest.default, keepBest.least, keepBest.most);
  const isUsed = (options.patience ?? undefined) !== undefined || best > 0 || reducesOnPlateau;
  const byEpochs = isUsed && monitor.startsWith('val_') && evalEvery === 0 ? 1 : 0;
  return {
    ...{ monitor, mode, minDelta: inRange('minDelta', options.minDelta ?? 0, 0), keepBest: best },
    ...((options.patience ?? undefined) === undefined
      ? {}
      : { patience: integer('patience', options.patience, patience.least) }),
    keep: integer('keep', options.keep ?? keep.default, keep.least),
    evalEveryEpochs: integer('evalEveryEpochs', options.evalEveryEpochs ?? byEpochs, evalEveryEpochs.least),
  };
}
