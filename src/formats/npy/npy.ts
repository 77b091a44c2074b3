/** NumPy's arrays. Format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html */
import { inputError } from '../../errors.ts';
import { counted } from '../../shown.ts';

/** What an array's values become; nothing is rounded but float64, to float32. */
export type NpyValues = Uint8Array | Int32Array | Float32Array;

/** An array of a .npy file. */
export interface NpyArray {
  readonly shape: readonly number[];
  /** Row-major. */
  readonly values: NpyValues;
}

/** How the values of a type are read. */
interface NpyType {
  readonly bytes: number;
  readonly becomes: 'uint8' | 'int32' | 'float32';
  readonly read: (view: DataView, at: number, isLittle: boolean) => number;
}

/** By NumPy's letter and size; 64-bit whole numbers have to fit into 32. */
const types: Readonly<Record<string, NpyType>> = {
  b1: { bytes: 1, becomes: 'float32', read: (view, at) => view.getUint8(at) },
  u1: { bytes: 1, becomes: 'uint8', read: (view, at) => view.getUint8(at) },
  i1: { bytes: 1, becomes: 'int32', read: (view, at) => view.getInt8(at) },
  u2: { bytes: 2, becomes: 'int32', read: (view, at, isLittle) => view.getUint16(at, isLittle) },
  i2: { bytes: 2, becomes: 'int32', read: (view, at, isLittle) => view.getInt16(at, isLittle) },
  u4: { bytes: 4, becomes: 'int32', read: (view, at, isLittle) => view.getUint32(at, isLittle) },
  i4: { bytes: 4, becomes: 'int32', read: (view, at, isLittle) => view.getInt32(at, isLittle) },
  u8: { bytes: 8, becomes: 'int32', read: (view, at, isLittle) => Number(view.getBigUint64(at, isLittle)) },
  i8: { bytes: 8, becomes: 'int32', read: (view, at, isLittle) => Number(view.getBigInt64(at, isLittle)) },
  f4: { bytes: 4, becomes: 'float32', read: (view, at, isLittle) => view.getFloat32(at, isLittle) },
  f8: { bytes: 8, becomes: 'float32', read: (view, at, isLittle) => view.getFloat64(at, isLittle) },
};

const magic = Buffer.from('\x93NUMPY', 'latin1');

/** Whether bytes begin as those of a .npy file. */
export const isNpy = (start: Uint8Array): boolean => magic.equals(start.subarray(0, magic.length));

/**
 * The array in the bytes of a whole .npy file, of either byte order, in C or Fortran order.
 * @param path for messages
 * @returns values that share the memory of `bytes`, where these are uint8 in C order
 * @throws GradpoolError for pickled objects, which are never executed, and types that are no numbers; for a header that
 *   is damaged or of another length than the file; for values that are not finite or do not fit into 32 bits
 */
export function parseNpy(path: string, bytes: Uint8Array): NpyArray {
  const { descr, isFortran, shape, start } = parseHeader(path, bytes);
  const { type, isLittle } = typeOf(path, descr);
  const count = shape.reduce((product, size) => product * size, 1);
  const claim = start + count * type.bytes;
  if (count === 0 || bytes.length !== claim)
    throw inputError(
      `${path}: expected an array of ${shape.join(' x ') || 'one value'} of ${descr} in ${claim} bytes, as its header says, got ${counted(bytes.length, 'byte')}${bytes.length < claim ? '; it is cut off' : ''}`,
    );
  const places = isFortran && shape.length > 1 ? fortranPlaces(shape) : undefined;
  if (type.becomes === 'uint8' && places === undefined)
    return { shape, values: new Uint8Array(bytes.buffer, bytes.byteOffset + start, count) };
  const view = new DataView(bytes.buffer, bytes.byteOffset + start, count * type.bytes);
  const values = room(type.becomes, count);
  for (let index = 0; index < count; index++) {
    const value = type.read(view, index * type.bytes, isLittle);
    values[places === undefined ? index : places[index]] = value;
    const isKept = type.becomes === 'float32' ? Number.isFinite(Math.fround(value)) : value === (value | 0);
    if (!isKept) throw notKept(path, type, value, index);
  }
  return { shape, values };
}

