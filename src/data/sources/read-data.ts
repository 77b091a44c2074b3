import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { path as checkedPath } from '../../check.ts';
import { inputError } from '../../errors.ts';
import { describe, readShared, withOpenFile } from '../../files/open-file.ts';
import { foreignFormat, signatureBytes } from '../../formats/foreign-format.ts';
import { checkDataOptions, type DataOptions } from '../data-options.ts';
import { noteOrigin } from '../data-origin.ts';
import type { Dataset, DatasetPair } from '../dataset.ts';
import type { DataForm, ExampleSource, OpenedData, Place } from './form.ts';
import { forms } from './forms.ts';
import { listEntries } from './listing.ts';
import { pickInputs, splitDataset, splitExamples } from './split.ts';
import { nameOfForm, optionsFor, withoutSplitting } from './used-options.ts';

/** A data set, and the form that it was found in. */
export interface ReadData extends DatasetPair {
  /** In words: `a directory of images by class`. */
  readonly form: string;
}

/**
 * Reads data of any form that gradpool knows, told by what is there. Shapes, classes and their names come from the
 * data. What has no test part is split by seed, each class in the same proportion.
 * @param given a file or directory
 * @throws GradpoolError of kind 'usage' for an option that cannot be, or that these data do not use; of kind 'input' for data of no known form, and
 *   everything that is wrong with them, by file
 * @example const { train, test } = await readData('flowers', { shape: [64, 64, 3] });
 */
export async function readData(given: string | URL, options: DataOptions = {}): Promise<ReadData> {
  return readDataLike(checkedPath(given, 'path'), options, {});
}

/**
 * The same, where it is known how others were read.
 * @param remembered options of those, which count where none is given and these data use them
 */
export async function readDataLike(
  path: string,
  options: DataOptions,
  remembered: DataOptions,
): Promise<ReadData> {
  checkDataOptions(options);
  const place = await placeAt(path);
  const form = await formOf(place);
  const used = optionsFor(path, form, options, remembered);
  const { train, test, notes, columns } = await form.read(place, used);
  const parts = test === undefined ? splitDataset(path, train, used) : { train, test };
  const data = { ...parts, form: nameOfForm(form), ...(notes?.length ? { notes } : {}) };
  const kept = test === undefined ? used : withoutSplitting(path, used, options);
  return noteOrigin(data, { data: resolve(path), options: kept, columns });
}

/** Opened data, with both parts. */
export type OpenedParts = OpenedData & Required<Pick<OpenedData, 'test'>>;

/**
 * Opens data as `readData` reads them, without holding them in the memory where their form allows that.
 * @throws GradpoolError as `readData` does; for what is wrong with an example when that is read
 */
export async function openData(path: string, options: DataOptions): Promise<OpenedParts> {
  checkDataOptions(options);
  const place = await placeAt(path);
  const form = await formOf(place);
  if (form.open === undefined) return inMemory(await readData(path, options));
  const { train, test, ...data } = await form.open(place, optionsFor(path, form, options, {}));
  if (test !== undefined) {
    withoutSplitting(path, options, options);
    return { ...data, train, test };
  }
  const split = splitExamples(path, train.labels, options);
  const part = (examples: readonly number[]): ExampleSource => ({
    labels: Uint32Array.from(examples, (example) => train.labels[example]),
    read: (some) => train.read(some.map((example) => examples[example])),
  });
  return { ...data, train: part(split.train), test: part(split.test) };
}

function inMemory({ train, test }: DatasetPair): OpenedParts {
  const part = (data: Dataset): ExampleSource => ({
    labels: data.labels,
    read: async (examples) => pickInputs(data, examples),
  });
  const { shape, inputType, classes, classNames } = train;
  const named = classNames === undefined ? {} : { classNames };
  return { ...{ shape, inputType, classes, ...named }, train: part(train), test: part(test) };
}

async function placeAt(path: string): Promise<Place> {
  const found = await stat(path).catch(async (error: unknown) => {
    const beside = await readdir(dirname(path)).catch(() => []);
    // One of several sets in a directory.
    const files = beside.filter((name) => name.startsWith(`${basename(path)}-train-images`));
    if (files.length > 0) return files.map((name) => ({ name, isDirectory: false }));
    throw inputError(`${path}: expected a directory or file with data, got ${describe(error)}`, error);
  });
  if (Array.isArray(found)) return { path, entries: found };
  if (!found.isDirectory())
    return {
      path,
      start: await withOpenFile(path, (file) => readShared(file, Math.min(file.size, signatureBytes))),
    };
  return { path, entries: await listEntries(path) };
}

async function formOf(place: Place): Promise<DataForm> {
  for (const form of forms) if (await form.isAt(place)) return form;
  const { path, start } = place;
  const got =
    unreadForm(place) ??
    (start === undefined ? 'none of these' : (foreignFormat(start) ?? 'a file of another format'));
  throw inputError(`${path}: expected ${forms.map(({ name }) => name).join('; or ')}; got ${got}`);
}

/** Forms that are known and not read, with what to do. */
function unreadForm({ path, entries = [] }: Place): string | undefined {
  const names = [basename(path), ...entries.map(({ name }) => name)];
  const found = unread.find(([pattern]) => names.some((name) => pattern.test(name)));
  return found?.[1];
}

const unread: readonly (readonly [RegExp, string])[] = [
  [
    /^data_batch_1$|\.(pkl|pickle)$/,
    'pickled Python objects, which are never executed; take the binary version of CIFAR, or save arrays with np.savez',
  ],
  [
    /\.tfrecords?(-|$)/,
    'TFRecord files, which no maintained library for Node.js reads; write arrays with np.savez',
  ],
  [/\.(h5|hdf5)$/i, 'HDF5 files, which hold models here; write arrays with np.savez'],
];
