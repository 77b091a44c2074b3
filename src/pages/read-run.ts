/** A run's directory as what a page shows of it. A reader: nothing is written or locked, also while it is trained. */
import { realpath } from 'node:fs/promises';
import { isAbsolute, relative, sep } from 'node:path';
import { inputError, messageOf } from '../errors.ts';
import { isDirectory } from '../files/atomic-file.ts';
import { parseBoundedJson } from '../files/bounded-json.ts';
import { readBoundedFile, regularFileSize } from '../files/open-file.ts';
import type { ModelSpec } from '../model/model-spec.ts';
import { readCheckpoint } from '../run/checkpoint-read.ts';
import { isRecord } from '../run/fields.ts';
import { versionOf } from '../run/format-version.ts';
import { trainingNow } from '../run/read/training-now.ts';
import { configPath } from '../run/run-config.ts';
import { readSessions } from '../run/sessions/read-sessions.ts';
import type { SessionEvent } from '../run/sessions/session-log.ts';
import { filterData, modelData } from './model-data.ts';
import type { Missing, ModelData, Session, Timeline } from './page-data.ts';
import { sessionsOf } from './timeline.ts';
import type { TraceReader } from './trace-lanes.ts';

export type Fields = Readonly<Record<string, unknown>>;

/**
 * What config.json holds, of a training as of a GAN.
 * @throws GradpoolError where the directory is no run, or a newer version's
 */
export async function readRunFields(run: string): Promise<Fields> {
  if (!(await isDirectory(run)))
    throw inputError(
      `Expected a run's directory at ${run}, got none; name one that \`gradpool train\` has written`,
    );
  const path = configPath(run);
  const fields = await readBoundedFile(path, 2 ** 20)
    .then((bytes) => parseBoundedJson(bytes, 16))
    .catch((error: unknown) => {
      throw inputError(
        `Expected a run at ${run}, got a directory without a config.json of one: ${messageOf(error)}`,
        error,
      );
    });
  if (!isRecord(fields)) throw inputError(`Expected ${path} to hold a JSON object`);
  try {
    versionOf(fields);
  } catch (error) {
    throw inputError(`${path}: ${messageOf(error)}`, error);
  }
  return fields;
}

/** Each field as text, those of objects by their path: `optimizer.name`. */
export function flatFields(fields: Fields, prefix = ''): Record<string, string> {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) =>
      isRecord(value)
        ? Object.entries(flatFields(value, `${prefix}${name}.`))
        : [[`${prefix}${name}`, typeof value === 'string' ? value : JSON.stringify(value)]],
    ),
  );
}

/**
 * When the run was trained.
 * @param addressOf gives the page's address of a file that lies in the run
 */
export async function readTimeline(
  run: string,
  isTraining: boolean,
  addressOf: (path: string) => string,
  readTrace: TraceReader,
): Promise<Timeline> {
  const events = await readSessions(run);
  const sessions: Session[] = sessionsOf(events, isTraining);
  const profile = await findProfile(run, events);
  if (profile === undefined) return { sessions };
  const trace = await readTrace(profile.path);
  if (trace === undefined) return { sessions };
  const { path, isInRun } = profile;
  return { sessions, trace, profile: isInRun ? { href: addressOf(path) } : { path } };
}

/** The newest profile that the run has noted, and whether it lies in the run's own directory, links followed. */
export async function findProfile(
  run: string,
  events: readonly SessionEvent[],
): Promise<{ readonly path: string; readonly isInRun: boolean } | undefined> {
  const path = events.findLast((event) => event.kind === 'begin' && event.profile !== undefined);
  const named = path?.kind === 'begin' ? path.profile : undefined;
  if (named === undefined || !isAbsolute(named)) return undefined;
  try {
    await regularFileSize(named);
    const place = relative(await realpath(run), await realpath(named));
    return { path: named, isInRun: place.split(sep)[0] !== '..' && !isAbsolute(place) };
  } catch {
    return undefined;
  }
}

export async function readModelData(
  path: string,
  { network, parameters }: ModelSpec,
): Promise<ModelData | Missing> {
  const checkpoint = await readCheckpoint(path);
  const filters = network.opaque === undefined ? filterData(network, parameters) : undefined;
  return modelData(network, filters, checkpoint);
}

export const isTrainingNow = async (run: string): Promise<boolean> => (await trainingNow(run)) !== undefined;
