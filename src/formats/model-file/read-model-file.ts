import { extname, resolve } from 'node:path';
import { firstLineOf, inputError } from '../../errors.ts';
import { regularFileSize } from '../../files/open-file.ts';
import { initialValues } from '../../model/initial/initial-values.ts';
import type { ModelSpec } from '../../model/model-spec.ts';
import type { Network } from '../../model/network.ts';
import { importFile } from '../../model/tfjs/import-file.ts';
import { architectureOf, isLayersModel } from '../../model/tfjs/layers-model.ts';
import { shown } from '../../shown.ts';
import { inFile } from '../in-file.ts';
import { isModelFile, modelForms, readModel } from './read-model.ts';

/** What a model module's function is called with. */
export interface CreateModelOptions {
  readonly seed: number;
  /** The shape of one example of the data, e.g. [28, 28, 1]. */
  readonly inputShape: number[];
  /** How many classes the data has. */
  readonly classes: number;
}

/** Rejects where a training of the model would not fit into memory. */
export type CheckSize = (network: Network) => Promise<void>;

export interface LoadedModel extends ModelSpec {
  /** Where `parameters` come from: drawn from the seed, as the initializers say, or read from the model's files. */
  readonly initialValues: 'drawn' | 'file';
}

/**
 * Loads a model from a file:
 * - a model.json, .keras, .h5, .onnx or .safetensors file, with the weights that it holds; where it holds none they are drawn
 *   from the seed
 * - a module (.js, .mjs, .cjs, .ts, .mts) whose default export, or export `createModel`, is a function that returns a
 *   tf.LayersModel (or a promise of one). Its architecture is taken; the values are drawn from the seed, because
 *   TensorFlow.js's own initializers are not seeded.
 *
 * Whether the model fits the data is for the caller to check: `network.input` and `network.classes`.
 * @param checkSize is called before values are drawn, which takes seconds for a model of billions
 * @throws GradpoolError that names the file
 */
export async function readModelFile(
  file: string,
  options: CreateModelOptions,
  layersModule?: string,
  checkSize: CheckSize = async () => {},
): Promise<LoadedModel> {
  await regularFileSize(file);
  const extension = extname(file).toLowerCase();
  if (isModelFile(file)) return loadModel(file, options.seed, checkSize, layersModule);
  if (moduleExtensions.includes(extension)) return loadModule(file, options, checkSize, layersModule);
  throw inputError(
    `Expected a model file to be ${modelForms}, or a module (${moduleExtensions.join(', ')}), got ${file}`,
  );
}

const moduleExtensions = ['.js', '.mjs', '.cjs', '.ts', '.mts'];

async function loadModel(
  file: string,
  seed: number,
  checkSize: CheckSize,
  layersModule?: string,
): Promise<LoadedModel> {
  const { topology, network, parameters } = await readModel(file, layersModule);
  if (parameters !== undefined) return { topology, network, parameters, initialValues: 'file' };
  await checkSize(network);
  const drawn = await drawValues(file, topology, network, seed);
  return { topology, network, parameters: drawn, initialValues: 'drawn' };
}

async function loadModule(
  file: string,
  options: CreateModelOptions,
  checkSize: CheckSize,
  layersModule = resolve(file),
): Promise<LoadedModel> {
  const createModel = await importFunction(file);
  const model = await call(file, createModel, options);
  if (!isLayersModel(model))
    throw inputError(
      `Expected the function that ${file} exports to return a TensorFlow.js layers model (tf.LayersModel), got ${shown(model)}`,
    );
  const { topology, network } = await inFile(file, () => architectureOf(model, { layersModule }));
  await checkSize(network);
  const parameters = await drawValues(file, topology, network, options.seed);
  return { topology, network, parameters, initialValues: 'drawn' };
}

async function drawValues(
  file: string,
  topology: object,
  network: Network,
  seed: number,
): Promise<Float32Array> {
  if (network.opaque === undefined) return inFile(file, () => initialValues(network, seed));
  const { drawnByTensorflow } = await import('../../model/tfjs/drawn-model.ts');
  return inFile(file, () => drawnByTensorflow(topology, network, seed));
}

type CreateModel = (options: CreateModelOptions) => unknown;

async function importFunction(file: string): Promise<CreateModel> {
  // A layers model cannot be made without a backend; a module that brings a faster one uses that.
  await import('../../model/tfjs/cpu-backend.ts');
  const exports = await importFile(file).catch((error: unknown) => {
    throw inputError(`The model ${file} cannot be loaded: ${firstLineOf(error)}`, error);
  });
  const found = [exports.default, exports.createModel].find((value) => typeof value === 'function');
  if (found !== undefined) return found as CreateModel;
  throw inputError(
    `Expected ${file} to export a function, as default or as \`createModel\`, that returns a layers model; got ${exportsAsText(exports)}`,
  );
}

function exportsAsText(exports: Record<string, unknown>): string {
  const list = Object.entries(exports).map(([name, value]) => `${name}: ${shown(value)}`);
  return list.length === 0 ? 'no exports' : list.slice(0, 10).join(', ');
}

async function call(file: string, createModel: CreateModel, options: CreateModelOptions): Promise<unknown> {
  try {
    return await createModel(options);
  } catch (error) {
    throw inputError(`The function that ${file} exports failed: ${firstLineOf(error)}`, error);
  }
}
