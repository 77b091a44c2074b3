/** Tensors as the examples of a training, in shared memory. The caller's event loop gets its turn between pieces. */
import { setImmediate } from 'node:timers/promises';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { unexpected } from '../../check.ts';
import type { ExampleSet } from '../../data/example-set.ts';
import type { TargetType } from '../../data/input-type.ts';
import { inputError, usageError } from '../../errors.ts';
import { type End, inputEnds, outputEnds } from '../../model/ends.ts';
import { isObject, sameShape, show } from '../../model/keras/config/layer-config.ts';
import type { Network } from '../../model/network.ts';
import { type Shape, sizeOf } from '../../shape.ts';
import { counted } from '../../shown.ts';

/** What `model.fit` takes for x and for y. */
export type Tensors = Tensor | Tensor[] | { [name: string]: Tensor };

/** Which argument a value is, for messages, and what the model calls its tensors. */
export interface Argument {
  readonly what: string;
  readonly names: readonly string[];
}

/**
 * The tensors of an argument, one for each name: in a list or by name, a single one also as it is.
 * @throws GradpoolError for too few or too many, and what is no tensor
 */
export function tensorsOf(given: unknown, { what, names }: Argument): Tensor[] {
  const isOne = names.length === 1;
  const byName = isObject(given) && !isTensor(given) && !Array.isArray(given) ? given : undefined;
  const list = byName === undefined ? [given].flat() : names.map((name) => byName[name]);
  const wanted = isOne ? 'one tensor' : `${names.length} tensors, of ${names.map(show).join(', ')}`;
  if (list.length !== names.length && list.length > 0 && list.every(isTensor))
    throw usageError(`Expected \`${what}\` to be ${wanted}, got ${list.length}`);
  return names.map((name, place) => {
    const found = list[place];
    if (byName !== undefined && !isOne && found === undefined)
      throw usageError(
        `Expected \`${what}\` to be ${wanted}, got none of ${show(name)} but ${Object.keys(byName).map(show).join(', ') || 'no names'}`,
      );
    const own = isOne ? given : found;
    const itsName = tensorName({ what, names }, place);
    if (!isTensor(found))
      throw unexpected(itsName, 'a tensor', own, isArray(own) ? 'make one: tf.tensor(...)' : '');
    if (!['float32', 'int32', 'bool'].includes(found.dtype))
      throw inputError(`Expected \`${itsName}\` to be of type float32, int32 or bool, got ${found.dtype}`);
    if (found.isDisposed)
      throw inputError(`Expected \`${itsName}\` to be a tensor, got one that is disposed`);
    return found;
  });
}

/** One of several, for messages. */
const tensorName = ({ what, names }: Argument, place: number): string =>
  names.length === 1 ? what : `${what}.${names[place]}`;

const isArray = (given: unknown): boolean =>
  ArrayBuffer.isView(given) || (Array.isArray(given) && !given.some(isTensor));

/** It may come from another copy of TensorFlow.js, so `instanceof` says nothing. */
export const isTensor = (value: unknown): value is Tensor =>
  isObject(value) && Array.isArray(value.shape) && typeof value.data === 'function';

/** Where values are to be written: each call is for one tensor's. */
export interface Memory {
  inputs(length: number): Float32Array;
  targets(length: number): Float32Array;
  classes(length: number): Uint32Array;
}

const newMemory: Memory = {
  inputs: (length) => new Float32Array(new SharedArrayBuffer(length * 4)),
  targets: (length) => new Float32Array(new SharedArrayBuffer(length * 4)),
  classes: (length) => new Uint32Array(new SharedArrayBuffer(length * 4)),
};

/** Tensors as tfjs takes them, and what the arguments are, for messages. */
export interface Given {
  readonly x: readonly Tensor[];
  readonly y: readonly Tensor[];
  readonly names: { readonly x: Argument; readonly y: Argument };
}

/** @throws GradpoolError as `tensorsOf` does */
export function givenTensors(
  { inputNames, outputNames }: Pick<LayersModel, 'inputNames' | 'outputNames'>,
  [x, y]: readonly [unknown, unknown],
  [xName, yName]: readonly [string, string],
): Given {
  const names = { x: { what: xName, names: inputNames }, y: { what: yName, names: outputNames } };
  return { x: tensorsOf(x, names.x), y: tensorsOf(y, names.y), names };
}

/**
 * An example's inputs lie one behind the other in one array, and so do its targets. Classes of one of several outputs
 * stand as one-hot vectors.
 * @param takes what the loss of each output does
 * @throws GradpoolError where the shapes, the values or the lengths of x and y do not fit the model
 */
