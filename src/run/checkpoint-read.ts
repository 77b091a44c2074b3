import { lstat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { inputError, messageOf } from '../errors.ts';
import { isDirectory } from '../files/atomic-file.ts';
import { readBoundedFile, regularFileSize } from '../files/open-file.ts';
import { readModel } from '../formats/model-file/read-model.ts';
import type { UserMetadata } from '../formats/user-metadata.ts';
import type { ReadNetworkOptions } from '../model/keras/read-network.ts';
import type { ModelSpec } from '../model/model-spec.ts';
import { sha256 } from '../sha256.ts';
import { type Checkpoint, checkpointPath, checkpointsPath, listCheckpoints, stepOf } from './checkpoint.ts';
import { isOfNewerFormat } from './format-version.ts';
import {
  type CheckpointFile,
  decodeManifest,
  type FileRecord,
  filesOf,
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
 * @throws GradpoolError when there are checkpoints, but none is whole, or a newer version of gradpool wrote one
 */
export async function findCheckpoint(run: string): Promise<FoundCheckpoint | undefined> {
  const passedOver: PassedOver[] = [];
  for (const path of await listCheckpoints(run)) {
    try {
      return { checkpoint: await readNamed(path), passedOver };
    } catch (error) {
      if (isOfNewerFormat(error)) throw error;
      passedOver.push({ path, reason: messageOf(error) });
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
  for (const [name, { bytes }] of filesOf(manifest)) await checkSize(path, name, bytes);
  const contents = new Map<CheckpointFile, Uint8Array>();
  for (const [name, record] of filesOf(manifest)) contents.set(name, await readFileOf(path, name, record));
  const floats = (name: CheckpointFile) => floatsOf(contents.get(name) ?? new Uint8Array());
  const state = floats('optimizer.bin');
  const optimizerState = Array.from({ length: manifest.optimizerArrays }, (_, index) =>
    state.subarray(index * manifest.parameterCount, (index + 1) * manifest.parameterCount),
  );
  const hasAverage = contents.has('ema/weights.bin');
  return {
    ...{ path, manifest, parameters: floats('weights.bin'), optimizerState },
    ...(hasAverage ? { average: floats('ema/weights.bin') } : {}),
  };
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
 * Finds the newest whole checkpoint of a run's directory (with `patience` the best one), a checkpoint's directory, or any directory with a
 * TensorFlow.js model.json.
 * @throws GradpoolError when it is none of these, or is broken
 */
export async function locateModel(path: string): Promise<LocatedModel> {
  if (!(await isDirectory(path)))
    throw inputError(`Expected a run, a checkpoint or a model's directory, got ${path}, which is none`);
  const found = await findCheckpoint(path);
  if (found !== undefined) {
    const { checkpoint, passedOver } = found;
    const { path: newest, manifest } = checkpoint;
    return { path: newest, manifest, passedOver, ...(await bestCheckpoint(path, manifest)) };
  }
  if (await exists(join(path, manifestName)))
    return { path, manifest: (await readCheckpoint(path)).manifest, passedOver: [] };
  if (await exists(join(path, 'model.json'))) return { path, passedOver: [] };
  throw inputError(
    `Expected ${path} to hold checkpoints, a ${manifestName} or a model.json, got none of them; train first, or name another directory`,
  );
}

/** The best checkpoint of a run that ends early, in place of its newest one. @throws GradpoolError where it is gone */
async function bestCheckpoint(run: string, { monitored, step }: Manifest): Promise<Partial<LocatedModel>> {
  const { best, restores = false } = monitored ?? {};
  if (!restores || best === undefined || best.step === step) return {};
  const { path, manifest } = await readNamed(checkpointPath(run, best.step));
  return { path, manifest };
}

export interface OpenedModel extends LocatedModel {
  readonly model: ModelSpec;
  /** Absent where the model.json has none, as that of a checkpoint. */
  readonly metadata?: UserMetadata;
}

/**
 * A trained model, from where `locateModel` finds it.
 * @throws GradpoolError as that does, and when the model lists no weights
 */
export async function openCheckpoint(
  path: string,
  layersModule?: string,
  options: ReadNetworkOptions = {},
): Promise<OpenedModel> {
  const located = await locateModel(path);
  const file = join(located.path, 'model.json');
  const { topology, network, parameters, metadata } = await readModel(file, layersModule, options);
  if (parameters === undefined) throw inputError(`Expected ${file} to list its weights, got a model without`);
  return { ...located, model: { topology, network, parameters }, ...(metadata && { metadata }) };
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
    throw inputError(`${file}: ${messageOf(error)}`, error);
  }
}

async function checkSize(path: string, name: CheckpointFile, bytes: number): Promise<void> {
  const file = join(path, name);
  await refuseLink(file);
  const size = await regularFileSize(file);
  if (size !== bytes) throw inputError(`Expected ${file} to hold ${bytes} bytes, got ${size}`);
}

/** A checkpoint's files lie in its directory, not elsewhere. */
async function refuseLink(file: string): Promise<void> {
  const found = await lstat(file).catch(() => undefined);
  if (found?.isSymbolicLink()) throw inputError(`${file}: expected a file, got a link`);
}

async function readFileOf(path: string, name: CheckpointFile, record: FileRecord): Promise<Uint8Array> {
  const file = join(path, name);
  const bytes = await readBoundedFile(file, record.bytes);
  const found = sha256(bytes);
  if (found !== record.sha256)
    throw inputError(`Expected ${file} to have the SHA-256 ${record.sha256}, got ${found}: it was changed`);
  return bytes;
}

const floatsOf = ({ buffer, byteOffset, byteLength }: Uint8Array): Float32Array =>
  new Float32Array(buffer, byteOffset, byteLength / 4);

const exists = async (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    () => false,
  );
