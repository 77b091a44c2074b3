/** Tensors as the examples of a training, in shared memory. The caller's event loop gets its turn between pieces. */

import { setImmediate } from 'node:timers/promises';
import type { Tensor } from '@tensorflow/tfjs-core';
import { unexpected } from '../check.ts';
import type { ExampleSet } from '../data/example-set.ts';
import type { TargetType } from '../engine/engine.ts';
import { inputError, usageError } from '../errors.ts';
import { isObject, sameShape } from '../model/layer-config.ts';
import { type Network, type Shape, sizeOf } from '../model/network.ts';
import { counted } from '../shown.ts';

/** What `model.fit` takes for x and for y. */
export type Tensors = Tensor | Tensor[] | { [name: string]: Tensor };

/** Which argument a value is, for messages, and what the model calls it. */
export interface Argument {
  readonly what: string;
  readonly name: string;
}

/**
 * The only tensor of an argument.
 * @throws GradpoolError for several, none, and what is no tensor
 */
export function onlyTensor(given: unknown, { what, name }: Argument): Tensor {
  const list = Array.isArray(given) ? given : [isObject(given) && !isTensor(given) ? given[name] : given];
  if (list.length > 1 && list.every(isTensor))
    throw usageError(`Expected \`${what}\` to be one tensor, got ${list.length}`);
  const [found] = list;
  if (!isTensor(found))
    throw unexpected(what, 'a tensor', given, isArray(given) ? 'make one: tf.tensor(...)' : '');
  if (!['float32', 'int32', 'bool'].includes(found.dtype))
    throw inputError(`Expected \`${what}\` to be of type float32, int32 or bool, got ${found.dtype}`);
  if (found.isDisposed) throw inputError(`Expected \`${what}\` to be a tensor, got one that is disposed`);
  return found;
}

const isArray = (given: unknown): boolean =>
  ArrayBuffer.isView(given) || (Array.isArray(given) && !given.some(isTensor));

/** It may come from another copy of TensorFlow.js, so `instanceof` says nothing. */
const isTensor = (value: unknown): value is Tensor =>
  isObject(value) && Array.isArray(value.shape) && typeof value.data === 'function';

/** @throws GradpoolError where the shapes, the values or the lengths of x and y do not fit the model */
export async function examplesOf(
  x: Tensor,
  y: Tensor,
  network: Network,
  targetType: TargetType,
  [xName, yName]: readonly [string, string],
): Promise<ExampleSet> {
  checkShape(x, network.input, xName);
  checkShape(y, targetType === 'class' ? [1] : network.output, yName);
  const [count] = x.shape;
  if (count !== y.shape[0])
    throw inputError(
      `Expected \`${xName}\` and \`${yName}\` to be of the same length, got ${count} and ${counted(y.shape[0], 'example')}`,
    );
  if (count === 0) throw inputError(`Expected \`${xName}\` to hold at least one example, got none`);
  // Both are read before anything is waited for: the caller may dispose of them meanwhile.
  const [inputs, targets] = await Promise.all([
    shareFloats(x, xName),
    targetType === 'class' ? shareClasses(y, network.classes, yName) : shareFloats(y, yName),
  ]);
  return {
    ...{ shape: network.input, count, inputType: 'float32', inputs },
    ...{ targetType, targets, width: network.classes },
  };
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

async function shareFloats(tensor: Tensor, what: string): Promise<Float32Array> {
  const values = await tensor.data();
  const floats = new Float32Array(new SharedArrayBuffer(tensor.size * 4));
  await inPieces(tensor.size, (start, end) => {
    const some = values.subarray(start, end);
    floats.set(some, start);
    for (let i = 0; i < some.length; i++)
      if (!Number.isFinite(some[i]))
        throw inputError(
          `Expected \`${what}\` to be finite, got ${some[i]} in example ${rowOf(tensor, start + i)}`,
        );
  });
  return floats;
}

async function shareClasses(tensor: Tensor, classes: number, what: string): Promise<Uint32Array> {
  const values = await tensor.data();
  const labels = new Uint32Array(new SharedArrayBuffer(tensor.size * 4));
  await inPieces(tensor.size, (start, end) => {
    for (let i = start; i < end; i++) {
      if (!(Number.isInteger(values[i]) && values[i] >= 0 && values[i] < classes))
        throw inputError(
          `Expected \`${what}\` to hold class numbers from 0 to ${classes - 1}, got ${values[i]} in example ${i}`,
        );
      labels[i] = values[i];
    }
  });
  return labels;
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
