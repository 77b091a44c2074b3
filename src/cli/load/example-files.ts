/** Files with examples to predict, of whatever form: told by their names or, since these can be anything, by their bytes. */
import { buffer } from 'node:stream/consumers';
import type { Dataset } from '../../data/dataset.ts';
import { inputError } from '../../errors.ts';
import { readBoundedFile, readShared, withOpenFile } from '../../files/open-file.ts';
import { isImage } from '../../formats/image-files/read-image.ts';
import { isNpy } from '../../formats/npy/npy.ts';
import { isParquet } from '../../formats/parquet/parquet.ts';
import { mostMemoryBytes } from '../../runtime/memory-limit.ts';
import { counted } from '../../shown.ts';
import type { Predicted } from '../print/prediction-table.ts';

export type ExampleKind = 'image' | 'npy' | 'csv' | 'parquet' | 'idx';

export interface ExampleFile {
  /** For messages and results: the path, or `standard input`. */
  readonly name: string;
  readonly kind: ExampleKind;
  /** Where it lies; absent for what came by standard input. */
  readonly path?: string;
  bytes(): Promise<Uint8Array>;
}

/** Examples of one element type, in one data set. */
export interface ExampleGroup {
  readonly examples: Dataset;
  /** One for each example. */
  readonly sources: readonly Pick<Predicted, 'source' | 'label'>[];
}

/** How standard input is named among files. */
export const standardInput = '-';

export const openExampleFile = (file: string): Promise<ExampleFile> =>
  file === standardInput ? readStandardInput() : openFile(file);

const endings: readonly (readonly [RegExp, ExampleKind])[] = [
  [/\.(png|jpe?g)$/i, 'image'],
  [/\.npy$/i, 'npy'],
  [/\.(csv|tsv)$/i, 'csv'],
  [/\.parquet$/i, 'parquet'],
];

async function openFile(path: string): Promise<ExampleFile> {
  const named = endings.find(([ending]) => ending.test(path))?.[1];
  const start = await withOpenFile(path, (file) => readShared(file, Math.min(file.size, startBytes)));
  const kind = named ?? kindOf(start) ?? 'idx';
  return { name: path, path, kind, bytes: () => readBoundedFile(path, mostMemoryBytes) };
}

/** An archive of them begins with as many. */
const startBytes = 8;

function kindOf(start: Uint8Array): ExampleKind | undefined {
  if (isImage(start)) return 'image';
  if (isParquet(start)) return 'parquet';
  return isNpy(start) ? 'npy' : undefined;
}

async function readStandardInput(): Promise<ExampleFile> {
  const name = 'standard input';
  if (process.stdin.isTTY)
    throw inputError(`Expected examples from ${name}, got a terminal; name files, or send one: < digit.png`);
  const bytes = await buffer(process.stdin);
  if (bytes.length === 0 || bytes.length > mostMemoryBytes)
    throw inputError(`${name}: expected 1 to ${mostMemoryBytes} bytes, got ${counted(bytes.length, 'byte')}`);
  const kind = kindOf(bytes) ?? (bytes.subarray(0, 1024).includes(0) ? 'idx' : 'csv');
  return { name, kind, bytes: async () => bytes };
}
