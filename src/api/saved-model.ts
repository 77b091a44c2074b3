/** Models on disk for programs, on plain Node.js. */
import { join, resolve } from 'node:path';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { type Checks, path as checkedPath, checkOptions, flag, unexpected } from '../check.ts';
import { usageError } from '../errors.ts';
import { isDirectory } from '../files/atomic-file.ts';
import {
  encodeLiveModel,
  metadataOf,
  type SaveModelOptions,
} from '../formats/layers-model/encode-live-model.ts';
import { restoreModel } from '../formats/model-file/restore-model.ts';
import { isSingleFile, writeModelDirectory, writeModelFile } from '../formats/model-file/write-model.ts';
import { aLayersModel, isLayersModel, modelSpec } from '../model/tfjs/layers-model.ts';
import { hasLayers } from '../model/tfjs/trained-weights.ts';
import { locateModel } from '../run/checkpoint-read.ts';

/**
 * A saved model as a tf.LayersModel, with its weights: as tf.loadLayersModel does with @tensorflow/tfjs-node, but on
 * plain Node.js (TensorFlow.js's JavaScript backend is registered where there is no other). A model that was saved with
 * its optimizer is compiled, and a `fit` goes on from there. Layers of your own have to be registered before.
 * @param path a model.json, or a directory with one; a .keras file, or an .h5 one of Keras; an .onnx file; a .safetensors file with its
 *   configuration; a checkpoint; or a run, of which the newest whole checkpoint is taken
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
 * Saves a layers model, with its weights of now, in the format that the path's ending says: .keras (Keras 3 opens it), .onnx or
 * .safetensors; else in TensorFlow.js layers format, a directory of model.json and weights.bin, which tf.loadLayersModel
 * reads. `loadModel` reads them. After a crash at any moment what is there is whole; between the old directory and the
 * new one there is none for a moment.
 * @param path a file of such a name, or a directory, which is made; a model that stands there gives way
 * @throws GradpoolError of kind 'input' for what is no model, or is disposed, for a layer that the format has not, and for
 *   a directory with other files in it; of kind 'save' when the disk refuses
 * @example await saveModel(model, 'models/digits', { includeOptimizer: true });
 */
export async function saveModel(
  model: LayersModel,
  path: string | URL,
  options: SaveModelOptions = {},
): Promise<void> {
  if (!isLayersModel(model) || !hasLayers(model)) throw unexpected('model', aLayersModel, model);
  const place = resolve(checkedPath(path, 'path'));
  checkOptions(options, saveChecks);
  // All that may fail of the model comes first, before anything on the disk is touched.
  if (!isSingleFile(place)) return writeModelDirectory(place, await encodeLiveModel(model, options));
  if (options.includeOptimizer === true)
    throw usageError(
      `Expected no \`includeOptimizer\` for ${place}: only the TensorFlow.js layers format, a directory, holds an optimizer`,
    );
  await writeModelFile(place, modelSpec(model, { purpose: 'infer', ends: 'several' }), metadataOf(model));
}

const saveChecks: Checks = { includeOptimizer: flag };