export async function examplesOf(
  { x, y, names }: Given,
  network: Network,
  takes: readonly TargetType[],
  memory: Memory = newMemory,
): Promise<ExampleSet> {
  const inputs = inputEnds(network).map((end, place): Column => {
    const column = { ...end, tensor: x[place], what: tensorName(names.x, place) };
    checkShape(column.tensor, end.shape, column.what);
    return column;
  });
  const targets = outputEnds(network).map((end, place): Column => {
    const { shape, size, rows } = end;
    const column = { ...end, tensor: y[place], what: tensorName(names.y, place) };
    checkShape(column.tensor, takes[place] === 'class' ? [...shape.slice(0, -1), 1] : shape, column.what);
    return takes[place] === 'class' ? { ...column, classes: size / rows } : column;
  });
  const count = countOf([...inputs, ...targets]);
  const [{ classes, rows }] = targets;
  const isOfClasses = targets.length === 1 && classes !== undefined;
  // All are read before anything is waited for: the caller may dispose of them meanwhile.
  const [inputValues, targetValues] = await Promise.all([
    writeColumns(inputs, memory.inputs(count * sizeOf(network.input)), count),
    isOfClasses
      ? writeClasses(targets[0], classes, memory.classes(count * rows))
      : writeColumns(targets, memory.targets(count * network.classes), count),
  ]);
  return {
    ...{ shape: network.input, count, inputType: 'float32', inputs: inputValues },
    ...{ targetType: isOfClasses ? 'class' : 'vector', targets: targetValues },
    width: isOfClasses ? classes : network.classes,
  };
}

/** A tensor that becomes some values of each example. */
interface Column extends Pick<End, 'offset' | 'size' | 'rows'> {
  readonly tensor: Tensor;
  /** For messages. */
  readonly what: string;
  /** How many, where it holds class numbers. */
  readonly classes?: number;
}

/** @throws GradpoolError unless all are of one length */
function countOf([first, ...others]: readonly Column[]): number {
  const [count] = first.tensor.shape;
  for (const { tensor, what } of others)
    if (tensor.shape[0] !== count)
      throw inputError(
        `Expected \`${first.what}\` and \`${what}\` to be of the same length, got ${count} and ${counted(tensor.shape[0], 'example')}`,
      );
  if (count === 0) throw inputError(`Expected \`${first.what}\` to hold at least one example, got none`);
  return count;
}

/** As tfjs, takes a vector for a column. */
function checkShape({ shape }: Tensor, example: Shape, what: string): void {
  const got = shape.length === 1 ? [1] : shape.slice(1);
  if (shape.length === 0 || !sameShape(got, example))
    throw inputError(
      `Expected \`${what}\` to be of shape [examples, ${example.join(', ')}], got [${shape.join(', ')}]`,
    );
}

/** Elements that are copied at a time: a few milliseconds. */
const piece = 2 ** 20;

async function inPieces(length: number, copy: (start: number, end: number) => void): Promise<void> {
  for (let start = 0; start < length; start += piece) {
    copy(start, Math.min(start + piece, length));
    await setImmediate();
  }
}

/** @param floats [count, width], written whole */
async function writeColumns(
  columns: readonly Column[],
  floats: Float32Array,
  count: number,
): Promise<Float32Array> {
  if (columns.some(({ classes }) => classes !== undefined)) floats.fill(0);
  await Promise.all(columns.map((column) => writeColumn(column, floats, floats.length / count)));
  return floats;
}

async function writeColumn(column: Column, floats: Float32Array, width: number): Promise<void> {
  const { tensor, what, classes, offset } = column;
  const values = await tensor.data();
  /** Values that an example has in the tensor. */
  const size = tensor.size / tensor.shape[0];
  const isAlone = size === width && classes === undefined;
  await inPieces(tensor.size, (start, end) => {
    if (isAlone) floats.set(values.subarray(start, end), start);
    for (let i = start; i < end; i++) {
      if (classes === undefined && !Number.isFinite(values[i]))
        throw inputError(
          `Expected \`${what}\` to be finite, got ${values[i]} in example ${rowOf(tensor, i)}`,
        );
      if (isAlone) continue;
      const example = Math.floor(i / size);
      const [at, within] = [example * width + offset, i - example * size];
      if (classes === undefined) floats[at + within] = values[i];
      else floats[at + within * classes + classAt(values, i, column, classes)] = 1;
    }
  });
}

async function writeClasses(column: Column, classes: number, labels: Uint32Array): Promise<Uint32Array> {
  const { tensor } = column;
  const values = await tensor.data();
  await inPieces(tensor.size, (start, end) => {
    for (let i = start; i < end; i++) labels[i] = classAt(values, i, column, classes);
  });
  return labels;
}

function classAt(values: ArrayLike<number>, i: number, { tensor, what }: Column, classes: number): number {
  if (Number.isInteger(values[i]) && values[i] >= 0 && values[i] < classes) return values[i];
  throw inputError(
    `Expected \`${what}\` to hold class numbers from 0 to ${classes - 1}, got ${values[i]} in example ${rowOf(tensor, i)}`,
  );
}

const rowOf = ({ shape, size }: Tensor, index: number): number => Math.floor(index / (size / shape[0]));

/**
 * The first examples and the rest.
 * @param at how many the first part has
 */
export function split(examples: ExampleSet, at: number): readonly [ExampleSet, ExampleSet] {
  const part = (start: number, end: number): ExampleSet => {
    const [inputSize, targetSize] = [sizeOf(examples.shape), examples.targets.length / examples.count];
    return {
      ...examples,
      count: end - start,
      inputs: examples.inputs.subarray(start * inputSize, end * inputSize),
      targets: examples.targets.subarray(start * targetSize, end * targetSize),
    };
  };
  return [part(0, at), part(at, examples.count)];
}
