/** From a table's rows to a data set. */
import { GradpoolError, inputError, usageError } from '../../errors.ts';
import { type Shape, sizeOf } from '../../shape.ts';
import { asCode, counted } from '../../shown.ts';
import { byCodePoints } from '../by-code-points.ts';
import { type Dataset, dataset, mostClasses } from '../dataset.ts';
import { notePlaces, type PlaceOf } from '../example-places.ts';
import { type TableColumn, type TableColumns, widthOf } from '../table-columns.ts';
import type { Gathered } from './gather.ts';

/** Names of the column of labels where none is asked for. */
const labelNames = ['label', 'labels', 'class', 'target', 'species', 'y'];

/**
 * Which column has the labels.
 * @throws GradpoolError of kind 'usage' for a name that no column has; of kind 'input' where none is asked for and
 *   none or several may be it
 */
export function labelColumn(path: string, names: readonly string[], asked: string | undefined): number {
  if (asked !== undefined) {
    const found = names.indexOf(asked);
    if (found >= 0) return found;
    throw usageError(`Expected \`label\` to be a column of ${path} (${listed(names)}), got ${asCode(asked)}`);
  }
  const found = names.flatMap((name, index) => (labelNames.includes(name.toLowerCase()) ? [index] : []));
  if (found.length === 1) return found[0];
  throw inputError(
    found.length === 0
      ? `${path}: expected a column of labels (${labelNames.join(', ')}), got ${listed(names)}; name it with \`label\``
      : `${path}: expected one column of labels, got ${found.map((index) => asCode(names[index])).join(' and ')}; name it with \`label\``,
  );
}

const listed = (names: readonly string[]): string =>
  names.length <= 12 ? names.join(', ') : `${names.slice(0, 10).join(', ')} and ${names.length - 10} others`;

/** A training part, and what its columns are. */
export interface ReadTable {
  readonly data: Dataset;
  readonly columns: TableColumns;
}

/** @param shape of an example, where it is asked for */
export function tableDataset(
  path: string,
  gathered: Gathered,
  label: number,
  shape: Shape | undefined,
): ReadTable {
  const inputs = gathered.columns
    .filter((_, column) => column !== label)
    .map(
      ({ name, texts }): TableColumn =>
        texts === undefined ? { name } : { name, categories: texts.toSorted(byCodePoints) },
    );
  const width = widthOf({ inputs });
  if (width === 0 || gathered.count === 0)
    throw inputError(`${path}: expected rows of a label and at least one other column, got none`);
  if (shape !== undefined && sizeOf(shape) !== width)
    throw usageError(
      `Expected \`shape\` to hold ${counted(width, 'value')}, as a row of ${path} has, got ${shape.join(',')}, which is ${sizeOf(shape)}`,
    );
  const labels = labelsOf(path, gathered, label);
  const described = { inputs, label: gathered.columns[label].name };
  const inputType = isImage(gathered, label, shape) ? 'uint8' : 'float32';
  const columns: TableColumns = { ...described, inputType };
  const values = inputsOf(path, gathered, columns);
  const data = toDataset(path, { inputs: values, shape: shape ?? [width], ...labels });
  return { columns, data: notePlaces(data, rowsOf(path, gathered.where)) };
}

/** A part that has to have the columns and classes of another one; columns are found by their names. */
export function tableLike(path: string, gathered: Gathered, { columns, data }: ReadTable): Dataset {
  const label = gathered.columns.findIndex(({ name }) => name === columns.label);
  if (label < 0)
    throw inputError(
      `${path}: expected the column of labels ${asCode(columns.label)}, got ${listed(gathered.columns.map(({ name }) => name))}; without labels it is no test part: name the training file alone`,
    );
  const { classes, classNames, shape } = data;
  const labels = new Float64Array(gathered.count);
  for (let row = 0; row < gathered.count; row++) {
    const number = classOf(gathered, row, label, classNames);
    if (number === undefined || number >= classes)
      throw inputError(
        `${path}: expected a class of the training part in column ${asCode(columns.label)}, got ${asCode(textOf(gathered, row, label))} in ${gathered.where(row)}`,
      );
    labels[row] = number;
  }
  const named = classNames === undefined ? {} : { classNames };
  const inputs = inputsOf(path, gathered, columns);
  const own = toDataset(path, { inputs, shape, labels, classes, ...named });
  return notePlaces(own, rowsOf(path, gathered.where));
}

/** Holds nothing of the table itself. */
const rowsOf =
  (path: string, where: Gathered['where']): PlaceOf =>
  (row) =>
    `${path} ${where(row)}`;

/** A cell as it stands in the table. */
function textOf({ columns, value }: Gathered, row: number, column: number): string {
  const { texts } = columns[column];
  return texts === undefined ? `${value(row, column)}` : texts[value(row, column)];
}

/** The class of a row, by its name where classes have names. @returns undefined where it is none */
export function classOf(
  gathered: Gathered,
  row: number,
  label: number,
  classNames: readonly string[] | undefined,
): number | undefined {
  const text = textOf(gathered, row, label);
  const number = classNames === undefined ? Number(text) : classNames.indexOf(text);
  return Number.isInteger(number) && number >= 0 ? number : undefined;
}

