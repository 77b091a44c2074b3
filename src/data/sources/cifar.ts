/** CIFAR-10 and CIFAR-100 in their binary form (Krizhevsky: Learning Multiple Layers of Features from Tiny Images). */
import { join } from 'node:path';
import { inputError } from '../../errors.ts';
import { readBoundedFile, regularFileSize, withOpenFile } from '../../files/open-file.ts';
import { counted } from '../../shown.ts';
import { checkDataSize } from '../data-size.ts';
import { type Dataset, dataset } from '../dataset.ts';
import type { Place, ReadParts } from './form.ts';

/** How one of the two lies in its files. */
interface CifarKind {
  readonly train: RegExp;
  readonly test: string;
  readonly names: string;
  readonly classes: number;
  /** Bytes in front of an image, of which the last one is the class. */
  readonly labelBytes: number;
}

export const cifar10: CifarKind = {
  train: /^data_batch_\d+\.bin$/,
  test: 'test_batch.bin',
  names: 'batches.meta.txt',
  classes: 10,
  labelBytes: 1,
};

/** Its first label is one of 20 groups of classes. */
export const cifar100: CifarKind = {
  train: /^train\.bin$/,
  test: 'test.bin',
  names: 'fine_label_names.txt',
  classes: 100,
  labelBytes: 2,
};

const shape = [32, 32, 3] as const;
const pixels = 32 * 32;
const imageBytes = 3 * pixels;

export async function readCifar({ path, entries = [] }: Place, kind: CifarKind): Promise<ReadParts> {
  const names = entries.map(({ name }) => name);
  const batches = names.filter((name) => kind.train.test(name));
  if (!names.includes(kind.test))
    throw inputError(`${path}: expected ${kind.test} beside ${batches[0]}, found none`);
  const files = { train: batches, test: [kind.test] };
  const sizes = {
    train: await countRecords(path, files.train, kind),
    test: await countRecords(path, files.test, kind),
  };
  checkDataSize(
    path,
    Object.entries(sizes).map(([name, count]) => ({ name, count, inputBytes: count * imageBytes })),
  );
  const classNames = names.includes(kind.names) ? await readNames(join(path, kind.names), kind) : undefined;
  const read = (part: 'train' | 'test') =>
    readRecords(path, files[part], { kind, count: sizes[part], classNames });
  return { train: await read('train'), test: await read('test') };
}

async function countRecords(
  path: string,
  files: readonly string[],
  { labelBytes }: CifarKind,
): Promise<number> {
  const recordBytes = labelBytes + imageBytes;
  let count = 0;
  for (const file of files) {
    const size = await regularFileSize(join(path, file));
    if (size === 0 || size % recordBytes !== 0)
      throw inputError(
        `${join(path, file)}: expected whole records of ${recordBytes} bytes, got ${counted(size, 'byte')}; the file is cut off: download it again`,
      );
    count += size / recordBytes;
  }
  return count;
}

interface Records {
  readonly kind: CifarKind;
  readonly count: number;
  readonly classNames: readonly string[] | undefined;
}

async function readRecords(
  path: string,
  files: readonly string[],
  { kind: { labelBytes, classes }, count, classNames }: Records,
): Promise<Dataset> {
  const inputs = new Uint8Array(new SharedArrayBuffer(count * imageBytes));
  const labels = new Uint8Array(count);
  const record = new Uint8Array(labelBytes + imageBytes);
  let example = 0;
  for (const file of files)
    await withOpenFile(join(path, file), async ({ handle, size }) => {
      for (let at = 0; at < size && example < count; at += record.length, example++) {
        await handle.read(record, 0, record.length, at);
        const label = record[labelBytes - 1];
        if (label >= classes)
          throw inputError(
            `${join(path, file)}: expected a class from 0 to ${classes - 1} at byte ${at + labelBytes - 1}, got ${label}`,
          );
        labels[example] = label;
        interleave(record.subarray(labelBytes), inputs.subarray(example * imageBytes));
      }
    });
  return dataset({ inputs, labels, shape, classes, ...(classNames === undefined ? {} : { classNames }) });
}

/** All red values, then green, then blue ones become red, green and blue of each pixel. */
function interleave(planes: Uint8Array, out: Uint8Array): void {
  for (let pixel = 0; pixel < pixels; pixel++)
    for (let channel = 0; channel < 3; channel++) out[3 * pixel + channel] = planes[channel * pixels + pixel];
}

/** A list of names is no longer. */
const mostNameBytes = 2 ** 16;

async function readNames(path: string, { classes }: CifarKind): Promise<string[]> {
  const text = Buffer.from(await readBoundedFile(path, mostNameBytes)).toString('utf8');
  const names = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  if (names.length === classes) return names;
  throw inputError(`${path}: expected the names of ${classes} classes, a line each, got ${names.length}`);
}
