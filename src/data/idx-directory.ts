import { readdir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { path as checkedPath } from '../check.ts';
import { GradpoolError, inputError } from '../errors.ts';
import { counted } from '../shown.ts';
import { noteOrigin } from './data-origin.ts';
import { checkDataSize, type DataSize } from './data-size.ts';
import { type Dataset, dataset } from './dataset.ts';
import { describe } from './file.ts';
import { type IdxArray, idxImages, idxLabels, readIdx, readIdxHeader } from './idx.ts';

/** A data set's two parts. */
export interface DatasetPair {
  readonly train: Dataset;
  readonly test: Dataset;
  /** What was made of the files that they do not say themselves, in words; absent for most. */
  readonly notes?: readonly string[];
}

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
 * Labels may also be QMNIST's (idx2-int, 8 columns), of which the first is the class.
 * Of several spellings in one directory the plain file with the hyphen counts. Sizes, channels and classes
 * (the largest training label plus one) come from the files.
 * @throws GradpoolError that names the file, or both files that do not fit together
 */
export async function readDataDirectory(given: string | URL): Promise<DatasetPair> {
  const directory = checkedPath(given, 'directory');
  const names = await listDirectory(directory);
  const paths = ['train-images', 'train-labels', 't10k-images', 't10k-labels'].map((stem) =>
    join(directory, findFile(directory, names, stem)),
  );
  await checkSizes(directory, paths);
  const pair = toDatasets(await readPart(paths[0], paths[1]), await readPart(paths[2], paths[3]));
  return noteOrigin(pair, resolve(directory));
}

/** Reads one IDX file of images. @throws GradpoolError */
export async function readImages(path: string | URL): Promise<Images> {
  const images = await readIdx(checkedPath(path, 'path'), idxImages);
  return { shape: imageShape(images), count: images.shape[0], inputs: images.values };
}

/** @throws GradpoolError that names both files where two of the four do not fit together */
export function toDatasets(train: IdxPart, test: IdxPart): DatasetPair {
  const format = ({ images }: IdxPart) => `${imageShape(images).join(' x ')} ${images.type}`;
  if (format(train) !== format(test))
    throw inputError(
      `${test.imagesPath}: expected images of ${format(train)}, as in ${train.imagesPath}, got ${format(test)}`,
    );
  const trainSet = toDataset(train);
  const notes = [train, test].flatMap(({ labels, labelsPath }) =>
    labels.shape.length === 1
      ? []
      : [
          `${labelsPath}: labels of ${labels.shape[1]} columns, as QMNIST has them; the first one, the class, is taken`,
        ],
  );
  const pair = { train: trainSet, test: toDataset(test, trainSet.classes) };
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
function findFile(directory: string, names: readonly string[], stem: string): string {
  const endings = stem.endsWith('images') ? ['idx3-ubyte', 'idx4-ubyte'] : ['idx1-ubyte', 'idx2-int'];
  const tried = endings
    .flatMap((ending) => [`${stem}-${ending}`, `${stem}.${ending}`])
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

function toDataset({ imagesPath, images, labelsPath, labels }: IdxPart, classes?: number): Dataset {
  if (images.shape[0] !== labels.shape[0])
    throw inputError(
      `${labelsPath}: expected ${counted(images.shape[0], 'label')}, as many as ${imagesPath} has images, got ${labels.shape[0]}`,
    );
  const init = { inputs: images.values, labels: classesOf(labelsPath, labels), shape: imageShape(images) };
  try {
    return dataset(classes === undefined ? init : { ...init, classes });
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
