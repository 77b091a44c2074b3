import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeParts } from '../../src/files/write-parts.ts';
import { sha256 } from '../../src/sha256.ts';
import { temporaryDirectory } from '../../testing/coordinator/runs.ts';

test('Parts stand in the file one behind the other, of any length, from shared memory, which may be used again for the next.', async () => {
  const lengths = [0, 3 * 2 ** 20 + 5, 2 ** 20, 1];
  const memory = new Uint8Array(new SharedArrayBuffer(Math.max(...lengths)));
  const values = (part: number, index: number) => (part + index * 7) % 251;
  const path = join(await temporaryDirectory(), 'file');
  const record = await writeParts(
    path,
    lengths.map((length, part) => async () => {
      for (let index = 0; index < length; index++) memory[index] = values(part, index);
      return memory.subarray(0, length);
    }),
  );
  const expected = Buffer.concat(
    lengths.map((length, part) => Uint8Array.from({ length }, (_, index) => values(part, index))),
  );
  expect(expected.equals(await readFile(path))).toBe(true);
  expect(record).toEqual({ bytes: expected.length, sha256: sha256(expected) });
});
