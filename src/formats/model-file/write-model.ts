import { mkdir, readdir, rename, stat } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { codeOf, inputError, messageOf, saveError } from '../../errors.ts';
import {
  makeDirectories,
  removeQuietly,
  replaceFile,
  syncDirectory,
  temporaryName,
  tryReplacing,
  writeDurably,
} from '../../files/atomic-file.ts';
import { kindOf } from '../../files/file-kind.ts';
import { show } from '../../model/keras/config/layer-config.ts';
import type { ModelSpec } from '../../model/model-spec.ts';
import type { LayersModelFiles } from '../layers-model/layers-format.ts';
import type { UserMetadata } from '../user-metadata.ts';

type Encode = (model: ModelSpec, metadata?: UserMetadata) => Promise<Uint8Array>;

/** Formats that are one file, by the ending of its name. What is seldom written loads its packages when it is. */
const encoders: ReadonlyMap<string, Encode> = new Map<string, Encode>([
  ['.keras', async (...given) => (await import('../keras/write-keras.ts')).encodeKeras(...given)],
  [
    '.safetensors',
    async (...given) =>
      (await import('../safetensors/write-safetensors.ts')).encodeModelSafetensors(...given),
  ],
  ['.onnx', async (...given) => (await import('../onnx/write-onnx.ts')).encodeOnnx(...given)],
]);

/** Whether a name is that of a model in one file. */
export const isSingleFile = (path: string): boolean => encoders.has(extname(path).toLowerCase());

/**
 * Writes a model as one file, of the format that its name says; a file that stands there gives way when the new one is
 * whole.
 * @throws GradpoolError of kind 'input' that names a layer which the format has not; of kind 'save' when the disk refuses
 */
export async function writeModelFile(
  path: string,
  model: ModelSpec,
  metadata?: UserMetadata,
): Promise<number> {
  const encode = encoders.get(extname(path).toLowerCase());
  if (encode === undefined)
    throw inputError(`Expected a file's name to end in ${[...encoders.keys()].join(', ')}, got ${path}`);
  await orSaveError(path, () => tryReplacing(path));
  const bytes = await encode(model, metadata);
  await orSaveError(path, () => replaceFile(path, bytes));
  return bytes.length;
}

async function orSaveError(path: string, write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (error) {
    throw saveError(`Could not save the model in ${path}: ${messageOf(error)}`, error);
  }
}

/**
 * Writes a model in TensorFlow.js layers format: a directory of a model.json and its weights. A model that stands there
 * gives way; after a crash at any moment what is there is whole, and between the old and the new one there is none for a
 * moment.
 * @throws GradpoolError of kind 'input' for a path with other files in it; of kind 'save' when the disk refuses
 */
export async function writeModelDirectory(directory: string, files: LayersModelFiles): Promise<void> {
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
    throw saveError(`Could not save the model in ${directory}: ${messageOf(error)}`, error);
  } finally {
    await removeQuietly(temporary);
  }
}

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
    throw inputError(`Could not save the model in ${directory}: ${messageOf(error)}`, error);
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
