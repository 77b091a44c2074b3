/** Tables in files: one, or a training and a test part, in whatever form their rows are. */
import { basename, join } from 'node:path';
import { inputError } from '../../errors.ts';
import type { DataOptions } from '../data-options.ts';
import type { Gathered } from '../tables/gather.ts';
import { labelColumn, tableDataset, tableLike } from '../tables/table.ts';
import type { Place, ReadParts } from './form.ts';

/** A form of tables. */
export interface TableForm {
  /** What its files are called, `CSV`. */
  readonly name: string;
  readonly files: RegExp;
  /** For messages: without its dot. */
  readonly extension: string;
  read(path: string): Promise<Gathered>;
}

export async function readTables(
  form: TableForm,
  place: Place,
  { label, shape }: DataOptions,
): Promise<ReadParts> {
  const { train, test } = filesOf(form, place);
  const gathered = await form.read(train);
  const names = gathered.columns.map(({ name }) => name);
  const table = tableDataset(train, gathered, labelColumn(train, names, label), shape);
  const parts = { train: table.data, columns: table.columns };
  return test === undefined ? parts : { ...parts, test: tableLike(test, await form.read(test), table) };
}

function filesOf(
  { name: form, files, extension }: TableForm,
  { path, entries }: Place,
): { readonly train: string; readonly test?: string } {
  if (entries === undefined) return { train: path };
  const tables = entries.map(({ name }) => name).filter((name) => files.test(name));
  const find = (part: string) => tables.find((name) => partOf(name) === part);
  const [train, test] = [find('train'), find('test')];
  if (train !== undefined)
    return { train: join(path, train), ...(test === undefined ? {} : { test: join(path, test) }) };
  if (tables.length === 1) return { train: join(path, tables[0]) };
  throw inputError(
    `${path}: expected train.${extension} and test.${extension}, or one ${form} file, got ${tables.join(', ')}; name one of them`,
  );
}

/** `train` of `train.csv`, and of `train-00000-of-00001.parquet`, as data sets of one file a part are called on Hugging Face. */
const partOf = (name: string): string =>
  basename(name.toLowerCase())
    .split('.')[0]
    .replace(/-0+-of-0*1$/, '');
