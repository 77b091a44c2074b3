/** A directory of images by class: CLASS/image.png, in train/ and test/ or split by seed. */
import { stat } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import { inputError } from '../../errors.ts';
import { describe } from '../../files/open-file.ts';
import type { Bitmap } from '../../formats/image/bitmap.ts';
import { convertImage } from '../../formats/image/convert.ts';
import { uprightSize } from '../../formats/image/orientation.ts';
import { openImage, readImageHeader } from '../../formats/image-files/read-image.ts';
import { sha256 } from '../../sha256.ts';
import { type ImageShape, type Shape, sizeOf } from '../../shape.ts';
import { counted } from '../../shown.ts';
import { byCodePoints } from '../by-code-points.ts';
import type { DataOptions } from '../data-options.ts';
import { checkDataSize } from '../data-size.ts';
import { dataset, mostClasses } from '../dataset.ts';
import { notePlaces } from '../example-places.ts';
import type { Entry, ExampleSource, OpenedData, Place, ReadParts } from './form.ts';
import { listEntries } from './listing.ts';

/** Names of a directory that holds the test part; the first that is there counts. */
const testNames = ['test', 'val', 'validation', 'valid'];

/** A class, or a part's images of it. */
interface ClassImages {
  readonly name: string;
  readonly paths: readonly string[];
}

/** An image of a class. */
interface LabelledImage {
  readonly path: string;
  readonly label: number;
}

/** What lies in a directory, before images are read. */
interface ImageListing {
  readonly train: readonly LabelledImage[];
  readonly test?: readonly LabelledImage[];
  readonly classNames: readonly string[];
  readonly shape: ImageShape;
  /** Whether images of another size become that. */
  readonly isResized: boolean;
  readonly notes: readonly string[];
}

export async function readImageDirectory(place: Place, options: DataOptions): Promise<ReadParts> {
  const listing = await listImageDirectory(place, options);
  const { train, test, shape, classNames, notes } = listing;
  checkDataSize(
    place.path,
    Object.entries({ train, ...(test === undefined ? {} : { test }) }).map(([name, { length: count }]) => ({
      ...{ name, count, inputBytes: count * sizeOf(shape) },
    })),
  );
  const changes = new Map<string, number>();
  const read = async (images: readonly LabelledImage[]) =>
    notePlaces(
      dataset({
        inputs: await readImages(images, listing, changes),
        labels: images.map(({ label }) => label),
        ...{ shape, classNames },
      }),
      (example) => images[example].path,
    );
  const parts = { train: await read(train), ...(test === undefined ? {} : { test: await read(test) }) };
  return { ...parts, notes: [...notes, ...changeNotes(changes)] };
}

/** The same, of images that are read when they are asked for. */
export async function openImageDirectory(place: Place, options: DataOptions): Promise<OpenedData> {
  const listing = await listImageDirectory(place, options);
  const { train, test, shape, classNames, notes } = listing;
  const part = (images: readonly LabelledImage[]): ExampleSource => ({
    labels: images.map(({ label }) => label),
    read: (examples) =>
      readImages(
        examples.map((example) => images[example]),
        listing,
        new Map(),
      ),
    identity: () => identityOf(place.path, images),
  });
  return {
    ...{ shape, classNames, classes: classNames.length, inputType: 'uint8', train: part(train) },
    ...(test === undefined ? {} : { test: part(test) }),
    ...(notes.length === 0 ? {} : { notes }),
  };
}

/** Files that are looked at together. */
const atOnce = 256;

/** Paths from the directory on: it may lie elsewhere. */
async function identityOf(directory: string, images: readonly LabelledImage[]): Promise<string> {
  const lines: string[] = [];
  for (let first = 0; first < images.length; first += atOnce)
    lines.push(
      ...(await Promise.all(
        images.slice(first, first + atOnce).map(async ({ path, label }) => {
          const name = relative(directory, path).split(sep).join('/');
          return JSON.stringify([name, await bytesIn(path), label]);
        }),
      )),
    );
  return sha256(lines.join('\n'));
}

const bytesIn = (path: string): Promise<number> =>
  stat(path).then(
    ({ size }) => size,
    (error: unknown) => {
      throw inputError(`${path}: expected a PNG or JPEG image, got ${describe(error)}`, error);
    },
  );

async function listImageDirectory(
  { path, entries = [] }: Place,
  { shape }: DataOptions,
): Promise<ImageListing> {
  const parts = partsOf(path, entries);
  const train = await listClasses(parts.train);
  const classNames = train.map(({ name }) => name);
  const test = parts.test === undefined ? undefined : await listClasses(parts.test);
  const unknown = test?.find(({ name }) => !classNames.includes(name));
  if (unknown !== undefined)
    throw inputError(
      `${join(`${parts.test}`, unknown.name)}: expected a class that ${parts.train} has too, got ${unknown.name}`,
    );
  const numbers = new Map(classNames.map((name, label) => [name, label]));
  const labelled = (classes: readonly ClassImages[]) =>
    classes.flatMap(({ name, paths }) =>
      paths.map((each) => ({ path: each, label: numbers.get(name) ?? 0 })),
    );
  return {
    ...{ classNames, train: labelled(train), isResized: shape !== undefined },
    ...(test === undefined ? {} : { test: labelled(test) }),
    shape: checkedShape(shape) ?? (await commonShape([...train, ...(test ?? [])])),
    notes: parts.unread.map((name) => `${join(path, name)} is not read`),
  };
}