/** Every column but that of labels as an input: pixels, where a model of images takes them. */
export function pixelColumns(gathered: Gathered, input: Shape): TableColumns {
  const names = gathered.columns.map(({ name }) => name);
  const label = names.findIndex((name) => labelNames.includes(name.toLowerCase()));
  return {
    inputs: names.filter((_, column) => column !== label).map((name) => ({ name })),
    label: names[label] ?? '',
    inputType: isImage(gathered, label, input) ? 'uint8' : 'float32',
  };
}

/** Inputs of a table's rows; its columns are found by their names, and others are passed over. */
export function inputsOf(path: string, gathered: Gathered, columns: TableColumns): Uint8Array | Float32Array {
  const width = widthOf(columns);
  const { count } = gathered;
  const bytes = columns.inputType === 'uint8' ? 1 : 4;
  const memory = new SharedArrayBuffer(count * width * bytes);
  const inputs = columns.inputType === 'uint8' ? new Uint8Array(memory) : new Float32Array(memory);
  let first = 0;
  for (const column of columns.inputs) {
    const write = columnWriter(path, gathered, column, columns.inputType);
    for (let row = 0; row < count; row++) write(row, inputs, row * width + first);
    first += column.categories?.length ?? 1;
  }
  return inputs;
}

/** Writes a column's inputs of a row. */
function columnWriter(
  path: string,
  gathered: Gathered,
  { name, categories }: TableColumn,
  inputType: TableColumns['inputType'],
): (row: number, out: Uint8Array | Float32Array, at: number) => void {
  const place = gathered.columns.findIndex((column) => column.name === name);
  if (place < 0)
    throw inputError(
      `${path}: expected the column ${asCode(name)}, got ${listed(gathered.columns.map((column) => column.name))}`,
    );
  const { texts } = gathered.columns[place];
  if ((texts === undefined) !== (categories === undefined))
    throw inputError(
      `${path}: expected ${texts === undefined ? 'text' : 'numbers'} in column ${asCode(name)}, as in the training part, got ${texts === undefined ? 'numbers' : asCode(texts[0])}`,
    );
  if (categories === undefined || texts === undefined)
    return (row, out, at) => {
      const value = gathered.value(row, place);
      if (inputType === 'uint8' && !isByte(value))
        throw inputError(
          `${path}: expected whole numbers from 0 to 255 in column ${asCode(name)}, as in the training part, got ${value} in ${gathered.where(row)}`,
        );
      out[at] = value;
    };
  const numbers = texts.map((text) => categories.indexOf(text));
  return (row, out, at) => {
    const text = gathered.value(row, place);
    if (numbers[text] < 0)
      throw inputError(
        `${path}: expected one of ${listed(categories)} in column ${asCode(name)}, as in the training part, got ${asCode(texts[text])} in ${gathered.where(row)}`,
      );
    out[at + numbers[text]] = 1;
  };
}

const isByte = (value: number): boolean => Number.isInteger(value) && value >= 0 && value <= 255;

/** Whether the rows are pixels: all whole numbers from 0 to 255, more than 0 and 1, of a shape that is an image's. */
function isImage({ columns, count, value }: Gathered, label: number, shape: Shape | undefined): boolean {
  if (shape?.length !== 3 || columns.some(({ texts }, column) => column !== label && texts !== undefined))
    return false;
  let largest = 0;
  for (let row = 0; row < count; row++)
    for (let column = 0; column < columns.length; column++) {
      if (column === label) continue;
      const pixel = value(row, column);
      if (!isByte(pixel)) return false;
      if (pixel > largest) largest = pixel;
    }
  return largest > 1;
}

/** Whole numbers are class numbers; text, and whole numbers below 0, are names in the order of their values. */
function labelsOf(path: string, gathered: Gathered, label: number) {
  const { name, texts } = gathered.columns[label];
  const values = Array.from({ length: gathered.count }, (_, row) => gathered.value(row, label));
  if (texts !== undefined) {
    const classNames = texts.toSorted(byCodePoints);
    const numbers = texts.map((text) => classNames.indexOf(text));
    return { labels: values.map((text) => numbers[text]), classNames };
  }
  const broken = values.findIndex((value) => !Number.isInteger(value));
  if (broken >= 0)
    throw inputError(
      `${path}: expected whole numbers or names of classes in column ${asCode(name)}, got ${values[broken]} in ${gathered.where(broken)}; numbers that are to be predicted themselves are for \`fit\``,
    );
  if (values.every((value) => value >= 0 && value < mostClasses)) return { labels: values };
  const different = [...new Set(values)].sort((a, b) => a - b);
  const numbers = new Map(different.map((value, number) => [value, number]));
  return {
    labels: values.map((value) => numbers.get(value) ?? 0),
    classNames: different.map((value) => `${value}`),
  };
}

function toDataset(path: string, init: Parameters<typeof dataset>[0]): Dataset {
  try {
    return dataset(init);
  } catch (error) {
    if (error instanceof GradpoolError) throw inputError(`${path}: ${error.message}`, error);
    throw error;
  }
}
