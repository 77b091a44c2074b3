import { limits } from '../config.ts';
import { GradpoolError, inputError } from '../errors.ts';
import { parseBoundedJson } from '../model/bounded-json.ts';
import { sha256 } from '../sha256.ts';
import { isRecord } from './hashes.ts';
import { badField, integerField, parseIdentity, type RunIdentity, sha256Field } from './identity.ts';

/** A checkpoint's files, besides the manifest itself. */
export const checkpointFiles = ['model.json', 'weights.bin', 'optimizer.bin'] as const;
export type CheckpointFile = (typeof checkpointFiles)[number];
export const manifestName = 'checkpoint.json';

export interface FileRecord {
  readonly bytes: number;
  readonly sha256: string;
}

/** checkpoint.json: what a checkpoint holds, and how to tell that it is whole. */
export interface Manifest extends RunIdentity {
  readonly formatVersion: 1;
  /** Steps done. */
  readonly step: number;
  /** Steps that were left out, ascending. */
  readonly skippedSteps: readonly number[];
  readonly files: Readonly<Record<CheckpointFile, FileRecord>>;
}

/** No manifest, no model.json, no file and no list is longer, and no manifest deeper. */
export const manifestLimits = {
  bytes: 2 ** 16,
  depth: 8,
  modelBytes: 2 ** 26,
  fileBytes: 2 ** 31 - 1,
  skippedSteps: 1000,
} as const;

/** The manifest as a file. Its last field, in every format version, is the SHA-256 of the JSON text of the fields before it. */
export function encodeManifest(manifest: Manifest): Uint8Array {
  return new TextEncoder().encode(textOf({ ...manifest }));
}

/**
 * @throws GradpoolError that says what is wrong: a changed byte anywhere, a newer format, a field out of bounds
 */
export function decodeManifest(bytes: Uint8Array): Manifest {
  const fields = checkedFields(bytes);
  if (fields.formatVersion !== 1)
    throw inputError(
      `expected format version 1, got ${JSON.stringify(fields.formatVersion)}: another version of gradpool wrote it`,
    );
  const manifest: Manifest = {
    formatVersion: 1,
    step: integerField(fields, 'step', 0, limits.steps),
    skippedSteps: parseSkipped(fields.skippedSteps),
    ...parseIdentity(fields),
    files: parseFiles(fields.files),
  };
  checkSizes(manifest);
  return manifest;
}

/** Spaces count too: the text has to be exactly what its fields give. */
function checkedFields(bytes: Uint8Array): Record<string, unknown> {
  const parsed = parseJson(bytes);
  if (!isRecord(parsed)) throw inputError('expected a JSON object');
  const { manifestSha256: _, ...fields } = parsed;
  if (textOf(fields) !== new TextDecoder().decode(bytes))
    throw inputError('its checksum does not fit: a byte was changed');
  return fields;
}

function textOf(fields: Record<string, unknown>): string {
  const manifestSha256 = sha256(JSON.stringify(fields, null, 2));
  return `${JSON.stringify({ ...fields, manifestSha256 }, null, 2)}\n`;
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return parseBoundedJson(bytes, manifestLimits.depth);
  } catch (error) {
    if (error instanceof GradpoolError) throw error;
    throw inputError('expected JSON, got something else or a part of it', error);
  }
}

/** Checkpoints of earlier versions have none. */
function parseSkipped(steps: unknown = []): number[] {
  if (!Array.isArray(steps) || steps.length > manifestLimits.skippedSteps)
    throw badField('skippedSteps', `an array of at most ${manifestLimits.skippedSteps} steps`, steps);
  return steps.map((_, index) => integerField(steps as never, `${index}`, 1, limits.steps));
}

function parseFiles(files: unknown): Manifest['files'] {
  if (!isRecord(files)) throw badField('files', 'an object', files);
  const record = (name: CheckpointFile, most: number = manifestLimits.fileBytes): FileRecord => {
    const file = files[name];
    if (!isRecord(file)) throw badField(`files.${name}`, 'an object', file);
    return {
      bytes: integerField(file, 'bytes', 0, most),
      sha256: sha256Field(file, 'sha256'),
    };
  };
  return {
    'model.json': record('model.json', manifestLimits.modelBytes),
    'weights.bin': record('weights.bin'),
    'optimizer.bin': record('optimizer.bin'),
  };
}

function checkSizes({ parameterCount, optimizerArrays, files }: Manifest): void {
  const weights = 4 * parameterCount;
  if (files['weights.bin'].bytes !== weights)
    throw inputError(`expected weights.bin to hold ${weights} bytes, got ${files['weights.bin'].bytes}`);
  const state = weights * optimizerArrays;
  if (files['optimizer.bin'].bytes !== state)
    throw inputError(`expected optimizer.bin to hold ${state} bytes, got ${files['optimizer.bin'].bytes}`);
}
