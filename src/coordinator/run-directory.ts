/** A run's directory: config.json, metrics.jsonl and checkpoints/. */
import { mkdir, readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { TrainConfig } from '../config.ts';
import { GradpoolError, inputError } from '../errors.ts';
import { parseBoundedJson } from '../model/bounded-json.ts';
import { readBoundedFile } from '../model/read-bounded-file.ts';
import { packageVersion } from '../package-version.ts';
import type { RunOrigin } from '../protocol.ts';
import {
  codeOf,
  elsewhere,
  isDirectory,
  makeDirectories,
  reasonOf,
  removeTemporaries,
  replaceFile,
  syncDirectory,
  tryReplacing,
  tryWriting,
} from './atomic-file.ts';
import { checkpointsPath, listCheckpoints } from './checkpoint.ts';
import { type FoundCheckpoint, findCheckpoint } from './checkpoint-read.ts';
import { isRecord } from './hashes.ts';
import { checkResume, parseIdentity, type RunIdentity } from './identity.ts';
import { outputFile } from './output-file.ts';

/** Where runs stand whose directory was not named. */
export const defaultRuns = 'runs';

export const configPath = (run: string): string => join(run, 'config.json');
export const metricsPath = (run: string): string => join(run, 'metrics.jsonl');

/** config.json is longer in no run; another program's file of that name might be. */
const mostConfigBytes = 2 ** 20;
const mostConfigDepth = 16;

/** Makes the next of root/0001, root/0002, ...; two processes at the same time get two. */
export async function newRunDirectory(root: string = defaultRuns): Promise<string> {
  try {
    await makeDirectories(root);
    for (let number = (await runNumbers(root))[0] ?? 0; ; ) {
      number++;
      const run = join(root, String(number).padStart(4, '0'));
      if (await madeNow(run)) return run;
    }
  } catch (error) {
    throw inputError(
      `Could not make a run directory in ${root}: ${reasonOf(error)}; choose another \`run\``,
      error,
    );
  }
}

/**
 * The run of the highest number under `root`.
 * @throws GradpoolError when there is none
 */
export async function latestRunDirectory(root: string = defaultRuns): Promise<string> {
  for (const number of await runNumbers(root)) {
    const run = join(root, String(number).padStart(4, '0'));
    // A training that failed before its run began leaves an empty directory.
    if (await isRun(run)) return run;
  }
  throw inputError(`Expected ${root} to hold a run, got none; train one first, or name one as \`run\``);
}

export interface CreateRunOptions {
  readonly resume: boolean;
}

/**
 * Makes a run's directory, or checks the one that stands there, and tries whether it can be written to.
 * @throws GradpoolError when it has checkpoints (unless resuming), belongs to something else, cannot be written, or,
 * resuming, is no run
 */
export async function createRun(run: string, { resume }: CreateRunOptions): Promise<void> {
  await openRunDirectory(run, { resume });
  if (!resume) await checkUnused(run);
  await orRefuse(run, async () => {
    for (const directory of [run, checkpointsPath(run)]) {
      await makeDirectories(directory);
      await removeTemporaries(directory);
      await tryWriting(directory);
    }
    await tryReplacing(configPath(run));
    const metrics = await outputFile(metricsPath(run));
    // What an earlier training left that ended before its first checkpoint.
    if (!resume) await rm(metrics, { force: true });
  });
}

/**
 * The directory alone, for a lock in it, before anything else is looked at.
 * @throws GradpoolError when it cannot be made or, resuming, is no run
 */
export async function openRunDirectory(run: string, { resume }: CreateRunOptions): Promise<void> {
  if (resume) await checkIsRun(run);
  await orRefuse(run, () => makeDirectories(run));
}

/**
 * What a resumed run goes on from: its newest whole checkpoint, or undefined when it was ended before the first one
 * and so begins again. With `allowArithmeticChange`, kernels of another version or rounding may take it over.
 * @throws GradpoolError when the run was begun with other settings, or none of its checkpoints is whole
 */
export async function resumeRun(
  run: string,
  wanted: RunIdentity,
  { allowArithmeticChange = false } = {},
): Promise<FoundCheckpoint | undefined> {
  const found = await findCheckpoint(run);
  const recorded = found?.checkpoint.manifest ?? (await readIdentity(run));
  const { arithmetic } = allowArithmeticChange ? wanted : recorded;
  checkResume({ ...recorded, arithmetic }, wanted, run);
  return found;
}

/**
 * Writes config.json: all that the run was begun, or went on, with.
 * @param kernelBuild the build of the kernels in use; it changes no bits but for `multiplyAdd`, which is recorded too
 */
export async function writeRunConfig(
  run: string,
  config: TrainConfig,
  identity: RunIdentity,
  kernelBuild: string,
  origin?: RunOrigin,
): Promise<void> {
  const record = {
    formatVersion: 1,
    gradpool: packageVersion,
    node: process.version,
    ...config,
    ...identity,
    kernelBuild,
    ...(origin === undefined ? {} : { origin }),
  };
  await orRefuse(run, () =>
    replaceFile(configPath(run), new TextEncoder().encode(`${JSON.stringify(record, null, 2)}\n`)),
  );
}

/**
 * The fields of a run's config.json, not checked any further.
 * @throws GradpoolError when it is missing or no JSON object
 */
export async function readRunConfig(run: string): Promise<Record<string, unknown>> {
  const bytes = await readBoundedFile(configPath(run), mostConfigBytes);
  try {
    const fields = parseBoundedJson(bytes, mostConfigDepth);
    if (!isRecord(fields)) throw inputError('it is not a JSON object');
    return fields;
  } catch (error) {
    throw notConfig(run, error instanceof GradpoolError ? error.message : 'it is not JSON', error);
  }
}

/** What config.json tells of a run's data and model. */
export interface RunRecord {
  readonly dataSha256: string;
  /** Without what the run does not know: it is older, or the data were a program's own. */
  readonly origin: RunOrigin;
}

/** @returns undefined for a directory without a run's config.json, e.g. a model's */
export async function readRunRecord(run: string): Promise<RunRecord | undefined> {
  if (!(await hasConfig(run))) return undefined;
  const fields = await readRunConfig(run);
  return { dataSha256: parseIdentity(fields).dataSha256, origin: parseOrigin(fields.origin) };
}

/** Fields of another kind count as unknown: nothing is trained or measured by them unchecked. */
function parseOrigin(fields: unknown): RunOrigin {
  if (!isRecord(fields)) return {};
  const names = ['data', 'model', 'layers', 'testSha256', 'initialSha256'] as const;
  return Object.fromEntries(
    names.filter((name) => typeof fields[name] === 'string').map((name) => [name, fields[name]]),
  );
}

/** What config.json says that the run was begun with. */
async function readIdentity(run: string): Promise<RunIdentity> {
  const fields = await readRunConfig(run);
  try {
    return parseIdentity(fields);
  } catch (error) {
    throw notConfig(run, reasonOf(error), error);
  }
}

/** An error for what config.json holds. */
export const notConfig = (run: string, reason: string, cause: unknown): GradpoolError =>
  inputError(`${configPath(run)} is not a run's configuration: ${reason}`, cause);

/** Highest first. */
async function runNumbers(root: string): Promise<number[]> {
  const names = await readdir(root).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return [];
    throw inputError(`Could not list the runs in ${root}: ${reasonOf(error)}`, error);
  });
  const numbers = names.filter((name) => /^\d{4,9}$/.test(name)).map(Number);
  return numbers.sort((a, b) => b - a);
}

