/** The data set that a command works on: what --data names, else what its run was trained on. */
import { resolve } from 'node:path';
import type { RunRecord } from '../coordinator/run-directory.ts';
import { originOf } from '../data/data-origin.ts';
import { dataHash } from '../data/dataset-hash.ts';
import { type DatasetPair, readDataDirectory } from '../data/idx-directory.ts';
import { mnist, mnistOrigin } from '../data/mnist.ts';
import { inputError, messageOf } from '../errors.ts';
import { notice } from './output.ts';

export interface NamedData extends DatasetPair {
  /** For messages. */
  readonly name: string;
  /** What the user should read beside results on them. */
  readonly note?: string;
}

/** The run that a command is about. */
export interface KnownRun extends RunRecord {
  readonly path: string;
}

/** @param directory as --data names it; default: MNIST */
export async function loadData(directory: string | undefined): Promise<NamedData> {
  if (directory === undefined) return { name: mnistOrigin, ...(await mnist()) };
  const data = await readDataDirectory(directory);
  for (const note of data.notes ?? []) notice(note);
  return { name: directory, ...data };
}

/** @throws GradpoolError where nothing is named and the run's own data are not to be had */
export async function loadDataOf(run: KnownRun | undefined, named: string | undefined): Promise<NamedData> {
  if (named !== undefined) return withNote(await loadData(named), run);
  if (run === undefined)
    return { ...(await loadData(undefined)), note: 'the data are MNIST, since none were named (`data`)' };
  return loadOwn(run);
}

/** The data set that the run was trained on. */
export async function loadOwn({ path, origin, dataSha256 }: KnownRun): Promise<NamedData> {
  const data = await loadRemembered(path, origin.data);
  if (isSame(data, { dataSha256, origin })) return data;
  throw inputError(
    origin.data === undefined
      ? `Expected \`data\` to name the data set of the run at ${path}, which does not know where it lies; it is not MNIST`
      : `${origin.data} holds other data now than when the run at ${path} was trained on it; put them back, or name the data set to use with \`data\``,
  );
}

async function loadRemembered(run: string, directory: string | undefined): Promise<NamedData> {
  if (directory === undefined || directory === mnistOrigin) return loadData(undefined);
  try {
    return await loadData(directory);
  } catch (error) {
    throw inputError(
      `${messageOf(error)}; the run at ${run} was trained on the data there: put them back, or name them with \`data\``,
      error,
    );
  }
}

function isSame({ train, test }: DatasetPair, { dataSha256, origin: { testSha256 } }: RunRecord): boolean {
  return dataHash(train) === dataSha256 && (testSha256 === undefined || dataHash(test) === testSha256);
}

function withNote(data: NamedData, run: KnownRun | undefined): NamedData {
  if (run === undefined || isSame(data, run)) return data;
  const own = run.origin.data === undefined ? '' : `, ${run.origin.data}`;
  return {
    ...data,
    note: `${resolve(data.name)} is another data set than the run at ${run.path} was trained on${own}`,
  };
}

/** For the run's record. */
export const originOfData = ({ train, test }: DatasetPair) => {
  const data = originOf(train, test);
  return data === undefined ? {} : { data };
};