function room(kind: NpyType['becomes'], count: number): NpyValues {
  const bytes = kind === 'uint8' ? count : 4 * count;
  const memory = new SharedArrayBuffer(bytes);
  if (kind === 'uint8') return new Uint8Array(memory);
  return kind === 'int32' ? new Int32Array(memory) : new Float32Array(memory);
}

const notKept = (path: string, { becomes }: NpyType, value: number, index: number) =>
  inputError(
    `${path}: expected ${becomes === 'float32' ? 'finite values' : 'whole numbers of 32 bits'}, got ${value} at index ${index} of its data`,
  );

/** Where in row-major order each value of column-major order stands. */
function fortranPlaces(shape: readonly number[]): Uint32Array {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, size) => product * size, 1));
  const places = new Uint32Array(shape.reduce((product, size) => product * size, 1));
  const at = shape.map(() => 0);
  let place = 0;
  for (let index = 0; index < places.length; index++) {
    places[index] = place;
    for (let axis = 0; axis < shape.length; axis++) {
      place += strides[axis];
      if (++at[axis] < shape[axis]) break;
      place -= shape[axis] * strides[axis];
      at[axis] = 0;
    }
  }
  return places;
}

/** A longer header describes columns of a table, not an array. */
const mostHeaderBytes = 2 ** 16;

/** Magic number, version, length of the header, and a Python dictionary in ASCII. */
function parseHeader(path: string, bytes: Uint8Array) {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, mostHeaderBytes + 12));
  if (!isNpy(file)) throw inputError(`${path}: expected a NumPy array, got another format`);
  const isLong = file.length > 6 && file[6] > 1;
  const lengthBytes = isLong ? 4 : 2;
  const begin = 8 + lengthBytes;
  const length = file.length < begin ? Infinity : isLong ? file.readUInt32LE(8) : file.readUInt16LE(8);
  if (begin + length > file.length)
    throw inputError(
      `${path}: expected the whole header of a NumPy array, got the end of the file; it is cut off`,
    );
  const header = file.toString('latin1', begin, begin + length);
  const descr = /['"]descr['"]\s*:\s*(['"])([^'"]*)\1/.exec(header)?.[2];
  const order = /['"]fortran_order['"]\s*:\s*(True|False)/.exec(header)?.[1];
  const shape = /['"]shape['"]\s*:\s*\(([\dL,\s]*)\)/.exec(header)?.[1];
  if (descr === undefined && /['"]descr['"]\s*:\s*\[/.test(header))
    throw inputError(
      `${path}: expected an array of numbers, got one of records with fields; save each field by itself`,
    );
  if (descr === undefined || order === undefined || shape === undefined)
    throw inputError(`${path}: expected the header of a NumPy array, got damaged data`);
  return { descr, isFortran: order === 'True', shape: sizesOf(path, shape), start: begin + length };
}

function sizesOf(path: string, text: string): number[] {
  const sizes = text
    .split(',')
    .flatMap((size) => (size.trim() === '' ? [] : [Number(size.trim().replace('L', ''))]));
  if (sizes.every((size) => Number.isSafeInteger(size) && size >= 0)) return sizes;
  throw inputError(`${path}: expected the shape of a NumPy array, got (${text})`);
}

function typeOf(path: string, descr: string) {
  const [order, name] = [descr[0], descr.slice(1)];
  if (name.startsWith('O'))
    throw inputError(
      `${path}: expected an array of numbers, got pickled Python objects, which are never executed; save it with a dtype of numbers`,
    );
  const type = Object.hasOwn(types, name) && '<>|='.includes(order) ? types[name] : undefined;
  if (type !== undefined) return { type, isLittle: order !== '>' };
  throw inputError(
    `${path}: expected an array of ${Object.keys(types).join(', ')}, got dtype ${descr}; convert it, e.g. astype('float32')`,
  );
}
