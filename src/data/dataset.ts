import { types } from 'node:util';
import { shape as checkedShape, object, unexpected } from '../check.ts';
import { inputError, usageError } from '../errors.ts';
import { type Shape, sizeOf } from '../shape.ts';
import { asCode, counted, shown } from '../shown.ts';
import { checkDataSize } from './data-size.ts';
import type { InputArray, InputType } from './input-type.ts';

/** Labelled examples. The arrays stand on shared memory, so that handing them to the coordinator copies nothing. */
export interface Dataset {
  /** The shape of one example, e.g. [28, 28, 1]. */
  readonly shape: Shape;
  readonly count: number;
  readonly inputType: InputType;
  /** [count, ...shape], row-major; uint8 values stand for value / 255, but where only embeddings read them. */
  readonly inputs: InputArray;
  /** [count] class numbers, each below `classes`. */
  readonly labels: Uint32Array;
  readonly classes: number;
  /** [classes] what each class is called; absent where classes are numbers alone. */
  readonly classNames?: readonly string[];
}

/** A data set's two parts. */
export interface DatasetPair {
  readonly train: Dataset;
  readonly test: Dataset;
  /** What was made of the files that they do not say themselves, in words; absent for most. */
  readonly notes?: readonly string[];
}

/** What a caller gives to make a data set. */
export interface DatasetInit {
  /**
   * [count, ...shape], row-major. Uint8Array: values stand for value / 255. Int32Array (words of an embedding) and
   * Float32Array: taken as they are, finite.
   */
  readonly inputs: InputArray;
  /** [count] class numbers from 0. */
  readonly labels: ArrayLike<number>;
  /** The shape of one example, e.g. [28, 28, 1]. */
  readonly shape: Shape;
  /** Default: as many as `classNames`, or the largest label plus one. */
  readonly classes?: number;
  /** What each class is called, for whoever reads predictions; each name once. */
  readonly classNames?: readonly string[];
}

/**
 * A data set from typed arrays (copied into shared memory unless they stand there already: those are read where they are,
 * and must not change while they are worked on).
 * @throws GradpoolError of kind 'usage' for what are no arrays, of kind 'input' when sizes do not fit together or a
 *   label is no class number
 * @example dataset({ inputs: new Uint8Array(2 * 784), labels: [3, 7], shape: [28, 28, 1], classes: 10 })
 */
export function dataset(init: DatasetInit): Dataset {
  return datasetFrom(object(init, 'init', 'call dataset({ inputs, labels, shape })'), '');
}

/**
 * A data set that a caller gave as an argument: one that `dataset` made, or what it makes one of.
 * @param name of the argument, e.g. `data.train`
 * @throws GradpoolError as `dataset` does, in the words of whoever gave the argument
 */
export function datasetOf(given: unknown, name: string): Dataset {
  if (isMade(given)) return given;
  return datasetFrom(
    object(given, name, 'pass { inputs, labels, shape }, or what `dataset` makes of it'),
    `${name}.`,
  );
}

/** They cannot be changed, so whatever is among them is checked. */
const ready = new WeakSet<object>();

const isMade = (value: unknown): value is Dataset =>
  typeof value === 'object' && value !== null && ready.has(value);

/** @param prefix what stands before the names of the fields, in messages */
export function datasetFrom(init: Readonly<Record<string, unknown>>, prefix: string): Dataset {
  const shape = checkedShape(init.shape, `${prefix}shape`);
  const named = init.classes === undefined ? undefined : checkedClasses(init.classes, `${prefix}classes`);
  const classNames =
    init.classNames === undefined ? undefined : checkedNames(init.classNames, `${prefix}classNames`, named);
  const classes = named ?? classNames?.length;
  const inputs = checkedInputs(init.inputs, `${prefix}inputs`);
  const labels = checkedList(init.labels, `${prefix}labels`);
  const { length: count } = labels;
  if (count === 0)
    throw inputError(`Expected \`${prefix}labels\` to hold at least one example's label, got none`);
  const size = sizeOf(shape);
  if (inputs.length !== count * size)
    throw inputError(
      `Expected \`${prefix}inputs\` to hold ${counted(count, 'example')} (as many as labels) of ${counted(size, 'value')} (shape [${shape.join(', ')}]), got ${counted(inputs.length, 'value')}`,
    );
  checkDataSize(
    '`dataset`',
    [{ name: `\`${prefix}inputs\``, count, inputBytes: inputs.byteLength }],
    Number.POSITIVE_INFINITY,
  );
  const { own, largest } = checkedLabels(labels, `${prefix}labels`, classes);
  const result: Dataset = Object.freeze({
    shape: Object.freeze([...shape]),
    count,
    ...sharedInputs(inputs, `${prefix}inputs`),
    labels: own,
    classes: classes ?? largest + 1,
    ...(classNames === undefined ? {} : { classNames: Object.freeze([...classNames]) }),
  });
  ready.add(result);
  return result;
}

