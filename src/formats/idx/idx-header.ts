import { inputError } from '../../errors.ts';
import { mostMemoryBytes } from '../../runtime/memory-limit.ts';
import { counted } from '../../shown.ts';
import { foreignFormat, isIdx } from '../foreign-format.ts';

/** The element types that are read, with their codes (byte 2 of the file) and sizes in bytes. */
const idxTypes = {
  uint8: { code: 0x08, bytes: 1 },
  int32: { code: 0x0c, bytes: 4 },
  float32: { code: 0x0d, bytes: 4 },
} as const;
export type IdxType = keyof typeof idxTypes;

/** What the caller can use; everything else is refused. */
export interface IdxExpectation<T extends IdxType = IdxType> {
  readonly types: readonly T[];
  /** How many dimensions the array may have. */
  readonly dimensions: readonly number[];
}

export interface IdxHeader<T extends IdxType = IdxType> {
  readonly type: T;
  readonly shape: readonly number[];
  /** Bytes before the first value: 4, and 4 a dimension, so the values lie aligned. */
  readonly headerBytes: number;
  /** Bytes of the whole file. */
  readonly fileBytes: number;
}

/** No header of an expected number of dimensions is longer. */
export const longestHeader = (expected: IdxExpectation): number => 4 + 4 * Math.max(...expected.dimensions);

/**
 * Reads the header from a file's first bytes (`longestHeader` of them, or all that there are).
 * IDX, all big-endian: 0, 0, element type, number of dimensions, then each dimension as uint32, then the values.
 * @throws GradpoolError for a wrong magic number, element type, number of dimensions, an empty or immense array
 */
export function parseIdxHeader<T extends IdxType>(
  path: string,
  start: Uint8Array,
  expected: IdxExpectation<T>,
): IdxHeader<T> {
  if (start.length < 4) throw endsInHeader(path, 4, start.length);
  const type = checkedMagic(path, start, expected);
  const headerBytes = 4 + 4 * start[3];
  if (start.length < headerBytes) throw endsInHeader(path, headerBytes, start.length);
  const view = new DataView(start.buffer, start.byteOffset, start.byteLength);
  const shape = Array.from({ length: start[3] }, (_, dimension) => view.getUint32(4 + 4 * dimension));
  if (shape.includes(0))
    throw inputError(
      `${path}: expected every dimension to be at least 1, got ${shape.join(' x ')} in the header`,
    );
  // A double holds this product closely enough to compare, however large the dimensions are.
  const fileBytes = shape.reduce((product, size) => product * size, idxTypes[type].bytes) + headerBytes;
  if (fileBytes > mostMemoryBytes)
    throw inputError(
      `${path}: expected a file of at most ${mostMemoryBytes} bytes, which is what a training's shared memory can hold, got a header that claims ${shape.join(' x ')} of ${type}, which is ${fileBytes} bytes`,
    );
  return { type, shape, headerBytes, fileBytes };
}

/** @throws GradpoolError unless the file is as long as its header says */
export function checkLength(path: string, header: IdxHeader, gotBytes: number | 'more'): void {
  if (gotBytes === header.fileBytes) return;
  const claim = `${header.shape.join(' x ')} values of ${header.type}, as its header says, in ${header.fileBytes} bytes`;
  const long = gotBytes === 'more' || gotBytes > header.fileBytes;
  const got = long
    ? gotBytes === 'more'
      ? 'more than that'
      : counted(gotBytes, 'byte')
    : `only ${counted(gotBytes, 'byte')}`;
  throw inputError(
    `${path}: expected ${claim}, got ${got}; the file is ${long ? 'too long' : 'cut off'}: download it again`,
  );
}

function checkedMagic<T extends IdxType>(path: string, start: Uint8Array, expected: IdxExpectation<T>): T {
  const foreign = isIdx(start) ? undefined : foreignFormat(start);
  if (foreign !== undefined)
    throw inputError(`${path}: expected an IDX file (or, for prediction, a PNG image), got ${foreign}`);
  if (start[0] !== 0 || start[1] !== 0)
    throw inputError(
      `${path}: expected an IDX file, whose first two bytes are 00 00, got ${hex(start.subarray(0, 4))}`,
    );
  const type = expected.types.find((known) => idxTypes[known].code === start[2]);
  if (type === undefined)
    throw inputError(
      `${path}: expected element type ${typeList(expected)} at byte 2, got ${hex(start.subarray(2, 3))}`,
    );
  if (!expected.dimensions.includes(start[3]))
    throw inputError(
      `${path}: expected ${counted(expected.dimensions.join(' or '), 'dimension')} at byte 3, got ${start[3]}`,
    );
  return type;
}

const endsInHeader = (path: string, wanted: number, got: number) =>
  inputError(
    `${path}: expected an IDX file with a header of ${wanted} bytes, got only ${counted(got, 'byte')}`,
  );

const typeList = (expected: IdxExpectation): string =>
  expected.types.map((type) => `${hex([idxTypes[type].code])} (${type})`).join(' or ');

const hex = (bytes: Iterable<number>): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
