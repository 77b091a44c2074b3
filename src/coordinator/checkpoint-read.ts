import { lstat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { inputError } from '../errors.ts';
import { readLayersModel } from '../model/layers-format.ts';
import { readBoundedFile, regularFileSize } from '../model/read-bounded-file.ts';
import type { ModelSpec } from '../protocol.ts';
import { sha256 } from '../sha256.ts';
import { isDirectory, reasonOf } from './atomic-file.ts';
import { type Checkpoint, checkpointsPath, listCheckpoints, stepOf } from './checkpoint.ts';
import {
  type CheckpointFile,
  checkpointFiles,
  decodeManifest,
  type Manifest,
  manifestLimits,
  manifestName,
} from './manifest.ts';

/** A checkpoint that is not whole, and why. */
export interface PassedOver {
  readonly path: string;
  readonly reason: string;
}

export interface FoundCheckpoint {
  readonly checkpoint: Checkpoint;
  /** Newer ones that are broken, newest first. */
  readonly passedOver: readonly PassedOver[];
}

/**
 * The newest whole checkpoint of a run, or undefined when the run has none at all.
 * @throws GradpoolError when there are checkpoints, but none is whole
 */
export async function findCheckpoint(run: string): Promise<FoundCheckpoint | undefined> {
  const passedOver: PassedOver[] = [];
  for (const path of await listCheckpoints(run)) {
    try {
      return { checkpoint: await readNamed(path), passedOver };
    } catch (error) {
      passedOver.push({ path, reason: reasonOf(error) });
    }
  }
  if (passedOver.length === 0) return undefined;
  throw inputError(
    `Expected a whole checkpoint in ${checkpointsPath(run)}, got ${passedOver.length} broken: ${passedOver.map(({ reason }) => reason).join('; ')}; begin a new run`,
  );
}

/**
 * Reads a checkpoint's directory and checks every byte of it. Other files in it are not looked at.
 * @throws GradpoolError that names the first file that is missing, changed or of another size
 */
export async function readCheckpoint(path: string): Promise<Checkpoint> {
  const manifest = await readManifest(path);
  // Sizes before contents: a short file should not cost the reading of the others.
  for (const name of checkpointFiles) await checkSize(path, name, manifest);
  await readFileOf(path, 'model.json', manifest);
  const parameters = floatsOf(await readFileOf(path, 'weights.bin', manifest));
  const state = floatsOf(await readFileOf(path, 'optimizer.bin', manifest));
  const optimizerState = Array.from({ length: manifest.optimizerArrays }, (_, index) =>
    state.subarray(index * manifest.parameterCount, (index + 1) * manifest.parameterCount),
  );
  return { path, manifest, parameters, optimizerState };
}

/** Where a trained model lies. */
export interface LocatedModel {
  /** The directory that holds the model.json. */
  readonly path: string;
  /** Absent for a model that is no checkpoint. */
  readonly manifest?: Manifest;
  readonly passedOver: readonly PassedOver[];
}

/**
 * Finds the newest whole checkpoint of a run's directory, a checkpoint's directory, or any directory with a
 * TensorFlow.js model.json.
 * @throws GradpoolError when it is none of these, or is broken
 */
export async function locateModel(path: string): Promise<LocatedModel> {
  if (!(await isDirectory(path)))
    throw inputError(`Expected a run, a checkpoint or a model's directory, got ${path}, which is none`);
  const found = await findCheckpoint(path);
  if (found !== undefined) {
    const { checkpoint, passedOver } = found;
    return { path: checkpoint.path, manifest: checkpoint.manifest, passedOver };
  }
  if (await exists(join(path, manifestName)))
    return { path, manifest: (await readCheckpoint(path)).manifest, passedOver: [] };
  if (await exists(join(path, 'model.json'))) return { path, passedOver: [] };
  throw inputError(
    `Expected ${path} to hold checkpoints, a ${manifestName} or a model.json, got none of them; train first, or name another directory`,
  );
}

export interface OpenedModel extends LocatedModel {
  readonly model: ModelSpec;
}

/**
 * A trained model, from where `locateModel` finds it.
 * @throws GradpoolError as that does, and when the model lists no weights
 */
export async function openCheckpoint(path: string, layersModule?: string): Promise<OpenedModel> {
  const located = await locateModel(path);
  const file = join(located.path, 'model.json');
  const { topology, network, parameters } = await readLayersModel(file, layersModule);
  if (parameters === undefined) throw inputError(`Expected ${file} to list its weights, got a model without`);
  return { ...located, model: { topology, network, parameters } };
}

/** A checkpoint in its place in a run: a real directory there, whose name says the step that it holds. */
async function readNamed(path: string): Promise<Checkpoint> {
  if (!(await lstat(path)).isDirectory()) throw inputError(`Expected ${path} to be a directory`);
  const checkpoint = await readCheckpoint(path);
  const { step } = checkpoint.manifest;
  if (step !== stepOf(path)) throw inputError(`Expected ${basename(path)} to hold that step, got ${step}`);
  return checkpoint;
}

async function readManifest(path: string): Promise<Manifest> {
  const file = join(path, manifestName);
  await refuseLink(file);
  const bytes = await readBoundedFile(file, manifestLimits.bytes);
  try {
    return decodeManifest(bytes);
  } catch (error) {
    throw inputError(`${file}: ${reasonOf(error)}`, error);
  }
}

async function checkSize(path: string, name: CheckpointFile, { files }: Manifest): Promise<void> {
  const file = join(path, name);
  await refuseLink(file);
  const size = await regularFileSize(file);
  if (size !== files[name].bytes)
    throw inputError(`Expected ${file} to hold ${files[name].bytes} bytes, got ${size}`);
}

/** A checkpoint's files lie in its directory, not elsewhere. */
async function refuseLink(file: string): Promise<void> {
  const found = await lstat(file).catch(() => undefined);
  if (found?.isSymbolicLink()) throw inputError(`Expected ${file} to be a file, got a link`);
}

async function readFileOf(path: string, name: CheckpointFile, { files }: Manifest): Promise<Uint8Array> {
  const file = join(path, name);
  const bytes = await readBoundedFile(file, files[name].bytes);
  const found = sha256(bytes);
  if (found !== files[name].sha256)
    throw inputError(
      `Expected ${file} to have the SHA-256 ${files[name].sha256}, got ${found}: it was changed`,
    );
  return bytes;
}

const floatsOf = ({ buffer, byteOffset, byteLength }: Uint8Array): Float32Array =>
  new Float32Array(buffer, byteOffset, byteLength / 4);

const exists = async (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    () => false,
  );