/** A label beyond this is a damaged label: each class costs the model a row of parameters. */
export const mostClasses = 65_536;

function checkedClasses(classes: unknown, name: string): number {
  if (typeof classes === 'number' && Number.isInteger(classes) && classes >= 1 && classes <= mostClasses)
    return classes;
  throw usageError(`Expected \`${name}\` to be an integer from 1 to ${mostClasses}, got ${plain(classes)}`);
}

function checkedNames(names: unknown, name: string, classes: number | undefined): readonly string[] {
  const isList = Array.isArray(names) && names.length > 0 && names.every((each) => typeof each === 'string');
  if (!isList) throw unexpected(name, 'a list of names', names);
  if (names.length !== (classes ?? names.length) || names.length > mostClasses)
    throw usageError(
      `Expected \`${name}\` to be a name for each of ${counted(classes ?? mostClasses, 'class')}, got ${names.length}`,
    );
  const twice = firstTwice(names);
  if (twice !== undefined)
    throw usageError(`Expected \`${name}\` to be a name for each class, got ${asCode(twice)} twice`);
  return names;
}

/** The first value that was there before. */
export function firstTwice<T>(values: Iterable<T>): T | undefined {
  const known = new Set<T>();
  for (const value of values) {
    if (known.has(value)) return value;
    known.add(value);
  }
  return undefined;
}

export function checkedInputs(inputs: unknown, name: string): InputArray {
  if (types.isUint8Array(inputs) || types.isInt32Array(inputs)) return inputs;
  if (!types.isFloat32Array(inputs))
    throw unexpected(name, 'a Uint8Array, an Int32Array or a Float32Array', inputs, conversionOf(inputs));
  return inputs;
}

function checkedFloats(inputs: Float32Array, name: string): Float32Array {
  const bad = inputs.findIndex((value) => !Number.isFinite(value));
  if (bad < 0) return inputs;
  throw inputError(`Expected \`${name}\` to be finite, got ${inputs[bad]} at index ${bad}`);
}

/** What to do with an array of another kind, where that is clear. */
function conversionOf(inputs: unknown): string {
  if (inputs instanceof Uint8ClampedArray) return 'convert it: Uint8Array.from(inputs)';
  const isTyped = ArrayBuffer.isView(inputs) && !(inputs instanceof DataView);
  if (isTyped || Array.isArray(inputs))
    return `convert ${Array.isArray(inputs) && inputs.some(Array.isArray) ? 'its values, flat' : 'it'}: Float32Array.from(inputs), or Uint8Array where a value of 255 stands for 1`;
  const isTensor = typeof (inputs as { dataSync?: unknown } | null | undefined)?.dataSync === 'function';
  return isTensor ? "take a tensor's values: await inputs.data()" : '';
}

function checkedList(labels: unknown, name: string): ArrayLike<unknown> {
  const length = typeof labels === 'object' ? (labels as { length?: unknown } | null)?.length : undefined;
  if (typeof length === 'number' && Number.isSafeInteger(length) && length >= 0)
    return labels as ArrayLike<unknown>;
  throw unexpected(name, 'a list of class numbers, an array or typed array', labels);
}

const plain = (value: unknown): string => (typeof value === 'number' ? `${value}` : shown(value));

function checkedLabels(labels: ArrayLike<unknown>, name: string, classes = mostClasses) {
  const own = new Uint32Array(new SharedArrayBuffer(labels.length * 4));
  let largest = 0;
  for (let example = 0; example < labels.length; example++) {
    const label = labels[example];
    if (typeof label !== 'number' || !Number.isInteger(label) || label < 0 || label >= classes)
      throw inputError(
        `Expected the label of example ${example} (\`${name}\`) to be a class number from 0 to ${classes - 1}, got ${plain(label)}`,
      );
    own[example] = label;
    if (label > largest) largest = label;
  }
  return { own, largest };
}

function sharedInputs(inputs: InputArray, name: string): Pick<Dataset, 'inputType' | 'inputs'> {
  if (types.isUint8Array(inputs)) return { inputType: 'uint8', inputs: shared(inputs) };
  if (types.isInt32Array(inputs)) return { inputType: 'int32', inputs: shared(inputs) };
  return { inputType: 'float32', inputs: shared(checkedFloats(inputs, name)) };
}

function shared<Values extends InputArray>(values: Values): Values {
  if (values.buffer instanceof SharedArrayBuffer) return values;
  const Kind = values.constructor as new (buffer: SharedArrayBuffer) => Values;
  const copy = new Kind(new SharedArrayBuffer(values.byteLength));
  copy.set(values);
  return copy;
}
