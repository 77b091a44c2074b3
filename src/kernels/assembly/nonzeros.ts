/**
 * Lists of the values that are not zero. An entry is 8 bytes: the offset of a row of B, then the value. Where entries
 * lie as pairs (offset, value), a product reads one stream.
 */

import { nonzerosOf, nonzerosOf16 } from './nonzero-bits';

/** What the functions return where a value is not finite: products with its zeros would not be zero. */
const notFinite: i32 = -1;

/**
 * A list for each row of a matrix [rows, columns], cut after every `segmentLength` columns.
 * @param bytes from one row of B to the next: the offset of column k is k * bytes
 * @param lists [rows, columns] entries, of which the first are written
 * @param bounds [rows, segments + 1] addresses: where each list begins, and where each of its segments ends
 * @returns how many values are not zero, or -1 where one is not finite
 */
export function listByRow(
  values: usize,
  rows: i32,
  columns: i32,
  segmentLength: i32,
  bytes: u32,
  lists: usize,
  bounds: usize,
): i32 {
  let count = 0;
  let exponents: u32 = 0;
  for (let row = 0; row < rows; row++) {
    let list = lists;
    let offset: u32 = 0;
    store<usize>(bounds, list);
    bounds += sizeof<usize>();
    for (let column = 0; column < columns; column += segmentLength) {
      const length = min(segmentLength, columns - column);
      for (let first = 0; first < length; first += 16) {
        const some = min(16, length - first);
        for (
          let left = some === 16 ? nonzerosOf16(values) : nonzerosOf(values, some);
          left !== 0;
          left &= left - 1
        ) {
          const place: u32 = ctz(left);
          const bits = load<u32>(values + ((<usize>place) << 2));
          store<u64>(list, ((<u64>bits) << 32) | <u64>(offset + place * bytes));
          list += 8;
          exponents = max(exponents, bits & 0x7f800000);
        }
        offset += <u32>some * bytes;
        values += (<usize>some) << 2;
      }
      store<usize>(bounds, list);
      bounds += sizeof<usize>();
    }
    count += <i32>((list - lists) >> 3);
    lists += (<usize>columns) << 3;
  }
  return exponents === 0x7f800000 ? notFinite : count;
}

/**
 * A list for each column of a shard's rows, [rows, columns]; some columns at a time, whose lists stay in the cache.
 * @param offset of the first row of B; the next ones follow at 64 bytes
 * @param lists one a column, `listBytes` apart, room for `rows` entries each
 * @param counts one a column, `countBytes` apart: how many entries each list has
 * @returns how many values are not zero, or -1 where one is not finite
 */
export function listByColumn(
  values: usize,
  rows: i32,
  columns: i32,
  offset: u32,
  lists: usize,
  listBytes: usize,
  counts: usize,
  countBytes: usize,
): i32 {
  let total = 0;
  let exponents: u32 = 0;
  for (let column = 0; column < columns; column++) store<i32>(counts + <usize>column * countBytes, 0);
  for (let first = 0; first < columns; first += 64) {
    const end = min(columns, first + 64);
    for (let row = 0; row < rows; row++) {
      const from = values + ((<usize>(row * columns)) << 2);
      for (let column = first; column < end; column++) {
        const bits = load<u32>(from + ((<usize>column) << 2));
        const count = counts + <usize>column * countBytes;
        const place = load<i32>(count);
        // Written without a branch, which would be mispredicted: a zero's entry is written over by the next one.
        const entry = ((<u64>bits) << 32) | <u64>(offset + ((<u32>row) << 6));
        store<u64>(lists + <usize>column * listBytes + ((<usize>place) << 3), entry);
        const some = i32(bits << 1 !== 0);
        store<i32>(count, place + some);
        exponents = max(exponents, bits & 0x7f800000);
        total += some;
      }
    }
  }
  return exponents === 0x7f800000 ? notFinite : total;
}
