import { lstat, mkdir, rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { codeOf, messageOf, saveError } from '../errors.ts';
import {
  isDirectory,
  removeQuietly,
  syncDirectory,
  temporaryName,
  writeDurably,
} from '../files/atomic-file.ts';
import { kindOf } from '../files/file-kind.ts';
import { encodeLayersModel } from '../formats/layers-model/layers-format.ts';
import { sha256 } from '../sha256.ts';
import {
  type CheckpointContent,
  checkpointPath,
  checkpointsPath,
  listCheckpoints,
  stepOf,
} from './checkpoint.ts';
import { readCheckpoint } from './checkpoint-read.ts';
import { formatVersion } from './format-version.ts';
import { bytesOf } from './hashes.ts';
import { type CheckpointFile, encodeManifest, type Manifest, manifestName } from './manifest.ts';

export interface WriteCheckpointOptions {
  /** How many of the newest checkpoints stay. Default 5. */
  readonly keep?: number;
  /** Steps whose checkpoints stay besides. Default: none. */
  readonly best?: readonly number[];
}

/**
 * Writes a checkpoint, whole or not at all: into a temporary directory, made durable, then renamed. Only after that
 * are older ones removed. The parameters and state must not change until it returns. The run's directory has to be
 * there: one that vanished is not made again, since what else it held is gone, too.
 * @returns the path of the checkpoint
 * @throws GradpoolError when the disk refuses; what was there before is then untouched
 */
export async function writeCheckpoint(
  run: string,
  content: CheckpointContent,
  { keep = 5, best = [] }: WriteCheckpointOptions = {},
): Promise<string> {
  const path = checkpointPath(run, content.step);
  try {
    await makeDirectory(checkpointsPath(run));
    await writeWhole(path, encodeCheckpoint(content));
    await removeOld(run, content.step, { keep, best });
  } catch (error) {
    throw saveError(
      `Could not write the checkpoint ${path}: ${messageOf(error)}; earlier checkpoints are untouched`,
      error,
    );
  }
  return path;
}

async function makeDirectory(path: string): Promise<void> {
  await mkdir(path).catch(async (error: unknown) => {
    if (!(await isDirectory(path))) throw error;
  });
}

interface Encoded {
  readonly manifest: Manifest;
  readonly files: readonly (readonly [CheckpointFile, Uint8Array])[];
}

function encodeCheckpoint(content: CheckpointContent): Encoded {
  const { identity, model, parameters, optimizerState, average, ...position } = content;
  const files: Encoded['files'] = [
    ...modelFiles(model, parameters, ''),
    // One array needs no copy.
    [
      'optimizer.bin',
      optimizerState.length === 1 ? bytesOf(optimizerState[0]) : Buffer.concat(optimizerState.map(bytesOf)),
    ],
    ...(average === undefined ? [] : modelFiles(model, average, 'ema/')),
  ];
  const records = files.map(([name, bytes]) => [name, { bytes: bytes.length, sha256: sha256(bytes) }]);
  const manifest: Manifest = {
    formatVersion,
    ...position,
    ...identity,
    files: Object.fromEntries(records),
  };
  return { manifest, files };
}

/** In a folder of a checkpoint. */
function modelFiles(
  { topology, network }: CheckpointContent['model'],
  parameters: Float32Array,
  folder: '' | 'ema/',
): (readonly [CheckpointFile, Uint8Array])[] {
  const encoded = encodeLayersModel(topology, network, parameters);
  return [
    [`${folder}model.json`, new TextEncoder().encode(encoded['model.json'])],
    [`${folder}weights.bin`, encoded['weights.bin']],
  ];
}

async function writeWhole(path: string, { manifest, files }: Encoded): Promise<void> {
  const temporary = beside(path, basename(path));
  try {
    await mkdir(temporary);
    for (const [name, bytes] of files) {
      const file = join(temporary, name);
      if (dirname(file) !== temporary) await makeDirectory(dirname(file));
      await writeDurably(file, bytes);
      await syncDirectory(dirname(file));
    }
    await writeDurably(join(temporary, manifestName), encodeManifest(manifest));
    await syncDirectory(temporary);
    await takePlace(temporary, path, manifest);
    await syncDirectory(join(path, '..'));
  } finally {
    await removeQuietly(temporary);
  }
}

/**
 * A checkpoint of the same step may stand there: the same one (a run that was stopped at once after saving), which
 * stays, or a broken one that the run was resumed past, which makes way.
 */
async function takePlace(temporary: string, path: string, manifest: Manifest): Promise<void> {
  try {
    await rename(temporary, path);
  } catch (error) {
    if (!['EEXIST', 'ENOTEMPTY', 'ENOTDIR', 'EPERM'].includes(codeOf(error) ?? '')) throw error;
    if (await holds(path, manifest)) return;
    await refuseOthers(path);
    const old = beside(path, `old-${basename(path)}`);
    await rename(path, old);
    await rename(temporary, path);
    await removeQuietly(old);
  }
}

/** A broken checkpoint, or a file in its place, makes way; a pipe, socket or device is not ours to remove. */
async function refuseOthers(path: string): Promise<void> {
  const found = await lstat(path);
  if (!found.isDirectory() && !found.isFile()) throw new Error(`${kindOf(found)} stands in its place`);
}

async function holds(path: string, manifest: Manifest): Promise<boolean> {
  const there = await readCheckpoint(path).catch(() => undefined);
  return there !== undefined && sha256(encodeManifest(there.manifest)) === sha256(encodeManifest(manifest));
}

/**
 * Newer ones than `step` are broken ones that the run was resumed past. They neither count nor go, so that the one
 * just written always stays; the run replaces them when it gets there.
 */
async function removeOld(
  run: string,
  step: number,
  { keep, best }: Required<WriteCheckpointOptions>,
): Promise<void> {
  const upToStep = (await listCheckpoints(run)).filter((path) => Number(stepOf(path)) <= step);
  for (const path of upToStep.slice(keep)) {
    if (best.includes(Number(stepOf(path)))) continue;
    if (!(await lstat(path)).isDirectory()) continue;
    // Renamed first: removing takes many steps, and half a checkpoint must not bear the name of one.
    const old = beside(path, `old-${basename(path)}`);
    await rename(path, old);
    await removeQuietly(old);
  }
}

const beside = (path: string, name: string): string => join(path, '..', temporaryName(name));
