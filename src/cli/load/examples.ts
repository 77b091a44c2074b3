import { imagesIn, readImages } from '../../data/idx-directory.ts';
import { pickInputs } from '../../data/sources/split.ts';
import { unlabelled } from '../../data/unlabelled.ts';
import { inputError } from '../../errors.ts';
import { convertImage } from '../../formats/image/convert.ts';
import { decodeImage } from '../../formats/image-files/read-image.ts';
import { parseNpy } from '../../formats/npy/npy.ts';
import { type ImageShape, type Shape, sizeOf } from '../../shape.ts';
import { notice } from '../print/output.ts';
import type { NamedData } from './data.ts';
import { type ExampleFile, type ExampleGroup, type ExampleKind, openExampleFile } from './example-files.ts';
import type { KnownTable } from './table-examples.ts';

export interface ExamplesWanted {
  readonly files: readonly string[];
  /** Of test images. */
  readonly indices: readonly number[];
  /** The data set that the indices are about. */
  readonly loadData: () => Promise<Pick<NamedData, 'name' | 'test' | 'note'>>;
  /** The model's input. */
  readonly input: Shape;
  /** Refuse images that would have to be converted. */
  readonly strict: boolean;
  /** Make bright what is dark in images. */
  readonly invert: boolean;
  readonly table: KnownTable;
}

/** Reads all that was asked for: images first, then other files, then test images. */
export async function readExamples(wanted: ExamplesWanted): Promise<ExampleGroup[]> {
  const files = await Promise.all(wanted.files.map(openExampleFile));
  const images = files.filter(({ kind }) => kind === 'image');
  const groups: ExampleGroup[] = [];
  if (images.length > 0) groups.push(await readImageFiles(images, wanted));
  for (const file of files) if (file.kind !== 'image') groups.push(await readers[file.kind](file, wanted));
  if (wanted.indices.length > 0) groups.push(await pickTestImages(wanted));
  return groups;
}

type Reader = (file: ExampleFile, wanted: ExamplesWanted) => Promise<ExampleGroup>;

const readers: Readonly<Record<Exclude<ExampleKind, 'image'>, Reader>> = {
  idx: readIdxFile,
  npy: readNpyFile,
  csv: readTable,
  parquet: readTable,
};

async function readTable(file: ExampleFile, { input, table }: ExamplesWanted): Promise<ExampleGroup> {
  return (await import('./table-examples.ts')).readTableExamples(file, input, table);
}

async function readImageFiles(
  files: readonly ExampleFile[],
  { input, strict, invert }: ExamplesWanted,
): Promise<ExampleGroup> {
  const shape = imageShape(input);
  const size = sizeOf(shape);
  const inputs = new Uint8Array(new SharedArrayBuffer(files.length * size));
  for (const [row, { name: path, bytes }] of files.entries()) {
    const bitmap = await decodeImage(path, await bytes());
    const { values, notes, doubts } = convertImage(path, bitmap, shape, invert);
    const unasked = invert ? notes.slice(0, -1) : notes;
    if (strict && unasked.length > 0)
      throw inputError(
        `${path}: expected an image that fits as it is (\`strict\`), got one to be ${unasked.join(', ')}`,
      );
    const remarks = [...(notes.length > 0 ? [notes.join(', ')] : []), ...doubts];
    if (remarks.length > 0) notice(`${path}: ${remarks.join('; ')}`);
    inputs.set(values, row * size);
  }
  return { examples: unlabelled({ inputs, shape }), sources: files.map(({ name: source }) => ({ source })) };
}

async function readIdxFile({ name, path, bytes }: ExampleFile): Promise<ExampleGroup> {
  const { inputs, shape, count } =
    path === undefined ? imagesIn(name, await bytes()) : await readImages(path);
  return { examples: unlabelled({ inputs, shape }), sources: numbered(name, count) };
}

/** An array of examples, or a single one. */
async function readNpyFile({ name, bytes }: ExampleFile, { input }: ExamplesWanted): Promise<ExampleGroup> {
  const { shape, values } = parseNpy(name, await bytes());
  const count = values.length / sizeOf(input);
  const own = sizeOf(shape.slice(1)) === sizeOf(input) ? shape[0] : 1;
  if (count !== own)
    throw inputError(
      `${name}: expected an array of [examples, ${input.join(', ')}], as the model takes, got [${shape.join(', ')}]`,
    );
  return { examples: unlabelled({ inputs: values, shape: input }), sources: numbered(name, count) };
}

const numbered = (name: string, count: number) =>
  Array.from({ length: count }, (_, row) => ({ source: `${name}[${row}]` }));

async function pickTestImages({ indices, loadData }: ExamplesWanted): Promise<ExampleGroup> {
  const { test, name, note } = await loadData();
  if (note !== undefined) notice(note);
  const beyond = indices.find((index) => index >= test.count);
  if (beyond !== undefined)
    throw inputError(
      `Expected \`index\` to be from 0 to ${test.count - 1} in the test images of ${name}, got ${beyond}`,
    );
  return {
    examples: unlabelled({ inputs: pickInputs(test, indices), shape: test.shape }),
    sources: indices.map((index) => ({ source: `test[${index}]`, label: test.labels[index] })),
  };
}

function imageShape(input: Shape): ImageShape {
  const [height, width, channels] = input;
  if (input.length === 3) return [height, width, channels];
  throw inputError(
    `Expected a model that takes images [height, width, channels] for image files, got one that takes [${input.join(', ')}]`,
  );
}
