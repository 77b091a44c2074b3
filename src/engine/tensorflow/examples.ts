import { byteValues } from '../../data/input-type.ts';
import { outputEnds } from '../../model/ends.ts';
import { outputRows } from '../../model/network.ts';
import { sizeOf } from '../../shape.ts';
import type { EngineContext, ExampleBatch } from '../engine.ts';

/** Examples out of the shared memory, as TensorFlow takes them. */
export interface Examples {
  readonly count: number;
  /** [count, ...network.input] */
  readonly inputs: Float32Array;
  /** [count, classes]; a class is the vector that is 1 there and else 0. */
  readonly targets: Float32Array;
  /** [count, outputs] */
  readonly weights: Float32Array;
  /** [count] class numbers; none for vectors. */
  readonly labels?: Uint32Array;
}

/** Arrays of 32 bits a value. */
type FloatKind = new (buffer: ArrayBufferLike, offset: number, length: number) => Float32Array | Int32Array;

/** Where the weights of a batch may lie. */
type Batch = ExampleBatch & { readonly weightsOffset?: number };

/** Examples [first, first + count) of a batch. */
export function readExamples(
  { network, memory: { buffer } }: EngineContext,
  batch: Batch,
  first: number,
  count: number,
): Examples {
  const rows = new Uint32Array(buffer, batch.indicesOffset + first * 4, count);
  const gathered = (
    offset: number,
    size: number,
    Kind: FloatKind = Float32Array,
    from: ArrayBufferLike = buffer,
  ) => {
    const values = new Float32Array(count * size);
    for (let i = 0; i < count; i++) values.set(new Kind(from, offset + rows[i] * size * 4, size), i * size);
    return values;
  };
  const size = sizeOf(network.input);
  const InputKind: FloatKind = batch.inputType === 'int32' ? Int32Array : Float32Array;
  const { inputsMemory = buffer } = batch;
  const inputs =
    batch.inputType === 'uint8'
      ? readBytes(inputsMemory, batch.inputsOffset, rows, size)
      : gathered(batch.inputsOffset, size, InputKind, inputsMemory);
  const { weightsOffset } = batch;
  const outputs = outputEnds(network).length;
  const weights =
    weightsOffset === undefined
      ? new Float32Array(count * outputs).fill(1)
      : gathered(weightsOffset, outputs);
  if (batch.targetType === 'vector')
    return { count, inputs, weights, targets: gathered(batch.targetsOffset, network.classes) };
  const each = outputRows(network);
  const labels = new Uint32Array(count * each);
  for (let i = 0; i < count; i++)
    labels.set(new Uint32Array(buffer, batch.targetsOffset + rows[i] * each * 4, each), i * each);
  const targets = oneHot(labels, network.classes / each);
  return { count, inputs, weights, targets, ...(each === 1 ? { labels } : {}) };
}

function readBytes(buffer: ArrayBufferLike, offset: number, rows: Uint32Array, size: number): Float32Array {
  const values = new Float32Array(rows.length * size);
  for (let i = 0; i < rows.length; i++) {
    const bytes = new Uint8Array(buffer, offset + rows[i] * size, size);
    for (let j = 0; j < size; j++) values[i * size + j] = byteValues[bytes[j]];
  }
  return values;
}

function oneHot(labels: Uint32Array, classes: number): Float32Array {
  const targets = new Float32Array(labels.length * classes);
  for (const [i, label] of labels.entries()) targets[i * classes + label] = 1;
  return targets;
}
