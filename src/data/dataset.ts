import type { InputType } from '../engine/engine.ts';
import { inputError } from '../errors.ts';
import { type Shape, sizeOf } from '../model/network.ts';
import { checkDataSize } from './data-size.ts';

/** Labelled examples. The arrays stand on shared memory, so that handing them to the coordinator copies nothing. */
export interface Dataset {
  /** The shape of one example, e.g. [28, 28, 1]. */
  readonly shape: Shape;
  readonly count: number;
  readonly inputType: InputType;
  /** [count, ...shape], row-major; uint8 values stand for value / 255. */
  readonly inputs: Uint8Array | Float32Array;
  /** [count] class numbers, each below `classes`. */
  readonly labels: Uint32Array;
  readonly classes: number;
}

/** What a caller gives to make a data set. */
export interface DatasetInit {
  /** [count, ...shape], row-major. Uint8Array: values stand for value / 255. Float32Array: taken as they are, finite. */
  readonly inputs: Uint8Array | Float32Array;
  /** [count] class numbers from 0. */
  readonly labels: ArrayLike<number>;
  /** The shape of one example, e.g. [28, 28, 1]. */
  readonly shape: Shape;
  /** Default: the largest label plus one. */
  readonly classes?: number;
}

/**
 * A data set from typed arrays (copied into shared memory unless they stand there already).
 * @throws GradpoolError when sizes do not fit together or a label is no class number
 * @example dataset({ inputs: new Uint8Array(2 * 784), labels: [3, 7], shape: [28, 28, 1], classes: 10 })
 */
export function dataset({ inputs, labels, shape, classes }: DatasetInit): Dataset {
  if (shape.length === 0 || shape.some((length) => !Number.isInteger(length) || length < 1))
    throw inputError(`Expected a data set's \`shape\` to be whole numbers >= 1, got [${shape.join(', ')}]`);
  if (classes !== undefined && !(Number.isInteger(classes) && classes >= 1 && classes <= mostClasses))
    throw inputError(
      `Expected a data set's \`classes\` to be an integer from 1 to ${mostClasses}, got ${classes}`,
    );
  if (!(inputs instanceof Uint8Array || inputs instanceof Float32Array))
    throw inputError("Expected a data set's `inputs` to be a Uint8Array or a Float32Array");
  if (labels.length === 0) throw inputError('Expected a data set to hold at least one example, got none');
  const size = sizeOf(shape);
  if (inputs.length !== labels.length * size)
    throw inputError(
      `Expected a data set's \`inputs\` to hold ${labels.length} examples (as many as labels) of ${size} values (shape [${shape.join(', ')}]), got ${inputs.length} values`,
    );
  const parts = [{ name: '`inputs`', count: labels.length, inputBytes: inputs.byteLength }];
  checkDataSize('`dataset`', parts, Number.POSITIVE_INFINITY);
  const { own, largest } = checkedLabels(labels, classes);
  return {
    shape: [...shape],
    count: labels.length,
    inputType: inputs instanceof Uint8Array ? 'uint8' : 'float32',
    inputs: inputs instanceof Uint8Array ? shareBytes(inputs) : shareFloats(checkedFloats(inputs)),
    labels: own,
    classes: classes ?? largest + 1,
  };
}

/** A label beyond this is a damaged label: each class costs the model a row of parameters. */
const mostClasses = 65_536;

function checkedLabels(labels: ArrayLike<number>, classes = mostClasses) {
  const own = new Uint32Array(new SharedArrayBuffer(labels.length * 4));
  let largest = 0;
  for (let example = 0; example < labels.length; example++) {
    const label = labels[example];
    if (!Number.isInteger(label) || label < 0 || label >= classes)
      throw inputError(
        `Expected the label of example ${example} to be a class number from 0 to ${classes - 1}, got ${label}`,
      );
    own[example] = label;
    if (label > largest) largest = label;
  }
  return { own, largest };
}

function checkedFloats(inputs: Float32Array): Float32Array {
  const bad = inputs.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0)
    throw inputError(`Expected a data set's \`inputs\` to be finite, got ${inputs[bad]} at index ${bad}`);
  return inputs;
}

function shareBytes(bytes: Uint8Array): Uint8Array {
  if (bytes.buffer instanceof SharedArrayBuffer) return bytes;
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
  shared.set(bytes);
  return shared;
}

function shareFloats(floats: Float32Array): Float32Array {
  if (floats.buffer instanceof SharedArrayBuffer) return floats;
  const shared = new Float32Array(new SharedArrayBuffer(floats.byteLength));
  shared.set(floats);
  return shared;
}
