/** NumPy's arrays: an .npz archive, as Keras' mnist.npz is one, or .npy files of the same names in a directory. */
import { join } from 'node:path';
import { GradpoolError, inputError, usageError } from '../../errors.ts';
import { readShared, regularFileSize, withOpenFile } from '../../files/open-file.ts';
import { type NpyArray, parseNpy } from '../../formats/npy/npy.ts';
import { withZip } from '../../formats/zip/zip.ts';
import { type Shape, sizeOf } from '../../shape.ts';
import { counted } from '../../shown.ts';
import type { DataOptions } from '../data-options.ts';
import { checkDataSize } from '../data-size.ts';
import { type Dataset, dataset } from '../dataset.ts';
import type { Place, ReadParts } from './form.ts';

/** Names of inputs and labels, as Keras, MedMNIST and others have them; the first pair that is there counts. */
const trainNames = [
  ['x_train', 'y_train'],
  ['train_images', 'train_labels'],
  ['x', 'y'],
  ['X', 'y'],
  ['images', 'labels'],
] as const;
const testNames = [
  ['x_test', 'y_test'],
  ['test_images', 'test_labels'],
] as const;

type Names = readonly [inputs: string, labels: string];

/** An array that is not read yet. */
interface StoredArray {
  /** For messages. */
  readonly path: string;
  readonly bytes: number;
  read(): Promise<Uint8Array>;
}

export const readNpz = (path: string, options: DataOptions): Promise<ReadParts> =>
  withZip(path, (entries) => {
    const arrays = entries.map(({ name, bytes, read }) => [
      name.replace(/\.npy$/, ''),
      { path: `${path}[${name}]`, bytes, read },
    ]);
    return readArrays(path, new Map(arrays as [string, StoredArray][]), options);
  });

export async function readNpyDirectory(
  { path, entries = [] }: Place,
  options: DataOptions,
): Promise<ReadParts> {
  const arrays = new Map<string, StoredArray>();
  for (const { name } of entries.filter(({ name }) => name.endsWith('.npy'))) {
    const file = join(path, name);
    arrays.set(name.slice(0, -'.npy'.length), {
      path: file,
      bytes: await regularFileSize(file),
      read: () => withOpenFile(file, (open) => readShared(open, open.size)),
    });
  }
  return readArrays(path, arrays, options);
}

async function readArrays(
  path: string,
  arrays: ReadonlyMap<string, StoredArray>,
  { shape }: DataOptions,
): Promise<ReadParts> {
  const train = namesIn(arrays, trainNames);
  if (train === undefined)
    throw inputError(
      `${path}: expected arrays ${trainNames.map((names) => names.join(' and ')).join(', or ')}, got ${[...arrays.keys()].join(', ') || 'none'}`,
    );
  const test = namesIn(arrays, testNames);
  checkDataSize(
    path,
    (test === undefined ? [train] : [train, test]).map(([name]) => ({
      ...{ name, count: 0, inputBytes: arrays.get(name)?.bytes ?? 0 },
    })),
  );
  const trainSet = await readPart(arrays, train, shape);
  if (test === undefined) return { train: trainSet };
  const testSet = await readPart(arrays, test, shape ?? trainSet.shape, trainSet);
  return { train: trainSet, test: testSet };
}

const namesIn = (arrays: ReadonlyMap<string, unknown>, known: readonly Names[]): Names | undefined =>
  known.find(([inputs, labels]) => arrays.has(inputs) && arrays.has(labels));

/** @param like the training part, of which the test part has to be */
async function readPart(
  arrays: ReadonlyMap<string, StoredArray>,
  [inputName, labelName]: Names,
  shape: Shape | undefined,
  like?: Dataset,
): Promise<Dataset> {
  const inputs = await readArray(arrays, inputName);
  const labels = await readArray(arrays, labelName);
  const [count, ...own] = inputs.shape;
  const size = sizeOf(own);
  const each = shapeOf(inputs, own, shape);
  if (sizeOf(each) !== size)
    throw (like === undefined ? usageError : inputError)(
      `${inputs.path}: expected examples of ${counted(sizeOf(each), 'value')} (\`shape\` ${each.join(',')}), got ${size} (${own.join(' x ')})`,
    );
  if (sizeOf(labels.shape) !== count)
    throw inputError(
      `${labels.path}: expected ${counted(count, 'class number')}, one for each of ${inputName}, got ${labels.shape.join(' x ')} values${labels.shape.length > 1 ? '; of one-hot rows take np.argmax(y, 1)' : ''}`,
    );
  try {
    return dataset({
      inputs: inputs.values,
      labels: labels.values,
      shape: each,
      ...(like === undefined ? {} : { classes: like.classes }),
    });
  } catch (error) {
    // Sizes and values are checked, so what is left to be wrong is a label.
    if (error instanceof GradpoolError) throw inputError(`${labels.path}: ${error.message}`, error);
    throw error;
  }
}

async function readArray(arrays: ReadonlyMap<string, StoredArray>, name: string) {
  const stored = arrays.get(name);
  if (stored === undefined) throw new Error(`${name} is among them`);
  return { path: stored.path, ...parseNpy(stored.path, await stored.read()) };
}

/** As asked for; bytes of [count, height, width] are images of one channel, as in an IDX file. */
function shapeOf(
  { path, values }: NpyArray & { readonly path: string },
  own: Shape,
  asked: Shape | undefined,
): Shape {
  if (own.length === 0)
    throw inputError(`${path}: expected an array of examples, [count, ...], got one value for each`);
  if (asked !== undefined) return asked;
  return own.length === 2 && values instanceof Uint8Array ? [...own, 1] : own;
}
