import { inputError } from '../../errors.ts';
import { type OpenFile, readShared, withOpenFile } from '../../files/open-file.ts';
import { signatureBytes } from '../foreign-format.ts';
import { gunzipShared, gunzipStart, mostGzipStart } from './gunzip.ts';
import {
  checkLength,
  type IdxExpectation,
  type IdxHeader,
  type IdxType,
  longestHeader,
  parseIdxHeader,
} from './idx-header.ts';

/** An array of an IDX file. The values stand on shared memory. */
export interface IdxArray<T extends IdxType = IdxType> {
  readonly shape: readonly number[];
  readonly type: T;
  /** Row-major, in the machine's own byte order. */
  readonly values: IdxValues[T];
}

export interface IdxValues {
  uint8: Uint8Array;
  int32: Int32Array;
  float32: Float32Array;
}

/** [count, height, width] or [count, height, width, channels] */
export const idxImages = { types: ['uint8', 'float32'], dimensions: [3, 4] } as const;
/** [count], or QMNIST's [count, 8] */
export const idxLabels = { types: ['uint8', 'int32'], dimensions: [1, 2] } as const;

/**
 * Reads an IDX file, plain or gzip (told by its content, not by its name).
 * Memory is taken for what the file can really hold, never on the word of its header alone.
 * @throws GradpoolError in one line for everything that is wrong with the file
 */
export function readIdx<T extends IdxType>(path: string, expected: IdxExpectation<T>): Promise<IdxArray<T>> {
  return withOpenFile(path, async (file) => {
    const start = await readShared(file, Math.min(file.size, signatureBytes));
    return isGzip(start) ? readGzip(file, expected) : readPlain(file, start, expected);
  });
}

/**
 * An IDX file's header, without reading its values.
 * @returns undefined where the header of a gzip file cannot be told from its first bytes
 * @throws GradpoolError as `readIdx` does, for what the header and the file's length show
 */
export function readIdxHeader<T extends IdxType>(
  path: string,
  expected: IdxExpectation<T>,
): Promise<IdxHeader<T> | undefined> {
  return withOpenFile(path, async (file) => {
    const start = await readShared(file, Math.min(file.size, mostGzipStart));
    if (isGzip(start)) {
      const unpacked = gunzipStart(start);
      return unpacked.length < longestHeader(expected) ? undefined : parseIdxHeader(path, unpacked, expected);
    }
    const header = parseIdxHeader(path, start, expected);
    checkLength(path, header, file.size);
    return header;
  });
}

/** The array in the bytes of a whole, plain IDX file; shares their memory. The counterpart of `readIdx`. */
export function parseIdx<T extends IdxType>(
  path: string,
  bytes: Uint8Array,
  expected: IdxExpectation<T>,
): IdxArray<T> {
  const header = parseIdxHeader(path, bytes, expected);
  checkLength(path, header, bytes.length);
  return toArray(path, header, bytes);
}

async function readPlain<T extends IdxType>(
  file: OpenFile,
  start: Uint8Array,
  expected: IdxExpectation<T>,
): Promise<IdxArray<T>> {
  const header = parseIdxHeader(file.path, start, expected);
  checkLength(file.path, header, file.size);
  return toArray(file.path, header, await readShared(file, header.fileBytes));
}

async function readGzip<T extends IdxType>(
  file: OpenFile,
  expected: IdxExpectation<T>,
): Promise<IdxArray<T>> {
  const { header, bytes } = await gunzipShared(file, longestHeader(expected), (start) =>
    parseIdxHeader(file.path, start, expected),
  );
  return toArray(file.path, header, bytes);
}

/** Turns the values of a whole file around, where they are big-endian, in their own place. */
function toArray<T extends IdxType>(path: string, header: IdxHeader<T>, bytes: Uint8Array): IdxArray<T> {
  const { shape, type, headerBytes } = header;
  const start = bytes.byteOffset + headerBytes;
  const length = shape.reduce((product, size) => product * size, 1);
  const view = new DataView(bytes.buffer, start);
  const make: { [Type in IdxType]: () => IdxValues[Type] } = {
    uint8: () => new Uint8Array(bytes.buffer, start, length),
    int32: () => {
      const values = new Int32Array(bytes.buffer, start, length);
      for (let index = 0; index < length; index++) values[index] = view.getInt32(4 * index);
      return values;
    },
    float32: () => {
      const values = new Float32Array(bytes.buffer, start, length);
      for (let index = 0; index < length; index++) values[index] = view.getFloat32(4 * index);
      return checkedFinite(path, values, headerBytes);
    },
  };
  return { shape, type, values: make[type]() };
}

function checkedFinite(path: string, values: Float32Array, headerBytes: number): Float32Array {
  const bad = values.findIndex((value) => !Number.isFinite(value));
  if (bad < 0) return values;
  throw inputError(`${path}: expected finite values, got ${values[bad]} at byte ${headerBytes + 4 * bad}`);
}

const isGzip = (start: Uint8Array): boolean => start[0] === 0x1f && start[1] === 0x8b;
