import { createHash } from 'node:crypto';

/** The hash takes less than 2 GiB at once. */
const mostBytesOfOneUpdate = 2 ** 30;

/** SHA-256 in hexadecimal of texts (UTF-8) and of arrays as they lie in memory, one behind the other, of any length. */
export function sha256(...parts: (string | ArrayBufferView)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) {
    if (typeof part === 'string') hash.update(part);
    else for (const piece of pieces(part)) hash.update(piece);
  }
  return hash.digest('hex');
}

function* pieces({ buffer, byteOffset, byteLength }: ArrayBufferView): Generator<Uint8Array> {
  for (let start = 0; start < byteLength; start += mostBytesOfOneUpdate)
    yield new Uint8Array(buffer, byteOffset + start, Math.min(byteLength - start, mostBytesOfOneUpdate));
}
