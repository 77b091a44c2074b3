import type { Dataset } from '../data/dataset.ts';
import { readShared, withFile } from '../data/file.ts';
import { readImages } from '../data/idx-directory.ts';
import { readPng } from '../data/png.ts';
import { unlabelled } from '../data/unlabelled.ts';
import { inputError } from '../errors.ts';
import { type ImageShape, type Shape, sizeOf } from '../model/network.ts';
import type { NamedData } from './data.ts';
import { notice } from './output.ts';
import type { Predicted } from './prediction-table.ts';

export interface ExamplesWanted {
  readonly files: readonly string[];
  /** Of test images. */
  readonly indices: readonly number[];
  /** The data set that the indices are about. */
  readonly loadData: () => Promise<NamedData>;
  /** The model's input. */
  readonly input: Shape;
  /** Refuse images that would have to be converted. */
  readonly strict: boolean;
  /** Make bright what is dark in PNG images. */
  readonly invert: boolean;
}

/** Examples of one element type, in one data set. */
export interface ExampleGroup {
  readonly examples: Dataset;
  /** One for each example. */
  readonly sources: readonly Pick<Predicted, 'source' | 'label'>[];
}

/** Reads all that was asked for: PNG files first, then IDX files, then test images. */
export async function readExamples(wanted: ExamplesWanted): Promise<ExampleGroup[]> {
  const pngs: string[] = [];
  const idxs: string[] = [];
  for (const file of wanted.files) ((await isPng(file)) ? pngs : idxs).push(file);
  const groups: ExampleGroup[] = [];
  if (pngs.length > 0) groups.push(await readPngs(pngs, wanted));
  for (const file of idxs) groups.push(await readIdxFile(file));
  if (wanted.indices.length > 0) groups.push(await pickTestImages(wanted));
  return groups;
}

/** By its name or, since names can be anything, by its first bytes. */
async function isPng(path: string): Promise<boolean> {
  if (path.toLowerCase().endsWith('.png')) return true;
  const start = await withFile(path, (file) => readShared(file, Math.min(file.size, pngSignature.length)));
  return pngSignature.equals(start);
}

const pngSignature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');

async function readPngs(
  paths: readonly string[],
  { input, strict, invert }: ExamplesWanted,
): Promise<ExampleGroup> {
  const shape = imageShape(input);
  const size = sizeOf(shape);
  const inputs = new Uint8Array(new SharedArrayBuffer(paths.length * size));
  for (const [row, path] of paths.entries()) {
    const { values, notes, doubts } = await readPng(path, shape, { invert });
    const unasked = invert ? notes.slice(0, -1) : notes;
    if (strict && unasked.length > 0)
      throw inputError(
        `${path}: expected an image that fits as it is (\`strict\`), got one to be ${unasked.join(', ')}`,
      );
    const remarks = [...(notes.length > 0 ? [notes.join(', ')] : []), ...doubts];
    if (remarks.length > 0) notice(`${path}: ${remarks.join('; ')}`);
    inputs.set(values, row * size);
  }
  return { examples: unlabelled({ inputs, shape }), sources: paths.map((source) => ({ source })) };
}

async function readIdxFile(path: string): Promise<ExampleGroup> {
  const { inputs, shape, count } = await readImages(path);
  return {
    examples: unlabelled({ inputs, shape }),
    sources: Array.from({ length: count }, (_, row) => ({ source: `${path}[${row}]` })),
  };
}

async function pickTestImages({ indices, loadData }: ExamplesWanted): Promise<ExampleGroup> {
  const { test, name, note } = await loadData();
  if (note !== undefined) notice(note);
  const beyond = indices.find((index) => index >= test.count);
  if (beyond !== undefined)
    throw inputError(
      `Expected \`index\` to be from 0 to ${test.count - 1} in the test images of ${name}, got ${beyond}`,
    );
  const size = sizeOf(test.shape);
  const inputs = new (test.inputType === 'uint8' ? Uint8Array : Float32Array)(indices.length * size);
  indices.forEach((index, row) => {
    inputs.set(test.inputs.subarray(index * size, (index + 1) * size), row * size);
  });
  return {
    examples: unlabelled({ inputs, shape: test.shape }),
    sources: indices.map((index) => ({ source: `test[${index}]`, label: test.labels[index] })),
  };
}

function imageShape(input: Shape): ImageShape {
  const [height, width, channels] = input;
  if (input.length === 3) return [height, width, channels];
  throw inputError(
    `Expected a model that takes images [height, width, channels] for PNG files, got one that takes [${input.join(', ')}]`,
  );
}
