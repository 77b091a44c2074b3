import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { path as checkedPath } from '../../check.ts';
import { inputError, usageError } from '../../errors.ts';
import { describe, readShared, withOpenFile } from '../../files/open-file.ts';
import { foreignFormat, signatureBytes } from '../../formats/foreign-format.ts';
import { sha256 } from '../../sha256.ts';
import { alternatives } from '../../shown.ts';
import { checkDataOptions, type DataOptions } from '../data-options.ts';
import { noteOrigin, originOf, type ReadFrom } from '../data-origin.ts';
import type { Dataset, DatasetPair } from '../dataset.ts';
import { dataHash } from '../dataset-hash.ts';
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
export interface OpenedParts extends OpenedData {
  readonly test: ExampleSource;
  /** In words: `a directory of images by class`. */
  readonly form: string;
  /** Where they are, and how they are read. */
  readonly from: ReadFrom;
}

/**
 * Opens data as `readDataLike` reads them, without holding them in the memory where their form allows that.
 * @param isRequired whether it has to
 * @throws GradpoolError as `readData` does; for what is wrong with an example when that is read
 */
export async function openData(
  path: string,
  options: DataOptions,
  remembered: DataOptions = {},
  isRequired = false,
): Promise<OpenedParts> {
  checkDataOptions(options);
  const place = await placeAt(path);
  const form = await formOf(place);
  if (form.open === undefined) {
    if (isRequired) throw readAtOnce(path, form);
    return inMemory(path, await readDataLike(path, options, remembered));
  }
  const used = optionsFor(path, form, options, remembered);
  const { train, test, ...data } = await form.open(place, used);
  const opened = { ...data, form: nameOfForm(form) };
  const from = (kept: DataOptions): ReadFrom => ({ data: resolve(path), options: kept });
  if (test !== undefined)
    return { ...opened, train, test, from: from(withoutSplitting(path, used, options)) };
  const split = splitExamples(path, train.labels, used);
  const identity = once(train.identity);
  const part = (examples: readonly number[]): ExampleSource => ({
    labels: Uint32Array.from(examples, (example) => train.labels[example]),
    read: (some) => train.read(some.map((example) => examples[example])),
    identity: async () => sha256(await identity(), Uint32Array.from(examples)),
  });
  return { ...opened, train: part(split.train), test: part(split.test), from: from(used) };
}

/** What both parts of a split ask for is found once. */
function once<T>(find: () => Promise<T>): () => Promise<T> {
  let found: Promise<T> | undefined;
  return () => (found ??= find());
}

function readAtOnce(path: string, form: DataForm): Error {
  const others = forms.filter(({ open }) => open !== undefined).map(nameOfForm);
  return usageError(
    `Expected \`stream\` for ${alternatives(others)}, got ${path}, ${nameOfForm(form)}, which is read at once; leave it out`,
  );
}

function inMemory(path: string, { train, test, form, notes }: ReadData): OpenedParts {
  const part = (data: Dataset): ExampleSource => ({
    labels: data.labels,
    read: async (examples) => pickInputs(data, examples),
    identity: async () => dataHash(data),
  });
  const { shape, inputType, classes, classNames } = train;
  const { data = resolve(path), dataOptions: options = {}, columns } = originOf(train, test);
  return {
    ...{ shape, inputType, classes, form, train: part(train), test: part(test) },
    ...(classNames === undefined ? {} : { classNames }),
    ...(notes === undefined ? {} : { notes }),
    from: { data, options, columns },
  };
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
