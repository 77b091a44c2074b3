import { access, readdir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { path as checkedPath } from '../check.ts';
import { GradpoolError, inputError } from '../errors.ts';
import { describe, readBoundedFile } from '../files/open-file.ts';
import { type IdxArray, idxImages, idxLabels, parseIdx, readIdx, readIdxHeader } from '../formats/idx/idx.ts';
import { asCode, counted } from '../shown.ts';
import { noteOrigin } from './data-origin.ts';
import { checkDataSize, type DataSize } from './data-size.ts';
import { type Dataset, type DatasetInit, type DatasetPair, dataset } from './dataset.ts';

/** One part's two arrays, with the files that they come from. */
export interface IdxPart {
  readonly imagesPath: string;
  readonly images: IdxArray<'uint8' | 'float32'>;
  readonly labelsPath: string;
  readonly labels: IdxArray<'uint8' | 'int32'>;
}

/** Images without labels. */
export interface Images {
  /** [height, width, channels] */
  readonly shape: readonly [number, number, number];
  readonly count: number;
  /** [count, height, width, channels]; uint8 values stand for value / 255. */
  readonly inputs: Uint8Array | Float32Array;
}

/**
 * Reads a data set in MNIST's four-file form: train-images-idx3-ubyte, train-labels-idx1-ubyte and the same with
 * t10k, each plain or gzip (`.gz`), also spelt `train-images.idx3-ubyte`, also idx4 for images with channels.
 * Labels may also be QMNIST's (idx2-int, 8 columns), of which the first is the class. All names may begin alike, as
 * EMNIST's and QMNIST's do (`emnist-letters-train-images-idx3-ubyte`, the test part with `test`); of several such sets in
 * a directory the path names one: DIR/emnist-letters. EMNIST's mapping.txt names the classes.
 * Of several spellings in one directory the plain file with the hyphen counts. Sizes, channels and classes
 * (the largest training label plus one) come from the files.
 * @throws GradpoolError that names the file, or both files that do not fit together
 */
export async function readDataDirectory(given: string | URL): Promise<DatasetPair> {
  const path = checkedPath(given, 'directory');
  const { directory, names, prefix } = await findFiles(path);
  const paths = ['train-images', 'train-labels', 't10k-images', 't10k-labels'].map((stem) =>
    join(directory, findFile(directory, names, prefix, stem)),
  );
  await checkSizes(directory, paths);
  const classNames = names.includes(`${prefix}mapping.txt`)
    ? await readMapping(join(directory, `${prefix}mapping.txt`))
    : undefined;
  const parts = [await readPart(paths[0], paths[1]), await readPart(paths[2], paths[3])] as const;
  const pair = toDatasets(...parts, classNames);
  const notes = prefix.startsWith('emnist')
    ? [...(pair.notes ?? []), "EMNIST's images are stored transposed, and are taken as they are"]
    : pair.notes;
  const named = notes === undefined ? pair : { ...pair, notes };
  return noteOrigin(named, { data: resolve(path) });
}

/** The directory's files, and what stands in front of their names: nothing, or `emnist-letters-` and the like. */
async function findFiles(path: string) {
  const begun = await setAt(path);
  if (begun !== undefined) return begun;
  const names = await listDirectory(path);
  const prefixes = new Set(names.flatMap((name) => /^(.*-)?train-images[-.]idx\d/.exec(name)?.[1] ?? []));
  const isPlain = prefixes.size === 0 || names.some((name) => /^train-images[-.]idx\d/.test(name));
  const [prefix = '', ...others] = isPlain ? [] : [...prefixes];
  if (others.length > 0)
    throw inputError(
      `${path}: expected one data set, got ${[prefix, ...others].map((each) => each.slice(0, -1)).join(', ')}; name one of them, e.g. ${join(path, prefix.slice(0, -1))}`,
    );
  return { directory: path, names, prefix };
}

/** A path to one of several sets in a directory, by what its files' names begin with. */
async function setAt(path: string) {
  if (await isThere(path)) return undefined;
  const [directory, prefix] = [dirname(path), `${basename(path)}-`];
  const names = await readdir(directory).catch(() => []);
  return names.some((name) => name.startsWith(`${prefix}train-images`))
    ? { directory, names, prefix }
    : undefined;
}

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** EMNIST's names of its classes: a line for each label, with the codes of the characters that it stands for. */
async function readMapping(path: string): Promise<string[]> {
  const text = Buffer.from(await readBoundedFile(path, mostMappingBytes)).toString('latin1');
  const names: string[] = [];
  for (const line of text.split('\n').filter((each) => each.trim() !== '')) {
    const [label, ...codes] = line.trim().split(/\s+/).map(Number);
    if (!(label < mostMappingBytes) || codes.length === 0 || !codes.every((code) => code > 31 && code < 127))
      throw inputError(`${path}: expected lines of a label and codes of characters, got ${asCode(line)}`);
    names[label] = String.fromCharCode(...codes);
  }
  return Array.from(names, (name, label) => name ?? `${label}`);
}

const mostMappingBytes = 2 ** 14;

/** Reads one IDX file of images. @throws GradpoolError */
export async function readImages(path: string | URL): Promise<Images> {
  const images = await readIdx(checkedPath(path, 'path'), idxImages);
  return { shape: imageShape(images), count: images.shape[0], inputs: images.values };
}

/** The images in the bytes of a whole, plain IDX file. @param name for messages */
export function imagesIn(name: string, bytes: Uint8Array): Images {
  const images = parseIdx(name, bytes, idxImages);
  return { shape: imageShape(images), count: images.shape[0], inputs: images.values };
}

/** @throws GradpoolError that names both files where two of the four do not fit together */
export function toDatasets(train: IdxPart, test: IdxPart, classNames?: readonly string[]): DatasetPair {
  const format = ({ images }: IdxPart) => `${imageShape(images).join(' x ')} ${images.type}`;
  if (format(train) !== format(test))
    throw inputError(
      `${test.imagesPath}: expected images of ${format(train)}, as in ${train.imagesPath}, got ${format(test)}`,
    );
  const named = classNames === undefined ? {} : { classNames };
  const trainSet = toDataset(train, named);
  const notes = [train, test].flatMap(({ labels, labelsPath }) =>
    labels.shape.length === 1
      ? []
      : [
          `${labelsPath}: labels of ${labels.shape[1]} columns, as QMNIST has them; the first one, the class, is taken`,
        ],
  );
  const pair = { train: trainSet, test: toDataset(test, { classes: trainSet.classes, ...named }) };
  return notes.length === 0 ? pair : { ...pair, notes };
}

async function listDirectory(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    throw inputError(`${directory}: expected a directory with data files, got ${describe(error)}`, error);
  }
}

