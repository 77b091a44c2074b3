import { isParquet } from '../../formats/parquet/parquet.ts';
import { readDataDirectory } from '../idx-directory.ts';
import { cifar10, cifar100, readCifar } from './cifar.ts';
import type { DataForm, Place } from './form.ts';

/** Whether a directory has a file of such a name. */
const has = ({ entries = [] }: Place, pattern: RegExp): boolean =>
  entries.some(({ name, isDirectory }) => !isDirectory && pattern.test(name));

const isZip = ([first, second]: Uint8Array): boolean => first === 0x50 && second === 0x4b;

/** Also a damaged one, by its name. */
const isParquetFile = (path: string, start: Uint8Array): boolean =>
  /\.parquet$/i.test(path) || isParquet(start);

/** Text has no zeros. */
const isText = (start: Uint8Array): boolean => !start.includes(0);

const split = ['testSplit', 'splitSeed'] as const;

/** Every form that is read; the first that data have counts. What decodes files is loaded where there are such. */
export const forms: readonly DataForm[] = [
  {
    name: "MNIST's four files (train-images-idx3-ubyte and the others)",
    takes: [],
    isAt: (place) => has(place, /(^|-)train-images[-.]idx\d/),
    read: ({ path }) => readDataDirectory(path),
  },
  {
    name: "CIFAR-10's binary files (data_batch_1.bin to data_batch_5.bin, test_batch.bin)",
    takes: [],
    isAt: (place) => has(place, cifar10.train),
    read: (place) => readCifar(place, cifar10),
  },
  {
    name: "CIFAR-100's binary files (train.bin, test.bin)",
    takes: [],
    isAt: (place) => has(place, cifar100.train),
    read: (place) => readCifar(place, cifar100),
  },
  {
    name: "an .npz archive of NumPy's arrays (x_train, y_train, x_test, y_test)",
    takes: ['shape', ...split],
    isAt: ({ path, start }) => /\.npz$/i.test(path) && start !== undefined && isZip(start),
    read: async ({ path }, options) => (await import('./numpy.ts')).readNpz(path, options),
  },
  {
    name: "a directory of NumPy's arrays (x_train.npy, y_train.npy, x_test.npy, y_test.npy)",
    takes: ['shape', ...split],
    isAt: (place) => has(place, /^(x|x_train|train_images|images)\.npy$/i),
    read: async (place, options) => (await import('./numpy.ts')).readNpyDirectory(place, options),
  },
  {
    name: 'a directory of images by class (CLASS/image.png, or train/CLASS/image.png and test/CLASS/image.png)',
    takes: ['shape', ...split],
    isAt: ({ entries = [] }) => entries.some(({ isDirectory }) => isDirectory),
    read: async (place, options) => (await import('./image-directory.ts')).readImageDirectory(place, options),
    open: async (place, options) => (await import('./image-directory.ts')).openImageDirectory(place, options),
  },
  {
    name: 'a CSV table (a file with a column of labels, or train.csv and test.csv)',
    takes: ['label', 'shape', ...split],
    isAt: (place) =>
      place.start === undefined
        ? has(place, /\.(csv|tsv)$/i)
        : /\.(csv|tsv|txt)$/i.test(place.path) && isText(place.start),
    read: async (place, options) => (await import('./csv.ts')).readCsvData(place, options),
  },
  {
    name: 'a Parquet table (a file with a column of labels, or train.parquet and test.parquet)',
    takes: ['label', 'shape', ...split],
    isAt: (place) =>
      has(place, /\.parquet$/i) || (place.start !== undefined && isParquetFile(place.path, place.start)),
    read: async (place, options) => (await import('./parquet.ts')).readParquetData(place, options),
  },
];
