import { describe, expect, it } from 'vitest';
import { withZip } from '../../../src/formats/zip/zip.ts';
import { expectRefused, ramp, temporaryDirectory } from '../../../testing/data/files.ts';
import { type ZipClaim, zipOf } from '../../../testing/data/numpy.ts';

const files = temporaryDirectory();
let written = 0;
const put = (bytes: Uint8Array) => files.write(`${written++}.zip`, bytes);
const content = { 'a.npy': ramp(100), 'b.npy': ramp(7) };
const readAll = (path: string) =>
  withZip(path, (entries) => Promise.all(entries.map(async ({ name, read }) => [name, [...(await read())]])));

describe('A zip archive', () => {
  it.each([true, false])('gives its files, packed or not', async (isPacked) => {
    expect(await readAll(put(zipOf(content, { isPacked })))).toEqual([
      ['a.npy', [...ramp(100)]],
      ['b.npy', [...ramp(7)]],
    ]);
  });

  const claiming = (claim: (says: ZipClaim) => void) => zipOf(content, { claim });
  it.each<[string, () => Uint8Array, RegExp]>([
    [
      'that claims more than its bytes can hold',
      () =>
        claiming((says) => {
          says.unpacked = 2 ** 31;
        }),
      /expected a\.npy to be at most \d+ bytes of \d+ packed bytes, got a claim of 2147483648; it is damaged, or made to fill the memory/,
    ],
    [
      'whose files overlap',
      () =>
        claiming((says) => {
          says.packed = 150;
        }),
      /made to fill the memory|damaged data/,
    ],
    [
      'whose data are larger than it says',
      () =>
        claiming((says) => {
          says.unpacked = 5;
        }),
      /whole data of a\.npy, got damaged data/,
    ],
    [
      'whose data are shorter than it says',
      () =>
        claiming((says) => {
          says.unpacked += 1;
        }),
      /whole data of a\.npy, got damaged data/,
    ],
    [
      'with another CRC-32',
      () =>
        claiming((says) => {
          says.crc = 1;
        }),
      /got others than its CRC-32 says/,
    ],
    [
      'that is encrypted',
      () =>
        claiming((says) => {
          says.flags = 1;
        }),
      /damaged data \(.*encrypted/,
    ],
    ['that is cut off', () => zipOf(content).subarray(0, 100), /expected a zip archive, got damaged data/],
    ['that is none', () => ramp(30), /expected a zip archive, got damaged data/],
  ])('is refused %s', async (_, make, message) => {
    await expectRefused(readAll(put(make())), message);
  });
});
