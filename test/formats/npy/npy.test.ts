import { describe, expect, it } from 'vitest';
import { GradpoolError } from '../../../src/errors.ts';
import { parseNpy } from '../../../src/formats/npy/npy.ts';
import { ramp } from '../../../testing/data/files.ts';
import { bytesOf, npyOf } from '../../../testing/data/numpy.ts';

const swapped = (values: ArrayBufferView & { BYTES_PER_ELEMENT: number }) => {
  const bytes = Buffer.from(bytesOf(values));
  return values.BYTES_PER_ELEMENT === 8
    ? bytes.swap64()
    : values.BYTES_PER_ELEMENT === 4
      ? bytes.swap32()
      : bytes.swap16();
};

describe('A NumPy array', () => {
  it.each([
    ['|u1', Uint8Array.of(0, 200), Uint8Array.of(0, 200)],
    ['|b1', Uint8Array.of(1, 0), Float32Array.of(1, 0)],
    ['|i1', Int8Array.of(-3, 5), Int32Array.of(-3, 5)],
    ['<u2', Uint16Array.of(1, 65535), Int32Array.of(1, 65535)],
    ['<i2', Int16Array.of(-1, 7), Int32Array.of(-1, 7)],
    ['<u4', Uint32Array.of(1, 2 ** 31 - 1), Int32Array.of(1, 2 ** 31 - 1)],
    ['<i4', Int32Array.of(-5, 2), Int32Array.of(-5, 2)],
    ['<u8', BigUint64Array.of(1n, 2n), Int32Array.of(1, 2)],
    ['<i8', BigInt64Array.of(-1n, 2n), Int32Array.of(-1, 2)],
    ['<f4', Float32Array.of(0.1, -2), Float32Array.of(0.1, -2)],
    ['<f8', Float64Array.of(0.1, -2), Float32Array.of(0.1, -2)],
  ])('of %s is read, of either byte order', (descr, stored, expected) => {
    expect(parseNpy('a.npy', npyOf(descr, [2], bytesOf(stored)))).toEqual({ shape: [2], values: expected });
    if (descr.startsWith('<'))
      expect(parseNpy('a.npy', npyOf(descr.replace('<', '>'), [2], swapped(stored))).values).toEqual(
        expected,
      );
  });

  it('in Fortran order is put into rows', () => {
    // np.asfortranarray(np.arange(24, dtype='u1').reshape(2, 3, 4)).tobytes('F')
    const columns = [0, 12, 4, 16, 8, 20, 1, 13, 5, 17, 9, 21, 2, 14, 6, 18, 10, 22, 3, 15, 7, 19, 11, 23];
    const { shape, values } = parseNpy('a.npy', npyOf('|u1', [2, 3, 4], Uint8Array.from(columns), true));
    expect([shape, [...values]]).toEqual([[2, 3, 4], [...ramp(24)]]);
  });

  it('may have a header that another program wrote', () => {
    const bytes = npyOf('<i4', [1], bytesOf(Int32Array.of(9)));
    const text = bytes.toString('latin1', 10, 128);
    const other = '{"shape":(1,),"fortran_order":False,"descr":"<i4"}'.padEnd(text.length);
    bytes.write(other, 10, 'latin1');
    expect(parseNpy('a.npy', bytes)).toEqual({ shape: [1], values: Int32Array.of(9) });
  });
});

describe('A NumPy array is refused', () => {
  const whole = npyOf('<f4', [2], bytesOf(Float32Array.of(1, 2)));
  it.each<[string, Uint8Array, RegExp]>([
    [
      'of pickled objects, which are not executed',
      npyOf('|O', [1], Buffer.from('\x80\x04.', 'latin1')),
      /pickled Python objects, which are never executed/,
    ],
    ['of records', npyOf("[('a', '<f4')]", [1], ramp(4)), /one of records with fields/],
    ['of text', npyOf('<U5', [1], ramp(20)), /got dtype <U5; convert it/],
    ['of half floats', npyOf('<f2', [1], ramp(2)), /got dtype <f2/],
    ['of a type that is a name of every object', npyOf('|toString', [1], ramp(2)), /got dtype \|toString/],
    [
      'of values that are not finite',
      npyOf('<f4', [2], bytesOf(Float32Array.of(1, Number.NaN))),
      /expected finite values, got NaN at index 1/,
    ],
    [
      'of values beyond float32',
      npyOf('<f8', [1], bytesOf(Float64Array.of(1e300))),
      /expected finite values, got 1e\+300/,
    ],
    [
      'of whole numbers beyond 32 bits',
      npyOf('<i8', [1], bytesOf(BigInt64Array.of(2n ** 40n))),
      /whole numbers of 32 bits, got 1099511627776/,
    ],
    ['without values', npyOf('<f4', [0], ramp(0)), /an array of 0 of <f4/],
    [
      'that is cut off',
      whole.subarray(0, whole.length - 1),
      /in 136 bytes, as its header says, got 135 bytes; it is cut off/,
    ],
    ['that is longer than it says', Buffer.concat([whole, ramp(1)]), /got 137 bytes$/],
    ['whose header is cut off', whole.subarray(0, 50), /the whole header of a NumPy array/],
    [
      'whose header is no dictionary',
      npyOf('<f4', [2], ramp(8)).fill(' ', 10, 128),
      /expected the header of a NumPy array, got damaged data/,
    ],
    [
      'of a shape that cannot be',
      npyOf('<f4', [1e20], ramp(8)),
      /expected the shape of a NumPy array, got \(100000000000000000000,\)/,
    ],
    [
      'of a shape larger than all memory',
      npyOf('<f4', [2 ** 40, 2 ** 12], ramp(8)),
      /got 136 bytes; it is cut off/,
    ],
    ['that is none', Buffer.from('\x93NUMP'), /expected a NumPy array, got another format/],
  ])('%s', (_, bytes, message) => {
    expect(() => parseNpy('a.npy', bytes)).toThrow(GradpoolError);
    expect(() => parseNpy('a.npy', bytes)).toThrow(message);
  });
});
