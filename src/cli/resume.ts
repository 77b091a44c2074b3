import { optimizerOptions } from '../config/optimizer-options.ts';
import { namesOfScheduleOptions } from '../config/schedule-options.ts';
import type { TrainOptions } from '../config/train-options.ts';
import { findCheckpoint } from '../run/checkpoint-read.ts';
import { readRunRecord, settingsOf } from '../run/run-config.ts';
import { checkIsRun } from '../run/run-directory.ts';
import type { NamedModel } from './load/inputs.ts';
import { loadCheckpoint } from './load/loaders.ts';

/**
 * A run's own settings, overridden by those that are given anew.
 * @throws GradpoolError when it is no run or its config.json is missing or broken
 */
export async function readRunSettings(run: string, given: TrainOptions): Promise<TrainOptions> {
  await checkIsRun(run);
  const recorded = settingsOf(run, await readRunRecord(run));
  // Steps count before epochs: who asks for epochs now does not want the steps of then.
  if (given.epochs !== undefined) delete recorded.steps;
  // Of another optimizer or schedule, the settings of this one say nothing.
  const isOther = (name: Owner) => given[name] !== undefined && given[name] !== recorded[name];
  return { ...withoutSettings(recorded, isOther), ...given };
}

type Owner = 'optimizer' | 'schedule';
/** The options without the settings of some: they say nothing where it is not known of what. */
export const withoutSettings = (
  options: TrainOptions,
  isLeftOut: (owner: Owner) => boolean,
): TrainOptions => {
  const left: readonly string[] = [
    ...(isLeftOut('optimizer') ? optimizerOptions : []),
    ...(isLeftOut('schedule') ? namesOfScheduleOptions : []),
  ];
  return Object.fromEntries(Object.entries(options).filter(([name]) => !left.includes(name)));
};

/** The model in the run's newest whole checkpoint; undefined before its first one. */
export async function loadRunModel(run: string, layersModule?: string): Promise<NamedModel | undefined> {
  const found = await findCheckpoint(run);
  if (found === undefined) return undefined;
  const { path, model } = await loadCheckpoint(found.checkpoint.path, layersModule);
  return { name: path, ...model, initialValues: 'file' };
}
