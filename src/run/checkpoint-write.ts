import { lstat, mkdir, rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { codeOf, inputError, messageOf, saveError } from '../errors.ts';
import {
  isDirectory,
  removeQuietly,
  syncDirectory,
  temporaryName,
  writeDurably,
} from '../files/atomic-file.ts';
import { kindOf } from '../files/file-kind.ts';
import { type Part, writeParts } from '../files/write-parts.ts';
import { layersModelJson } from '../formats/layers-model/layers-format.ts';
import { sha256 } from '../sha256.ts';
import {
  type CheckpointContent,
  checkpointPath,
  checkpointsPath,
  listCheckpoints,
  stepOf,
  type ValuesToSave,
} from './checkpoint.ts';
import { readCheckpoint } from './checkpoint-read.ts';
import { formatVersion } from './format-version.ts';
import { bytesOf } from './hashes.ts';
import {
  type CheckpointFile,
  encodeManifest,
  type FileRecord,
  type Manifest,
  manifestName,
} from './manifest.ts';

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
    await writeWhole(path, content);
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

/** A file, and what stands in it, one behind the other. */
type Contents = readonly [CheckpointFile, readonly Part[]];

function filesIn({ model, parameters, optimizerState, average, identity }: CheckpointContent): Contents[] {
  const part = (values: ValuesToSave) => () => bytesToSave(values, identity.parameterCount);
  const { topology, network } = model;
  const json = async () => new TextEncoder().encode(layersModelJson(topology, network));
  const modelFiles = (folder: '' | 'ema/', values: ValuesToSave): Contents[] => [
    [`${folder}model.json`, [json]],
    [`${folder}weights.bin`, [part(values)]],
  ];
  return [
    ...modelFiles('', parameters),
    ['optimizer.bin', optimizerState.map(part)],
    ...(average === undefined ? [] : modelFiles('ema/', average)),
  ];
}

async function bytesToSave(values: ValuesToSave, count: number): Promise<Uint8Array> {
  const array = typeof values === 'function' ? await values() : values;
  if (array.length !== count) throw inputError(`Expected ${count} values to save, got ${array.length}`);
  return bytesOf(array);
}

async function writeWhole(path: string, content: CheckpointContent): Promise<void> {
  const { identity, model, parameters, optimizerState, average, ...position } = content;
  const temporary = beside(path, basename(path));
  try {
    await mkdir(temporary);
    const records: [CheckpointFile, FileRecord][] = [];
    for (const [name, parts] of filesIn(content)) {
      const file = join(temporary, name);
      if (dirname(file) !== temporary) await makeDirectory(dirname(file));
      records.push([name, await writeParts(file, parts)]);
      await syncDirectory(dirname(file));
    }
    const files = Object.fromEntries(records) as Manifest['files'];
    const manifest: Manifest = { formatVersion, ...position, ...identity, files };
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
