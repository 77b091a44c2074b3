/** Files that are larger than what should be in memory twice. */
import { createHash } from 'node:crypto';
import { sync, withFile } from './atomic-file.ts';

/** Brings some bytes of a file together when they are to be written. */
export type Part = () => Promise<Uint8Array>;

/** No more than this is copied at once: a file cannot be written from shared memory. */
const pieceBytes = 2 ** 20;

/**
 * Writes a new file out of parts, one behind the other, and returns when the disk has it.
 * @returns how long it is, and the SHA-256 of all of it
 */
export async function writeParts(
  path: string,
  parts: readonly Part[],
): Promise<{ readonly bytes: number; readonly sha256: string }> {
  const hash = createHash('sha256');
  const buffer = new Uint8Array(pieceBytes);
  let bytes = 0;
  await withFile(path, 'wx', async (file) => {
    for (const part of parts) {
      const all = await part();
      for (let start = 0; start < all.length; start += pieceBytes) {
        const from = all.subarray(start, start + pieceBytes);
        const piece = buffer.subarray(0, from.length);
        piece.set(from);
        hash.update(piece);
        await file.writeFile(piece);
      }
      bytes += all.length;
    }
    await sync(file);
  });
  return { bytes, sha256: hash.digest('hex') };
}
