/** The safetensors format: the length of a header, the header, which is JSON, and the tensors' bytes without gaps. */
import { GradpoolError, inputError } from '../../errors.ts';
import { parseBoundedJson } from '../../files/bounded-json.ts';
import { isObject, show } from '../../model/keras/config/layer-config.ts';
import { type Shape, sizeOf } from '../../shape.ts';
import { fromFloat16 } from '../float16.ts';

/** Bytes of a value, of the types that are read. */
const bytesOf = { F64: 8, F32: 4, F16: 2, BF16: 2 } as const;
export type TensorType = keyof typeof bytesOf;

export interface Tensor {
  readonly dtype: TensorType;
  readonly shape: Shape;
  /** Little-endian. */
  readonly bytes: Uint8Array;
}

export interface Safetensors {
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: ReadonlyMap<string, Tensor>;
}

/** Of the header; Python's safetensors takes no more than 100 MB. */
const mostHeaderBytes = 64 * 2 ** 20;
const lengthBytes = 8;

export function encodeSafetensors({ metadata, tensors }: Safetensors): Uint8Array {
  let at = 0;
  const entries = [...tensors].map(([name, { dtype, shape, bytes }]) => {
    const start = at;
    at += bytes.length;
    return [name, { dtype, shape, data_offsets: [start, at] }] as const;
  });
  const json = JSON.stringify({ __metadata__: metadata, ...Object.fromEntries(entries) });
  const length = Buffer.byteLength(json);
  // Spaces up to a multiple of eight, so that the values are aligned where the file is mapped into memory.
  const header = Buffer.alloc(lengthBytes + Math.ceil(length / lengthBytes) * lengthBytes, ' ');
  header.writeBigUInt64LE(BigInt(header.length - lengthBytes));
  header.write(json, lengthBytes);
  return Buffer.concat([header, ...[...tensors.values()].map(({ bytes }) => bytes)]);
}

/** @throws GradpoolError when it is no such file, or its header and its bytes do not agree */
export function decodeSafetensors(bytes: Uint8Array): Safetensors {
  const { __metadata__: metadata = {}, ...entries } = readHeader(bytes);
  if (!isObject(metadata) || !Object.values(metadata).every((value) => typeof value === 'string'))
    throw inputError(`Expected \`__metadata__\` to hold strings, got ${show(metadata)}`);
  const data = bytes.subarray(lengthBytes + headerLength(bytes));
  const tensors = Object.entries(entries).map(([name, entry]) => readTensor(name, entry, data));
  checkCovered(tensors, data.length);
  return {
    metadata: metadata as Record<string, string>,
    tensors: new Map(tensors.map(({ name, tensor }) => [name, tensor])),
  };
}

const headerLength = ({ buffer, byteOffset }: Uint8Array): number =>
  Number(new DataView(buffer, byteOffset).getBigUint64(0, true));

function readHeader(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  const room = bytes.length - lengthBytes;
  const length = room < 0 ? 0 : headerLength(bytes);
  if (length < 2 || length > room || length > mostHeaderBytes)
    throw inputError(
      `Expected a safetensors file, that begins with the length of its header, up to ${Math.max(0, Math.min(room, mostHeaderBytes))} bytes, got ${length}: it is another file, or cut off`,
    );
  let header: unknown;
  try {
    header = parseBoundedJson(bytes.subarray(lengthBytes, lengthBytes + length), 8);
  } catch (error) {
    if (error instanceof GradpoolError) throw error;
    throw inputError(`Expected its header to be JSON, got something else`, error);
  }
  if (isObject(header)) return header;
  throw inputError(`Expected its header to be a JSON object, got ${show(header)}`);
}

interface Placed {
  readonly name: string;
  readonly start: number;
  readonly end: number;
  readonly tensor: Tensor;
}

function readTensor(name: string, entry: unknown, data: Uint8Array): Placed {
  const { dtype, shape, data_offsets: offsets } = isObject(entry) ? entry : {};
  if (!isShape(shape) || !isPair(offsets))
    throw inputError(
      `Expected the tensor ${show(name)} to be { dtype, shape, data_offsets: [start, end] }, got ${show(entry)}`,
    );
  if (typeof dtype !== 'string' || !(dtype in bytesOf))
    throw inputError(
      `Expected the tensor ${show(name)} to be ${Object.keys(bytesOf).join(', ')}, got ${show(dtype)}`,
    );
  const type = dtype as TensorType;
  const [start, end] = offsets;
  const size = sizeOf(shape) * bytesOf[type];
  if (end - start !== size || end > data.length)
    throw inputError(
      `Expected the tensor ${show(name)}, ${type} [${shape.join(', ')}], to be ${size} bytes within the file's ${data.length}, got those from ${start} to ${end}`,
    );
  return { name, start, end, tensor: { dtype: type, shape, bytes: data.subarray(start, end) } };
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isShape = (value: unknown): value is number[] => Array.isArray(value) && value.every(isCount);
const isPair = (value: unknown): value is [number, number] => isShape(value) && value.length === 2;

/** One behind the other, and nothing else: as the format has it. */
function checkCovered(tensors: readonly Placed[], length: number): void {
  let at = 0;
  for (const { name, start, end } of tensors.toSorted((a, b) => a.start - b.start || a.end - b.end)) {
    if (start !== at)
      throw inputError(
        `Expected the tensor ${show(name)} to begin where the one before ends, at byte ${at}, got ${start}`,
      );
    at = end;
  }
  if (at !== length) throw inputError(`Expected ${at} bytes of tensors, as its header says, got ${length}`);
}

/** @returns [size] */
export function valuesOf({ dtype, bytes }: Tensor): Float32Array {
  // Numbers of several bytes have to begin at a multiple of that.
  const { buffer } = new Uint8Array(bytes);
  switch (dtype) {
    case 'F64':
      return Float32Array.from(new Float64Array(buffer));
    case 'F32':
      return new Float32Array(buffer);
    case 'F16':
      return Float32Array.from(new Uint16Array(buffer), fromFloat16);
    case 'BF16':
      // The first half of a float32.
      return new Float32Array(Uint32Array.from(new Uint16Array(buffer), (half) => half * 2 ** 16).buffer);
  }
}
