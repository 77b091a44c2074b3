/**
 * TFRecord, the file format of TensorBoard's events: of each record its length (64 bits), the length's checksum, the bytes,
 * and their checksum, all little-endian.
 */
import { Crc32c } from '@aws-crypto/crc32c';

const headBytes = 12;
const tailBytes = 4;
/** A record of a picture or a histogram takes some 10 KB. */
const mostBytes = 2 ** 26;

/** @param data the bytes of a record */
export function encodeRecord(data: Uint8Array): Buffer {
  const record = Buffer.allocUnsafe(headBytes + data.length + tailBytes);
  record.writeBigUInt64LE(BigInt(data.length), 0);
  record.writeUInt32LE(maskedChecksum(record.subarray(0, 8)), 8);
  record.set(data, headBytes);
  record.writeUInt32LE(maskedChecksum(data), headBytes + data.length);
  return record;
}

/**
 * The first record of some bytes.
 * @returns undefined where they hold no whole one, or one that is broken
 */
export function firstRecord(bytes: Buffer): { readonly data: Buffer; readonly end: number } | undefined {
  const length = lengthOf(bytes);
  if (length === undefined || bytes.length < headBytes + length + tailBytes) return undefined;
  const data = bytes.subarray(headBytes, headBytes + length);
  if (bytes.readUInt32LE(headBytes + length) !== maskedChecksum(data)) return undefined;
  return { data, end: headBytes + length + tailBytes };
}

/** How many bytes the first record takes; undefined where its head is not whole, or no head. */
export function recordBytes(bytes: Buffer): number | undefined {
  const length = lengthOf(bytes);
  return length === undefined ? undefined : headBytes + length + tailBytes;
}

function lengthOf(bytes: Buffer): number | undefined {
  if (bytes.length < headBytes) return undefined;
  const length = bytes.readBigUInt64LE(0);
  if (length > BigInt(mostBytes) || bytes.readUInt32LE(8) !== maskedChecksum(bytes.subarray(0, 8)))
    return undefined;
  return Number(length);
}

/** As TensorFlow masks it: a checksum of bytes that hold checksums would be a weak one. */
function maskedChecksum(bytes: Uint8Array): number {
  const checksum = new Crc32c().update(bytes).digest();
  return (((checksum >>> 15) | (checksum << 17)) + 0xa282ead8) >>> 0;
}
