/** A run's directory: config.json, metrics.jsonl and checkpoints/. */
import { access, constants, mkdir, readdir, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { codeOf, inputError, messageOf } from '../errors.ts';
import {
  exists,
  isDirectory,
  makeDirectories,
  removeTemporaries,
  syncDirectory,
  tryReplacing,
  tryWriting,
} from '../files/atomic-file.ts';
import { outputFile } from '../files/output-file.ts';
import { removeEventFiles } from '../formats/tensorboard/event-files.ts';
import { isFollowed } from '../optimizer/schedules/schedules.ts';
import type { OptimizerSettings } from '../optimizer/settings.ts';
import { checkpointsPath, listCheckpoints } from './checkpoint.ts';
import { type FoundCheckpoint, findCheckpoint } from './checkpoint-read.ts';
import { checkResume, type RunIdentity } from './identity.ts';
import type { Manifest } from './manifest.ts';
import { configPath, hasRunRecord, orRefuse, readRunRecord } from './run-config.ts';

/** Where runs stand whose directory was not named. */
export const defaultRuns = 'runs';

export const metricsPath = (run: string): string => join(run, 'metrics.jsonl');

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
      `Could not make a run directory in ${root}: ${messageOf(error)}; choose another \`run\``,
      error,
    );
  }
}

/**
 * The run as it was named; of a directory of runs the newest, or a new one.
 * @param isWanted which of them may be resumed
 */
export function chosenRunDirectory(
  run: string | { readonly under: string },
  resume: boolean,
  isWanted?: (run: string) => Promise<boolean>,
): string | Promise<string> {
  if (typeof run === 'string') return run;
  return resume ? latestRunDirectory(run.under, isWanted) : newRunDirectory(run.under);
}

/**
 * The run of the highest number under `root`.
 * @param isWanted which directories count
 * @throws GradpoolError when there is none
 */
export async function latestRunDirectory(
  root: string = defaultRuns,
  isWanted: (run: string) => Promise<boolean> = isRun,
): Promise<string> {
  for (const number of await runNumbers(root)) {
    const run = join(root, String(number).padStart(4, '0'));
    // A training that failed before its run began leaves an empty directory.
    if (await isWanted(run)) return run;
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
    if (resume) return;
    await rm(metrics, { force: true });
    await removeEventFiles(run);
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
  const recorded = found?.checkpoint.manifest ?? (await readRunRecord(run)).identity;
  const { arithmetic } = allowArithmeticChange ? wanted : recorded;
  const optimizer = atRateOf(wanted, found?.checkpoint.manifest) ?? recorded.optimizer;
  checkResume({ ...recorded, arithmetic, optimizer }, wanted, run);
  return found;
}

/** A callback may have changed the rate of an optimizer that lives on: then it has the checkpoint's. */
const atRateOf = (
  { optimizer, schedule }: RunIdentity,
  from: Manifest | undefined,
): OptimizerSettings | undefined =>
  from !== undefined && optimizer.learningRate === from.learningRate && !isFollowed(schedule)
    ? { ...from.optimizer, learningRate: optimizer.learningRate }
    : undefined;

/** Highest first. */
async function runNumbers(root: string): Promise<number[]> {
  const names = await readdir(root).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return [];
    throw inputError(`Could not list the runs in ${root}: ${messageOf(error)}`, error);
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

const isRun = async (run: string): Promise<boolean> =>
  (await listCheckpoints(run)).length > 0 || (await hasRunRecord(run));

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

/**
 * Whether a run could begin there; makes nothing.
 * @param isItself whether the run's directory is meant, and not one that runs are numbered in
 * @throws GradpoolError when it belongs to another run or something else, or could not be written
 */
export async function checkNewRun(directory: string, isItself: boolean): Promise<void> {
  if (isItself && (await isDirectory(directory))) await checkUnused(directory);
  await orRefuse(directory, async () => {
    let nearest = resolve(directory);
    while (!(await exists(nearest))) nearest = dirname(nearest);
    if (!(await isDirectory(nearest))) throw new Error(`expected ${nearest} to be a directory, got a file`);
    await access(nearest, constants.W_OK | constants.X_OK);
  });
}

/** A run may begin in any directory, but must not overwrite another run or another program's files. */
async function checkUnused(run: string): Promise<void> {
  if ((await listCheckpoints(run)).length > 0)
    throw inputError(`${run} has checkpoints; add \`resume\` to go on or choose another \`run\``);
  const names = await readdir(run);
  const foreign = ['config.json', 'metrics.jsonl'].find((name) => names.includes(name));
  if (foreign !== undefined && !(await hasRunRecord(run)))
    throw inputError(
      `${run} has a ${foreign} that is not a run's and would be overwritten; choose another \`run\``,
    );
}
