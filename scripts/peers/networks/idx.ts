/** Files in MNIST's format, the same bytes each time. */

/** A random number below a whole one. */
export type Random = (below: number) => number;

/** Marsaglia's xorshift of 32 bits: good enough for a texture. */
export function randomNumbers(): Random {
  let state = 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/** The type's number in the header. */
const types = { uint8: 8, int32: 12 };

/** @param values of int32 the big-endian bytes */
export function idx(type: keyof typeof types, shape: readonly number[], values: Uint8Array): Buffer {
  const header = Buffer.alloc(4 + 4 * shape.length);
  header.set([0, 0, types[type], shape.length]);
  for (const [dimension, size] of shape.entries()) header.writeUInt32BE(size, 4 + 4 * dimension);
  return Buffer.concat([header, values]);
}
