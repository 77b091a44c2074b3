/** What the commands work on: data sets and models, from where the options say. */
import { resolve } from 'node:path';
import { resolveConfig, type TrainConfig, type TrainOptions } from '../config.ts';
import { openCheckpoint } from '../coordinator/checkpoint-read.ts';
import { latestRunDirectory } from '../coordinator/run-directory.ts';
import { type DatasetPair, readDataDirectory } from '../data/idx-directory.ts';
import { mnist } from '../data/mnist.ts';
import { inputError, usageError } from '../errors.ts';
import { initialValues } from '../model/initial-values.ts';
import { readLayersModel } from '../model/layers-format.ts';
import { mnistCnnArchitecture } from '../model/mnist-cnn-spec.ts';
import type { Shape } from '../model/network.ts';
import { type CheckSize, type LoadedModel, readModelFile } from '../model/read-model-file.ts';
import type { ModelSpec } from '../protocol.ts';
import { notice } from './output.ts';

export interface NamedData extends DatasetPair {
  /** For messages. */
  readonly name: string;
}

export async function loadData(directory: string | undefined): Promise<NamedData> {
  if (directory === undefined) return { name: 'MNIST', ...(await mnist()) };
  const data = await readDataDirectory(directory);
  for (const note of data.notes ?? []) notice(note);
  return { name: directory, ...data };
}

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
  const { seed } = config;
  const { shape, classes } = train;
  const checkSize: CheckSize = async (network) => {
    if (network.parameterCount < manyParameters) return;
    const { checkTrainingFits } = await import('../coordinator/classifier.ts');
    await checkTrainingFits({ network, train, test, config });
  };
  if (file !== undefined) {
    const options = { seed, inputShape: [...shape], classes };
    return { name: file, ...(await readModelFile(file, options, layersModule, checkSize)) };
  }
  checkDefaultModelFits(name, shape, classes);
  const { topology, network } = mnistCnnArchitecture({ inputShape: shape, classes });
  await checkSize(network);
  const parameters = initialValues(network, seed);
  return { name: "the MNIST tutorial's network", topology, network, parameters, initialValues: 'drawn' };
}

/** To draw fewer takes less time than to see beforehand whether they fit. */
const manyParameters = 2 ** 24;

/** What --layers names, for threads whose working directory need not be this one. */
export const layersPath = (file: string | undefined): string | undefined =>
  file === undefined ? undefined : resolve(file);

export interface TrainedModel {
  readonly name: string;
  readonly model: ModelSpec;
  /** Steps that it was trained, where that is known. */
  readonly globalStep?: number;
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
  const layersModule = layersPath(layers);
  if (file !== undefined) return { name: file, model: await readTrained(file, layersModule) };
  const { path, model, manifest, passedOver } = await openCheckpoint(
    run ?? (await latestRunDirectory()),
    layersModule,
  );
  for (const broken of passedOver) notice(`passed over ${broken.path}: ${broken.reason}`);
  return { name: path, model, ...(manifest === undefined ? {} : { globalStep: manifest.step }) };
}

async function readTrained(file: string, layersModule?: string): Promise<ModelSpec> {
  const { topology, network, parameters } = await readLayersModel(file, layersModule);
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