async function madeNow(path: string): Promise<boolean> {
  try {
    await mkdir(path);
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
  await syncDirectory(dirname(path));
  return true;
}

const hasConfig = (run: string): Promise<boolean> =>
  readIdentity(run).then(
    () => true,
    () => false,
  );

const isRun = async (run: string): Promise<boolean> =>
  (await listCheckpoints(run)).length > 0 || (await hasConfig(run));

/** @throws GradpoolError, before anything is written, unless `run` can be resumed */
export async function checkIsRun(run: string): Promise<void> {
  if (!(await isDirectory(run)))
    throw inputError(
      `Expected a run to resume at ${run}, got no directory; leave out \`resume\` to begin one there`,
    );
  if (!(await isRun(run)))
    throw inputError(
      `Expected a run to resume at ${run}, got a directory without checkpoints and without a run's config.json; leave out \`resume\` to begin one there`,
    );
}

/** A run may begin in any directory, but must not overwrite another run or another program's files. */
async function checkUnused(run: string): Promise<void> {
  if ((await listCheckpoints(run)).length > 0)
    throw inputError(`${run} has checkpoints; add \`resume\` to go on or choose another \`run\``);
  const names = await readdir(run);
  const foreign = ['config.json', 'metrics.jsonl'].find((name) => names.includes(name));
  if (foreign !== undefined && !(await hasConfig(run)))
    throw inputError(
      `${run} has a ${foreign} that is not a run's and would be overwritten; choose another \`run\``,
    );
}

async function orRefuse(run: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    throw inputError(
      `Could not write to the run directory ${run}: ${reasonOf(error)}; ${elsewhere(run, error)}`,
      error,
    );
  }
}
