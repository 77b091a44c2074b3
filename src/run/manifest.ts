import { limits } from '../config/train-options.ts';
import { GradpoolError, inputError } from '../errors.ts';
import { parseBoundedJson } from '../files/bounded-json.ts';
import type { Accumulated } from '../optimizer/settings.ts';
import type { StreamPosition } from '../protocol/stream.ts';
import { sha256 } from '../sha256.ts';
import {
  badField,
  flagField,
  integerField,
  isRecord,
  numberField,
  sha256Field,
  textField,
} from './fields.ts';
import { formatVersion, versionOf } from './format-version.ts';
import { parseIdentity, type RunIdentity } from './identity.ts';

/** A checkpoint's files, besides the manifest itself. */
export const checkpointFiles = ['model.json', 'weights.bin', 'optimizer.bin'] as const;
/** A model of its own with the moving average of the parameters, where there is one. */
export const averageFiles = ['ema/model.json', 'ema/weights.bin'] as const;
export type CheckpointFile = (typeof checkpointFiles | typeof averageFiles)[number];
export const manifestName = 'checkpoint.json';

export interface FileRecord {
  readonly bytes: number;
  readonly sha256: string;
}

/** Where a training stands. */
export interface Position {
  /** Steps done, those left out included. */
  readonly step: number;
  /** Steps that were left out, ascending. */
  readonly skippedSteps: readonly number[];
  /** Steps that the optimizer has made, with those before this training. */
  readonly optimizerSteps: number;
  /** Of the next step. */
  readonly learningRate: number;
  /** Which epoch the training began with. */
  readonly firstEpoch: number;
  /** What the epoch under way has come to, for the means at its end. */
  readonly epoch: EpochSums;
  /** Batches since the last update, whose sums of gradients are the last array of optimizer.bin. Absent where there are none. */
  readonly accumulated?: Accumulated;
  /** Where the batches stream. */
  readonly stream?: StreamPosition;
  /** What of a metric's values the training goes by; absent where it goes by none. */
  readonly monitored?: MonitorState;
}

/** Of the values of a metric so far. */
export interface MonitorState {
  readonly monitor: string;
  /** By `minDelta`; absent before the first one. */
  readonly best?: MonitoredValue;
  /** How many there were since the best one. */
  readonly waited: number;
  /** The same since the rate was last lowered. */
  readonly plateau: number;
  /** How many more do not count for that. */
  readonly cooldown: number;
  /** The best of all, the best one first. */
  readonly kept: readonly MonitoredValue[];
  /** Whether the model of the run is the best one, and not the newest. */
  readonly restores?: boolean;
}

export interface MonitoredValue {
  readonly step: number;
  readonly value: number;
}

/** Over the batches of an epoch so far. */
export interface EpochSums {
  readonly examples: number;
  /** The sum over its examples of the loss, then of each metric. */
  readonly sums: readonly number[];
}

/** checkpoint.json: what a checkpoint holds, and how to tell that it is whole. */
export interface Manifest extends RunIdentity, Position {
  readonly formatVersion: typeof formatVersion;
  readonly files: FileRecords;
}

type FileRecords = Readonly<Record<(typeof checkpointFiles)[number], FileRecord>> &
  Readonly<Partial<Record<CheckpointFile, FileRecord>>>;

/** With the record of each. */
export const filesOf = ({ files }: Pick<Manifest, 'files'>): [CheckpointFile, FileRecord][] =>
  [...checkpointFiles, ...averageFiles].flatMap((name): [CheckpointFile, FileRecord][] => {
    const record = files[name];
    return record === undefined ? [] : [[name, record]];
  });

/** No manifest, no model.json, no file and no list is longer, and no manifest deeper. */
export const manifestLimits = {
  bytes: 2 ** 16,
  depth: 8,
  modelBytes: 2 ** 26,
  fileBytes: 2 ** 31 - 1,
  skippedSteps: 1000,
  sums: 100,
  kept: 100,
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
  const version = versionOf(fields);
  const identity = parseIdentity(fields);
  const manifest: Manifest = {
    formatVersion,
    ...(version === 1 ? firstPosition(fields, identity) : parsePosition(fields)),
    ...identity,
    files: parseFiles(fields.files, identity),
  };
  checkSizes(manifest);
  return manifest;
}

function parsePosition(fields: Record<string, unknown>): Position {
  return {
    ...stepsOf(fields),
    optimizerSteps: integerField(fields, 'optimizerSteps', 0, limits.steps),
    learningRate: numberField(fields, 'learningRate'),
    firstEpoch: integerField(fields, 'firstEpoch', 0, limits.steps),
    epoch: parseEpoch(fields.epoch),
    ...(fields.accumulated === undefined ? {} : { accumulated: parseAccumulated(fields.accumulated) }),
    ...(fields.stream === undefined ? {} : { stream: parseStream(fields.stream) }),
    ...(fields.monitored === undefined ? {} : { monitored: parseMonitored(fields.monitored) }),
  };
}

