import { resolveConfig, type TrainConfig, type TrainOptions } from '../config.ts';
import { reasonOf } from '../coordinator/atomic-file.ts';
import { findCheckpoint } from '../coordinator/checkpoint-read.ts';
import { checkIsRun, notConfig, readRunConfig } from '../coordinator/run-directory.ts';
import type { NamedModel } from './inputs.ts';
import { loadCheckpoint } from './loaders.ts';

/** What a resumed run takes over where the command line says nothing. Workers are this machine's own matter. */
const takenOver = [
  'batchSize',
  'steps',
  'epochs',
  'learningRate',
  'momentum',
  'seed',
  'shards',
  'engine',
  'saveEvery',
  'evalEvery',
  'logEvery',
  'onNan',
] as const satisfies readonly (keyof TrainConfig)[];

/**
 * A run's own settings, overridden by those that are given anew.
 * @throws GradpoolError when it is no run or its config.json is missing or broken
 */
export async function readRunSettings(run: string, given: TrainOptions): Promise<TrainOptions> {
  await checkIsRun(run);
  const recorded = settingsIn(run, await readRunConfig(run));
  // Steps count before epochs: who asks for epochs now does not want the steps of then.
  if (given.epochs !== undefined) delete recorded.steps;
  return { ...recorded, ...given };
}

function settingsIn(run: string, fields: Record<string, unknown>): TrainOptions & { steps?: number } {
  const settings = Object.fromEntries(
    takenOver.filter((name) => fields[name] !== undefined).map((name) => [name, fields[name]]),
  );
  try {
    resolveConfig(settings);
    return settings;
  } catch (error) {
    throw notConfig(run, reasonOf(error), error);
  }
}

/** The model in the run's newest whole checkpoint; undefined before its first one. */
export async function loadRunModel(run: string, layersModule?: string): Promise<NamedModel | undefined> {
  const found = await findCheckpoint(run);
  if (found === undefined) return undefined;
  const { path, model } = await loadCheckpoint(found.checkpoint.path, layersModule);
  return { name: path, ...model, initialValues: 'file' };
}
