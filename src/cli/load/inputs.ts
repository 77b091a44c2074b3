/** What the commands work on: data sets and models, from where the options say. */
import { resolve } from 'node:path';
import { resolveConfig, type TrainConfig } from '../../config/config.ts';
import type { TrainOptions } from '../../config/train-options.ts';
import { inputError, usageError } from '../../errors.ts';
import { isModelFile, modelForms } from '../../formats/model-file/read-model.ts';
import type { LoadedModel } from '../../formats/model-file/read-model-file.ts';
import type { Loss } from '../../loss/loss.ts';
import { initialValues } from '../../model/initial/initial-values.ts';
import { mnistCnnArchitecture } from '../../model/mnist-cnn/mnist-cnn-spec.ts';
import type { ModelSpec } from '../../model/model-spec.ts';
import { isGanRun } from '../../run/gan-run.ts';
import type { ModelFacts } from '../../run/model-facts.ts';
import { latestRunDirectory } from '../../run/run-directory.ts';
import type { Shape } from '../../shape.ts';
import type { DataChoice, KnownRun, NamedData } from './data.ts';
import { checkSizeOf } from './load-here.ts';
import { loadNew } from './loaders.ts';
import { openSaved, runOf } from './saved.ts';

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
  const { shape, classes } = train;
  const training = { train, test, config };
  if (file !== undefined) {
    const options = { seed: config.seed, inputShape: [...shape], classes };
    return { name: file, ...(await loadNew(file, { options, training }, layersModule)) };
  }
  checkDefaultModelFits(name, shape, classes);
  const { topology, network } = mnistCnnArchitecture({ inputShape: shape, classes });
  await checkSizeOf(training)(network);
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
  /** What it was trained to minimize, where that is known. */
  readonly loss?: Loss;
  readonly facts: ModelFacts;
}

/** The options of the commands that use a trained model. */
export interface TrainedOptions
  extends Pick<TrainOptions, 'workers' | 'engine' | 'simd' | 'metrics'>,
    DataChoice {
  readonly run?: string;
  readonly model?: string;
  readonly layers?: string;
}

/** @throws GradpoolError of kind 'usage' for what the options alone show to be wrong */
export function resolveTrained(options: TrainedOptions): TrainConfig {
  const { workers, engine, simd, metrics, run, model } = options;
  if (run !== undefined && model !== undefined)
    throw usageError('Expected one of --run and --model, which say where the trained model is; got both');
  const given = Object.entries({ workers, engine, simd, metrics });
  return resolveConfig(Object.fromEntries(given.filter(([, value]) => value !== undefined)));
}

/** A trained model: from a model.json, or from a run (default: the newest one), a checkpoint, a model's directory. */
export async function loadTrainedModel({ run, model: file, layers }: TrainedOptions): Promise<TrainedModel> {
  if (file !== undefined) {
    if (!isModelFile(file)) throw inputError(`Expected a model file to be ${modelForms}, got ${file}`);
    const { model, facts } = await openSaved(file, layersPath(layers));
    return { name: file, model, facts };
  }
  const directory = run ?? (await latestRunDirectory());
  if (await isGanRun(directory))
    throw inputError(
      `Expected a classifier's run at ${directory}, got a GAN's, whose generator makes examples: gradpool sample`,
    );
  const known = await runOf(directory);
  const layersModule = layersPath(layers) ?? known?.origin.layers;
  const { path, model, manifest, facts } = await openSaved(directory, layersModule);
  if (manifest === undefined) return { name: path, model, facts };
  const { dataSha256 } = manifest;
  const origin = known?.identity.dataSha256 === dataSha256 ? known.origin : {};
  const { step: globalStep, loss } = manifest;
  // A model with several outputs is refused where it is read.
  const single = 'name' in loss ? { loss } : {};
  return {
    name: path,
    model,
    globalStep,
    ...single,
    facts,
    run: { dataSha256, origin, path: directory },
  };
}

/** Two poolings halve the image. */
const leastSide = 4;

function checkDefaultModelFits(name: string, shape: Shape, classes: number): void {
  const [height, width] = shape;
  const fits = shape.length === 3 && height >= leastSide && width >= leastSide && classes >= 2;
  if (!fits)
    throw inputError(
      `${name}: expected images of at least ${leastSide} x ${leastSide} and 2 classes for the default model, got ${shape.join(' x ')} and ${classes}; choose another \`model\`, or give \`shape\``,
    );
}