/** Of format 1: every training began at the beginning, at a rate that nothing changed. */
function firstPosition(fields: Record<string, unknown>, { optimizer }: RunIdentity): Position {
  const { step, skippedSteps } = stepsOf(fields);
  return {
    ...{ step, skippedSteps, optimizerSteps: step - skippedSteps.length },
    ...{ learningRate: optimizer.learningRate, firstEpoch: 0, epoch: { examples: 0, sums: [] } },
  };
}

const stepsOf = (fields: Record<string, unknown>) => ({
  step: integerField(fields, 'step', 0, limits.steps),
  skippedSteps: parseSkipped(fields.skippedSteps),
});

function parseEpoch(epoch: unknown): EpochSums {
  if (!isRecord(epoch)) throw badField('epoch', 'an object', epoch);
  const { sums } = epoch;
  if (!Array.isArray(sums) || sums.length > manifestLimits.sums)
    throw badField('epoch.sums', `an array of at most ${manifestLimits.sums} numbers`, sums);
  return {
    examples: integerField(epoch, 'examples', 0, limits.steps),
    sums: sums.map((_, index) => numberOrNone(sums as never, `${index}`)),
  };
}

function parseAccumulated(accumulated: unknown): Accumulated {
  if (!isRecord(accumulated)) throw badField('accumulated', 'an object', accumulated);
  const count = (name: string) => integerField(accumulated, name, 1, limits.steps);
  return { batches: count('batches'), examples: count('examples') };
}

function parseStream(stream: unknown): StreamPosition {
  if (!isRecord(stream)) throw badField('stream', 'an object', stream);
  const { batchesPerEpoch, sha256: hash } = stream;
  const count = (name: string) => integerField(stream, name, 0, limits.steps);
  return {
    ...{ epoch: count('epoch'), index: count('index'), taken: count('taken') },
    sha256: hash === '' ? '' : sha256Field(stream, 'sha256'),
    batchesPerEpoch:
      batchesPerEpoch === null ? null : integerField(stream, 'batchesPerEpoch', 1, limits.steps),
  };
}

function parseMonitored(monitored: unknown): MonitorState {
  if (!isRecord(monitored)) throw badField('monitored', 'an object', monitored);
  const { best, kept } = monitored;
  if (!Array.isArray(kept) || kept.length > manifestLimits.kept)
    throw badField('monitored.kept', `an array of at most ${manifestLimits.kept} values`, kept);
  const count = (name: string) => integerField(monitored, name, 0, limits.steps);
  return {
    monitor: textField(monitored, 'monitor'),
    ...(best === undefined ? {} : { best: parseMonitoredValue(best) }),
    ...{ waited: count('waited'), plateau: count('plateau'), cooldown: count('cooldown') },
    kept: kept.map(parseMonitoredValue),
    ...(monitored.restores === undefined ? {} : { restores: flagField(monitored, 'restores') }),
  };
}

function parseMonitoredValue(value: unknown): MonitoredValue {
  if (!isRecord(value)) throw badField('monitored', 'an object with step and value', value);
  return {
    step: integerField(value, 'step', 0, limits.steps),
    value: numberOrNone(value, 'value'),
  };
}

const numberOrNone = (fields: Record<string, unknown>, name: string): number =>
  noNumbers.includes(fields[name]) ? Number(fields[name]) : numberField(fields, name);

/** As text: what r2Score is where all targets of a batch are alike. */
const noNumbers: readonly unknown[] = ['NaN', 'Infinity', '-Infinity'];

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
  const json = (value: object) => JSON.stringify(value, asText, 2);
  return `${json({ ...fields, manifestSha256: sha256(json(fields)) })}\n`;
}

/** JSON has no infinite number. */
const asText = (_: string, value: unknown): unknown =>
  typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;

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

function parseFiles(files: unknown, { update }: RunIdentity): Manifest['files'] {
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
    ...(update.emaMomentum === undefined
      ? {}
      : {
          'ema/model.json': record('ema/model.json', manifestLimits.modelBytes),
          'ema/weights.bin': record('ema/weights.bin'),
        }),
  };
}

function checkSizes({ parameterCount, optimizerArrays, files }: Manifest): void {
  const weights = 4 * parameterCount;
  for (const name of ['weights.bin', 'ema/weights.bin'] as const) {
    const { bytes = weights } = files[name] ?? {};
    if (bytes !== weights) throw inputError(`expected ${name} to hold ${weights} bytes, got ${bytes}`);
  }
  const state = weights * optimizerArrays;
  if (files['optimizer.bin'].bytes !== state)
    throw inputError(`expected optimizer.bin to hold ${state} bytes, got ${files['optimizer.bin'].bytes}`);
}