/** The first spelling of a file's name that the directory has. */
function findFile(directory: string, names: readonly string[], prefix: string, stem: string): string {
  const endings = stem.endsWith('images') ? ['idx3-ubyte', 'idx4-ubyte'] : ['idx1-ubyte', 'idx2-int'];
  const stems = [stem, ...(stem.startsWith('t10k') ? [stem.replace('t10k', 'test')] : [])];
  const tried = stems
    .flatMap((each) => endings.map((ending) => [`${prefix}${each}`, ending]))
    .flatMap(([each, ending]) => [`${each}-${ending}`, `${each}.${ending}`])
    .flatMap((name) => [name, `${name}.gz`]);
  const found = tried.find((name) => names.includes(name));
  if (found === undefined)
    throw inputError(`${directory}: expected a file ${tried.join(' or ')}, found none`);
  return found;
}

/** From the headers, before gigabytes are read. */
async function checkSizes(directory: string, paths: readonly string[]): Promise<void> {
  const parts: DataSize[] = [];
  for (const path of [paths[0], paths[2]]) {
    const header = await readIdxHeader(path, idxImages);
    if (header === undefined) continue;
    const { shape, headerBytes, fileBytes } = header;
    parts.push({ name: basename(path), count: shape[0], inputBytes: fileBytes - headerBytes });
  }
  checkDataSize(directory, parts);
}

async function readPart(imagesPath: string, labelsPath: string): Promise<IdxPart> {
  const images = await readIdx(imagesPath, idxImages);
  return { imagesPath, images, labelsPath, labels: await readIdx(labelsPath, idxLabels) };
}

function toDataset(
  { imagesPath, images, labelsPath, labels }: IdxPart,
  classes: Pick<DatasetInit, 'classes' | 'classNames'>,
): Dataset {
  if (images.shape[0] !== labels.shape[0])
    throw inputError(
      `${labelsPath}: expected ${counted(images.shape[0], 'label')}, as many as ${imagesPath} has images, got ${labels.shape[0]}`,
    );
  const init = { inputs: images.values, labels: classesOf(labelsPath, labels), shape: imageShape(images) };
  try {
    return dataset({ ...init, ...classes });
  } catch (error) {
    // Sizes and values are checked, so what is left to be wrong is a label.
    if (error instanceof GradpoolError) throw inputError(`${labelsPath}: ${error.message}`, error);
    throw error;
  }
}

/** QMNIST's columns: class, series of NIST, writer, character, and where the digit comes from. */
const qmnistColumns = 8;

function classesOf(path: string, { shape, type, values }: IdxPart['labels']): ArrayLike<number> {
  const [count, columns] = shape;
  if (columns === undefined) return values;
  if (columns !== qmnistColumns || type !== 'int32')
    throw inputError(
      `${path}: expected labels of 1 dimension, or QMNIST's ${qmnistColumns} columns of int32, got ${shape.join(' x ')} of ${type}`,
    );
  return Int32Array.from({ length: count }, (_, row) => values[row * columns]);
}

/** [height, width, channels]: three dimensions are one channel. */
const imageShape = ({ shape: [, height, width, channels = 1] }: IdxArray): Images['shape'] => [
  height,
  width,
  channels,
];
