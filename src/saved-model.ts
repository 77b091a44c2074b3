/** Models on disk for programs: in the TensorFlow.js layers format, on plain Node.js. */
import { mkdir, readdir, rename, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { type Checks, path as checkedPath, checkOptions, flag, unexpected } from './check.ts';
import {
  codeOf,
  isDirectory,
  makeDirectories,
  reasonOf,
  removeQuietly,
  syncDirectory,
  temporaryName,
  writeDurably,
} from './coordinator/atomic-file.ts';
import { locateModel } from './coordinator/checkpoint-read.ts';
import { inputError, saveError } from './errors.ts';
import { kindOf } from './file-kind.ts';
import { encodeLiveModel, type SaveModelOptions } from './model/encode-live-model.ts';
import { show } from './model/layer-config.ts';
import { aLayersModel, isLayersModel } from './model/layers-model.ts';
import { restoreModel } from './model/restore-model.ts';
import { hasLayers } from './model/trained-weights.ts';

/**
 * A saved model as a tf.LayersModel, with its weights: as tf.loadLayersModel does with @tensorflow/tfjs-node, but on
 * plain Node.js (TensorFlow.js's JavaScript backend is registered where there is no other). A model that was saved with
 * its optimizer is compiled, and a `fit` goes on from there. Layers of your own have to be registered before.
 * @param path a model.json; a directory with one; a checkpoint; or a run, of which the newest whole checkpoint is taken
 * @throws GradpoolError that names the file when there is no model, it is broken, or TensorFlow.js cannot make it
 * @example const model = await loadModel('runs/0001');
 */
export async function loadModel(path: string | URL): Promise<LayersModel> {
  const given = resolve(checkedPath(path, 'path'));
  if (!(await isDirectory(given))) return restoreModel(given);
  const { path: directory, passedOver } = await locateModel(given);
  for (const broken of passedOver)
    process.emitWarning(`passed over ${broken.path}: ${broken.reason}`, { type: 'GradpoolWarning' });
  return restoreModel(join(directory, 'model.json'));
}

/**
 * Saves a layers model, with its weights of now, in TensorFlow.js layers format: model.json and weights.bin, which
 * `loadModel` and tf.loadLayersModel read. After a crash at any moment what is there is whole; between the old model and
 * the new one there is none for a moment.
 * @param path a directory, which is made; a model that stands there gives way
 * @throws GradpoolError of kind 'input' for what is no model, or is disposed, and for a path with other files in it; of
 *   kind 'save' when the disk refuses
 * @example await saveModel(model, 'models/digits', { includeOptimizer: true });
 */
export async function saveModel(
  model: LayersModel,
  path: string | URL,
  options: SaveModelOptions = {},
): Promise<void> {
  if (!isLayersModel(model) || !hasLayers(model)) throw unexpected('model', aLayersModel, model);
  const directory = resolve(checkedPath(path, 'path'));
  checkOptions(options, saveChecks);
  // All that may fail of the model comes first, before anything on the disk is touched.
  const files = await encodeLiveModel(model, options);
  await refuseOthers(directory);
  const temporary = join(dirname(directory), temporaryName(basename(directory)));
  try {
    await makeDirectories(dirname(directory));
    await mkdir(temporary);
    await writeDurably(join(temporary, 'weights.bin'), files['weights.bin']);
    await writeDurably(join(temporary, 'model.json'), new TextEncoder().encode(files['model.json']));
    await syncDirectory(temporary);
    await takePlace(temporary, directory);
  } catch (error) {
    throw saveError(`Could not save the model in ${directory}: ${reasonOf(error)}`, error);
  } finally {
    await removeQuietly(temporary);
  }
}

const saveChecks: Checks = { includeOptimizer: flag };

const ownFiles = ['model.json', 'weights.bin'];

/** Only a model gives way to a model. */
async function refuseOthers(directory: string): Promise<void> {
  const names = await readdir(directory).catch(async (error: unknown) => {
    if (codeOf(error) === 'ENOENT') return [];
    if (codeOf(error) === 'ENOTDIR')
      throw inputError(
        `Expected ${directory} to be a directory to save the model in, got ${kindOf(await stat(directory))}; name another`,
        error,
      );
    throw inputError(`Could not save the model in ${directory}: ${reasonOf(error)}`, error);
  });
  const other = names.find((name) => !ownFiles.includes(name));
  if (other !== undefined)
    throw inputError(
      `Expected ${directory} to be new, empty or a model's directory, got one with ${show(other)} in it; name another`,
    );
}

/** A directory that is not empty cannot be replaced in one step: between two, no model is there. */
async function takePlace(temporary: string, directory: string): Promise<void> {
  const old = join(dirname(directory), temporaryName(`old-${basename(directory)}`));
  const hadOne = await rename(directory, old).then(
    () => true,
    (error: unknown) => {
      if (codeOf(error) === 'ENOENT') return false;
      throw error;
    },
  );
  await rename(temporary, directory).catch(async (error: unknown) => {
    if (hadOne) await rename(old, directory).catch(() => {});
    throw error;
  });
  await syncDirectory(dirname(directory));
  if (hadOne) await removeQuietly(old);
}
