/** What a checkpoint is and where it lies: RUN/checkpoints/step-00000600/. */
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { codeOf, inputError, messageOf } from '../errors.ts';
import type { ModelSpec } from '../model/model-spec.ts';
import type { RunIdentity } from './identity.ts';
import type { Manifest, Position } from './manifest.ts';

/**
 * [parameterCount] in natural order; or what brings them together when they are written: they stand as they are until the
 * next ones are asked for.
 */
export type ValuesToSave = Float32Array | (() => Promise<Float32Array>);

/** What a checkpoint is written from: a snapshot, not changed until it is written. */
export interface CheckpointContent extends Position {
  readonly identity: RunIdentity;
  readonly model: Pick<ModelSpec, 'topology' | 'network'>;
  readonly parameters: ValuesToSave;
  readonly optimizerState: readonly ValuesToSave[];
  /** The moving average of the parameters. */
  readonly average?: ValuesToSave;
}

/** A checkpoint that was read and found whole. */
export interface Checkpoint {
  /** Its directory. */
  readonly path: string;
  readonly manifest: Manifest;
  /** [parameterCount] in natural order. */
  readonly parameters: Float32Array;
  /** Each [parameterCount] in natural order. */
  readonly optimizerState: readonly Float32Array[];
  /** The same way; absent where the run has none. */
  readonly average?: Float32Array;
}

export const checkpointsPath = (run: string): string => join(run, 'checkpoints');

export const checkpointPath = (run: string, step: number): string =>
  join(checkpointsPath(run), `step-${String(step).padStart(8, '0')}`);

/** The paths of a run's checkpoints, whole or not, newest first. */
export async function listCheckpoints(run: string): Promise<string[]> {
  const names = await readdir(checkpointsPath(run)).catch((error: unknown) => {
    if (['ENOENT', 'ENOTDIR'].includes(codeOf(error) ?? '')) return [];
    throw inputError(`Could not list the checkpoints in ${checkpointsPath(run)}: ${messageOf(error)}`, error);
  });
  return names
    .filter((name) => stepOf(name) !== undefined)
    .map((name) => join(checkpointsPath(run), name))
    .sort((a, b) => Number(stepOf(b)) - Number(stepOf(a)));
}

/** The step that a checkpoint's path names; undefined for other names. */
export function stepOf(path: string): number | undefined {
  const digits = /^step-(\d{8,10})$/.exec(basename(path))?.[1];
  return digits === undefined ? undefined : Number(digits);
}
