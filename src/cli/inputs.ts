/** What the commands work on: data sets and models, from where the options say. */
import { dirname, resolve } from 'node:path';
import { resolveConfig, type TrainConfig, type TrainOptions } from '../config.ts';
import { latestRunDirectory, type RunRecord, readRunRecord } from '../coordinator/run-directory.ts';
import { inputError, usageError } from '../errors.ts';
import { initialValues } from '../model/initial-values.ts';
import { mnistCnnArchitecture } from '../model/mnist-cnn-spec.ts';
import type { Shape } from '../model/network.ts';
import type { LoadedModel } from '../model/read-model-file.ts';
import type { ModelSpec } from '../protocol.ts';
import type { KnownRun, NamedData } from './data.ts';
import { checkSizeOf } from './load-here.ts';
import { loadCheckpoint, loadModelJson, loadNew } from './loaders.ts';
import { notice } from './output.ts';

export interface NamedModel extends LoadedModel {
  readonly name: string;
}

/** The model to begin a training with. */
export async function loadNewModel(
  file: string | undefined,
  { name, train, test }: NamedData,
  config: TrainConfig,
  layersModule?: string,
): Promise<NamedModel> {
  if (file !== undefined)
    return { name: file, ...(await loadNew(file, { train, test, config }, layersModule)) };
  const { shape, classes } = train;
  checkDefaultModelFits(name, shape, classes);
  const { topology, network } = mnistCnnArchitecture({ inputShape: shape, classes });
  await checkSizeOf({ train, test, config })(network);
  const parameters = initialValues(network, config.seed);
  return { name: "the MNIST tutorial's network", topology, network, parameters, initialValues: 'drawn' };
}

/** What --layers names, for threads whose working directory need not be this one. */
export const layersPath = (file: string | undefined): string | undefined =>
  file === undefined ? undefined : resolve(file);

export interface TrainedModel {
  readonly name: string;
  readonly model: ModelSpec;
  /** Steps that it was trained, where that is known. */
  readonly globalStep?: number;
  /** Absent where it is no run's. */
  readonly run?: KnownRun;
}

/** The options of the commands that use a trained model. */
export interface TrainedOptions extends Pick<TrainOptions, 'workers' | 'engine' | 'simd'> {
  readonly run?: string;
  readonly model?: string;
  readonly data?: string;
  readonly layers?: string;
}

/** @throws GradpoolError of kind 'usage' for what the options alone show to be wrong */
export function resolveTrained({ workers, engine, simd, run, model }: TrainedOptions): TrainConfig {
  if (run !== undefined && model !== undefined)
    throw usageError('Expected one of --run and --model, which say where the trained model is; got both');
  return resolveConfig({
    ...(workers === undefined ? {} : { workers }),
    ...(engine === undefined ? {} : { engine }),
    ...(simd === undefined ? {} : { simd }),
  });
}

/** A trained model: from a model.json, or from a run (default: the newest one), a checkpoint, a model's directory. */
export async function loadTrainedModel({ run, model: file, layers }: TrainedOptions): Promise<TrainedModel> {
  if (file !== undefined) return { name: file, model: await readTrained(file, layersPath(layers)) };
  const directory = run ?? (await latestRunDirectory());
  const known = await runOf(directory);
  const layersModule = layersPath(layers) ?? known?.origin.layers;
  const { path, model, manifest, passedOver } = await loadCheckpoint(directory, layersModule);
  for (const broken of passedOver) notice(`passed over ${broken.path}: ${broken.reason}`);
  if (manifest === undefined) return { name: path, model };
  const record =
    known?.dataSha256 === manifest.dataSha256 ? known : { dataSha256: manifest.dataSha256, origin: {} };
  return { name: path, model, globalStep: manifest.step, run: { ...record, path: directory } };
}

/** Of a run's directory, or of a checkpoint in its place in one. */
const runOf = async (directory: string): Promise<RunRecord | undefined> =>
  (await readRunRecord(directory)) ?? (await readRunRecord(dirname(dirname(resolve(directory)))));

async function readTrained(file: string, layersModule?: string): Promise<ModelSpec> {
  const { topology, network, parameters } = await loadModelJson(file, layersModule);
  if (parameters !== undefined) return { topology, network, parameters };
  throw inputError(`Expected ${file} to list weights, got a model without; train it first`);
}

/** Two poolings halve the image. */
const leastSide = 4;

function checkDefaultModelFits(name: string, [height, width]: Shape, classes: number): void {
  const fits = height >= leastSide && width >= leastSide && classes >= 2;
  if (!fits)
    throw inputError(
      `${name}: expected images of at least ${leastSide} x ${leastSide} and 2 classes for the default model, got ${height} x ${width} and ${classes}; choose another --model`,
    );
}
