/** The same examples, written in every form that data of one's own may have. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { encode } from 'fast-png';
import { idxBytes } from './files.ts';

/** One part: images of 32 x 32 x 3, sorted by class. */
export interface PlainPart {
  /** [count, 32, 32, 3] */
  readonly images: Uint8Array;
  readonly labels: readonly number[];
}

export interface PlainData {
  readonly train: PlainPart;
  readonly test: PlainPart;
}

export const imageShape = [32, 32, 3] as const;
export const imageSize = 32 * 32 * 3;
export const classNames = ['ant', 'bee', 'cat', 'dog', 'elk', 'fox', 'gnu', 'hen', 'ibis', 'jay'];

/** Images without a pattern, no two alike. */
export function plainPart(labels: readonly number[], seed: number): PlainPart {
  const images = Uint8Array.from({ length: labels.length * imageSize }, (_, index) =>
    Math.floor(Math.abs(Math.sin(seed + index) * 1e6) % 256),
  );
  return { images, labels };
}

/** Of ten classes, the first two twice in the training set. */
export const plainData: PlainData = {
  train: plainPart([0, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9], 1),
  test: plainPart([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], 2),
};

/** The image of an example. */
export const imageOf = ({ images }: PlainPart, example: number): Uint8Array =>
  images.subarray(example * imageSize, (example + 1) * imageSize);

export const pngOf = (image: Uint8Array): Uint8Array =>
  encode({ width: 32, height: 32, channels: 3, depth: 8, data: image });

/** Writes a file and the directories that it lies in. @returns its path */
export function put(path: string, bytes: Uint8Array | string): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
  return path;
}

export function writeIdx(directory: string, { train, test }: PlainData): string {
  for (const [name, part] of Object.entries({ train, t10k: test })) {
    const shape = [part.labels.length, ...imageShape];
    put(join(directory, `${name}-images-idx4-ubyte`), idxBytes(shape, part.images));
    put(join(directory, `${name}-labels-idx1-ubyte`), idxBytes([part.labels.length], part.labels));
  }
  return directory;
}

/** @param parts by their directories' names */
export function writeImages(
  directory: string,
  parts: PlainData | Readonly<Record<string, PlainPart>>,
): string {
  for (const [name, part] of Object.entries(parts))
    for (const [example, label] of part.labels.entries())
      put(
        join(directory, name, classNames[label], `${String(example).padStart(4, '0')}.png`),
        pngOf(imageOf(part, example)),
      );
  return directory;
}

/** A record of CIFAR-10: the class, then all red, green and blue values. */
export function cifarRecord(label: number, image: Uint8Array): Buffer {
  const record = Buffer.alloc(1 + imageSize);
  record[0] = label;
  for (let pixel = 0; pixel < 1024; pixel++)
    for (let channel = 0; channel < 3; channel++)
      record[1 + channel * 1024 + pixel] = image[3 * pixel + channel];
  return record;
}

const cifarFile = (part: PlainPart, from: number, to: number): Buffer =>
  Buffer.concat(
    part.labels.slice(from, to).map((label, row) => cifarRecord(label, imageOf(part, from + row))),
  );

export function writeCifar(directory: string, { train, test }: PlainData): string {
  put(join(directory, 'data_batch_1.bin'), cifarFile(train, 0, 5));
  put(join(directory, 'data_batch_2.bin'), cifarFile(train, 5, train.labels.length));
  put(join(directory, 'test_batch.bin'), cifarFile(test, 0, test.labels.length));
  put(join(directory, 'batches.meta.txt'), `${classNames.join('\n')}\n\n`);
  return directory;
}

/** A table of pixels, a row an example, with the class in its first column. */
export function csvOf({ images, labels }: PlainPart): string {
  const names = Array.from({ length: imageSize }, (_, pixel) => `pixel${pixel}`);
  const rows = labels.map((label, example) => [label, ...imageOf({ images, labels }, example)].join(','));
  return `${['label', ...names].join(',')}\n${rows.join('\n')}\n`;
}

export function writeCsv(directory: string, { train, test }: PlainData): string {
  put(join(directory, 'train.csv'), csvOf(train));
  put(join(directory, 'test.csv'), csvOf(test));
  return directory;
}
