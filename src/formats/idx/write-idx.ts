/** The bytes of an IDX file of uint8 values: the counterpart of `parseIdx`. */
export function idxBytes(shape: readonly number[], values: Uint8Array): Uint8Array {
  const headerBytes = 4 + 4 * shape.length;
  const bytes = new Uint8Array(headerBytes + values.length);
  const header = new DataView(bytes.buffer);
  header.setUint8(2, 0x08);
  header.setUint8(3, shape.length);
  for (const [dimension, size] of shape.entries()) header.setUint32(4 + 4 * dimension, size);
  bytes.set(values, headerBytes);
  return bytes;
}
