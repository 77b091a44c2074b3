/** A run's config.json: all that the run was begun, or went on, with. */
import { join } from 'node:path';
import { resolveConfig, type TrainConfig } from '../config/config.ts';
import { optionsOfOptimizer } from '../config/optimizer-options.ts';
import { optionsOfPreparation } from '../config/preparation-options.ts';
import { optionsOfSchedule } from '../config/schedule-options.ts';
import { type TrainOptions, trainOptions } from '../config/train-options.ts';
import { optionsOfUpdate } from '../config/update-options.ts';
import { areDataOptions } from '../data/data-options.ts';
import { areTableColumns } from '../data/table-columns.ts';
import { GradpoolError, inputError, messageOf } from '../errors.ts';
import { elsewhere, replaceFile } from '../files/atomic-file.ts';
import { parseBoundedJson } from '../files/bounded-json.ts';
import { readBoundedFile } from '../files/open-file.ts';
import type { RunOrigin } from '../protocol/requests.ts';
import { packageVersion } from '../runtime/package-version.ts';
import { areNames, isRecord } from './fields.ts';
import { formatVersion, isOfNewerFormat } from './format-version.ts';
import { parseIdentity, type RunIdentity } from './identity.ts';

export const configPath = (run: string): string => join(run, 'config.json');

/** It is longer in no run, the names of all classes included; another program's file of that name might be. */
const mostBytes = 2 ** 25;
const mostDepth = 16;

/** What config.json tells. */
export interface RunRecord {
  readonly identity: RunIdentity;
  /** Without what the run does not know: it is older, or the data were a program's own. */
  readonly origin: RunOrigin;
  /** Everything, as it stands there. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/**
 * Writes config.json.
 * @param kernelBuild the build of the kernels in use; it changes no bits but for `multiplyAdd`, which is recorded too
 */
export async function writeRunConfig(
  run: string,
  config: TrainConfig,
  identity: RunIdentity,
  kernelBuild: string,
  origin?: RunOrigin,
): Promise<void> {
  // What was asked for stands in the identity as it came out.
  const { preparation: _, ...options } = config;
  const record = {
    formatVersion,
    gradpool: packageVersion,
    node: process.version,
    ...options,
    ...identity,
    kernelBuild,
    ...(origin === undefined ? {} : { origin }),
  };
  await orRefuse(run, () =>
    replaceFile(configPath(run), new TextEncoder().encode(`${JSON.stringify(record, null, 2)}\n`)),
  );
}

/** @throws GradpoolError when it is missing, or no run's configuration */
export async function readRunRecord(run: string): Promise<RunRecord> {
  const bytes = await readBoundedFile(configPath(run), mostBytes);
  try {
    const fields = parseBoundedJson(bytes, mostDepth);
    if (!isRecord(fields)) throw inputError('it is not a JSON object');
    return { identity: parseIdentity(fields), origin: parseOrigin(fields.origin), fields };
  } catch (error) {
    throw notConfig(run, error instanceof GradpoolError ? error.message : 'it is not JSON', error);
  }
}

/**
 * @returns undefined for a directory without a run's config.json, e.g. a model's
 * @throws GradpoolError for one that a newer version wrote
 */
export const findRunRecord = (run: string): Promise<RunRecord | undefined> =>
  readRunRecord(run).catch((error: unknown) => {
    if (isOfNewerFormat(error)) throw error;
    return undefined;
  });

/** Whether a run's config.json is there, of whatever version. */
export const hasRunRecord = (run: string): Promise<boolean> =>
  readRunRecord(run).then(() => true, isOfNewerFormat);

/** What a resumed run takes over where nothing is said. */
const takenOver = Object.entries(trainOptions).flatMap(([name, { isKept }]) => (isKept ? [name] : []));

/**
 * The settings that a run goes on with.
 * @throws GradpoolError when config.json has others than a training can be asked for
 */
export function settingsOf(run: string, { fields, identity }: RunRecord): TrainOptions & { steps?: number } {
  // Several losses, and those of the user's own, are of a compiled model, which brings them itself.
  const [only] = 'name' in identity.loss ? [identity.loss] : [];
  const loss = only?.name === 'own' ? undefined : only?.name;
  const { optimizer, schedule, update, preparation } = identity;
  const flat = {
    ...{ ...fields, ...optionsOfOptimizer(optimizer), ...optionsOfSchedule(schedule) },
    ...{ ...optionsOfUpdate(update), ...optionsOfPreparation(preparation), loss },
  };
  const settings = Object.fromEntries(
    Object.entries(flat).filter(([name, value]) => takenOver.includes(name) && value !== undefined),
  );
  try {
    resolveConfig(settings);
    return settings;
  } catch (error) {
    throw notConfig(run, messageOf(error), error);
  }
}

/** Fields of another kind count as unknown: nothing is trained or measured by them unchecked. */
function parseOrigin(fields: unknown): RunOrigin {
  if (!isRecord(fields)) return {};
  const names = ['data', 'model', 'layers', 'trainSha256', 'testSha256', 'initialSha256'] as const;
  const { dataOptions, columns, classNames, isStreamed } = fields;
  return {
    ...Object.fromEntries(
      names.filter((name) => typeof fields[name] === 'string').map((name) => [name, fields[name]]),
    ),
    ...(areDataOptions(dataOptions) ? { dataOptions } : {}),
    ...(areTableColumns(columns) ? { columns } : {}),
    ...(areNames(classNames) ? { classNames } : {}),
    ...(isStreamed === true ? { isStreamed } : {}),
  };
}

const notConfig = (run: string, reason: string, cause: unknown): GradpoolError =>
  inputError(`${configPath(run)} is not a run's configuration: ${reason}`, cause);

/** Does what writes to a run's directory. @throws GradpoolError that says where else to write, when it cannot */
export async function orRefuse(run: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    throw inputError(
      `Could not write to the run directory ${run}: ${messageOf(error)}; ${elsewhere(run, error)}`,
      error,
    );
  }
}
