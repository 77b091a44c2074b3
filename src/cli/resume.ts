import { resolveConfig, type TrainConfig, type TrainOptions } from '../config.ts';
import { findCheckpoint, openCheckpoint } from '../coordinator/checkpoint-read.ts';
import { checkIsRun, configPath } from '../coordinator/run-directory.ts';
import { GradpoolError, inputError } from '../errors.ts';
import { readBoundedFile } from '../model/read-bounded-file.ts';
import type { NamedModel } from './inputs.ts';

/** A run's configuration is a page of JSON. */
const mostConfigBytes = 2 ** 20;

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
  const file = configPath(run);
  const recorded = parse(file, await readBoundedFile(file, mostConfigBytes));
  // Steps count before epochs: who asks for epochs now does not want the steps of then.
  if (given.epochs !== undefined) delete recorded.steps;
  return { ...recorded, ...given };
}

function parse(file: string, bytes: Uint8Array): TrainOptions & { steps?: number } {
  try {
    const fields = JSON.parse(new TextDecoder().decode(bytes));
    const settings = Object.fromEntries(
      takenOver.filter((name) => fields[name] !== undefined).map((name) => [name, fields[name]]),
    );
    resolveConfig(settings);
    return settings;
  } catch (error) {
    const reason = error instanceof GradpoolError ? error.message : 'it is not JSON';
    throw inputError(`${file} is not a run's configuration: ${reason}`, error);
  }
}

/** The model in the run's newest whole checkpoint; undefined before its first one. */
export async function loadRunModel(run: string, layersModule?: string): Promise<NamedModel | undefined> {
  const found = await findCheckpoint(run);
  if (found === undefined) return undefined;
  const { path, model } = await openCheckpoint(found.checkpoint.path, layersModule);
  return { name: path, ...model, initialValues: 'file' };
}