function partsOf(path: string, entries: readonly Entry[]) {
  const names = entries.filter(({ isDirectory }) => isDirectory).map(({ name }) => name);
  if (!names.includes('train')) return { train: path, unread: [] };
  const test = testNames.find((name) => names.includes(name));
  return {
    train: join(path, 'train'),
    ...(test === undefined ? {} : { test: join(path, test) }),
    unread: names.filter((name) => name !== 'train' && name !== test),
  };
}

/** The classes, in the order of their names: by value where all are whole numbers, else by code points. */
async function listClasses(directory: string): Promise<ClassImages[]> {
  const found = await listEntries(directory);
  // A README and the like may lie beside the classes; an image there would be missing in them.
  const stray = found.find(
    ({ name, isDirectory }) => !isDirectory && imageNames.includes(extname(name).toLowerCase()),
  );
  if (stray !== undefined)
    throw inputError(
      `${join(directory, stray.name)}: expected images in a directory for each class, got one beside these`,
    );
  const names = found.filter(({ isDirectory }) => isDirectory).map(({ name }) => name);
  if (names.length === 0 || names.length > mostClasses)
    throw inputError(
      `${directory}: expected a directory for each of 1 to ${mostClasses} classes, got ${names.length}`,
    );
  const areNumbers = names.every((name) => /^\d{1,9}$/.test(name));
  names.sort(areNumbers ? (a, b) => Number(a) - Number(b) || byCodePoints(a, b) : byCodePoints);
  return Promise.all(
    names.map(async (name) => {
      const paths = await listImages(join(directory, name));
      if (paths.length > 0) return { name, paths };
      throw inputError(
        `${join(directory, name)}: expected PNG or JPEG images of the class ${name}, found none; remove the directory, or put images there`,
      );
    }),
  );
}

const imageNames = ['.png', '.jpg', '.jpeg'];

/** Deeper ones are a circle of links. */
const mostDepth = 8;

/** Also those in directories below, in the order of their paths. */
async function listImages(directory: string, depth = 1): Promise<string[]> {
  if (depth > mostDepth)
    throw inputError(
      `${directory}: expected images at most ${mostDepth} directories deep, got another directory`,
    );
  const inside: string[] = [];
  for (const { name, isDirectory } of await listEntries(directory)) {
    const path = join(directory, name);
    if (isDirectory) inside.push(...(await listImages(path, depth + 1)));
    else inside.push(path);
  }
  return inside;
}

function checkedShape(shape: Shape | undefined): ImageShape | undefined {
  if (shape === undefined) return undefined;
  const [height, width, channels] = shape;
  if (shape.length === 3 && (channels === 1 || channels === 3)) return [height, width, channels];
  throw inputError(
    `Expected \`shape\` to be height, width and 1 or 3 channels for images, got ${shape.join(',')}`,
  );
}

/** The first image's size, and colour where any of them has it. */
async function commonShape(classes: readonly ClassImages[]): Promise<ImageShape> {
  const [first] = classes[0].paths;
  const { width, height } = uprightSize(await openImage(first));
  for (const { paths } of classes)
    for (const path of paths) if ((await readImageHeader(path)).isColour) return [height, width, 3];
  return [height, width, 1];
}

/**
 * [images, ...shape]
 * @param changes in words, how many images were changed so; written
 */
async function readImages(
  images: readonly LabelledImage[],
  { shape, isResized }: ImageListing,
  changes: Map<string, number>,
): Promise<Uint8Array> {
  const size = sizeOf(shape);
  const inputs = new Uint8Array(new SharedArrayBuffer(images.length * size));
  for (const [row, { path }] of images.entries()) {
    const bitmap = await openImage(path);
    if (!isResized) checkSize(path, bitmap, shape);
    const { values, notes } = convertImage(path, bitmap, shape, false);
    inputs.set(values, row * size);
    for (const note of notes) changes.set(note, (changes.get(note) ?? 0) + 1);
  }
  return inputs;
}

/** More kinds of changes are too many to be read. */
const mostNotes = 8;

function changeNotes(changes: ReadonlyMap<string, number>): string[] {
  const notes = Array.from(changes, ([change, images]) => `${counted(images, 'image')} ${change}`);
  const others = notes.length - mostNotes;
  return others <= 0 ? notes : [...notes.slice(0, mostNotes), `${others} changes of other kinds`];
}

function checkSize(path: string, bitmap: Bitmap, [height, width, channels]: ImageShape): void {
  const seen = uprightSize(bitmap);
  if (seen.width === width && seen.height === height) return;
  throw inputError(
    `${path}: expected ${width} x ${height} pixels, as the first image has, got ${seen.width} x ${seen.height}; give \`shape\` to resize all, e.g. ${height},${width},${channels}`,
  );
}
