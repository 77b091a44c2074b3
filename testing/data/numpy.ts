/** NumPy's files, as NumPy writes them. */
import { join } from 'node:path';
import { crc32, deflateRawSync } from 'node:zlib';
import { imageShape, type PlainData, type PlainPart, put } from './forms.ts';

/** A .npy file of any bytes. */
export function npyOf(descr: string, shape: readonly number[], data: Uint8Array, isFortran = false): Buffer {
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const fields = `{'descr': ${descr.startsWith('[') ? descr : `'${descr}'`}, 'fortran_order': ${isFortran ? 'True' : 'False'}, 'shape': (${sizes}), }`;
  const header = `${fields.padEnd(Math.ceil((fields.length + 11) / 64) * 64 - 11)}\n`;
  const start = Buffer.from('\x93NUMPY\x01\x00\x00\x00', 'latin1');
  start.writeUInt16LE(header.length, 8);
  return Buffer.concat([start, Buffer.from(header, 'latin1'), data]);
}

export const bytesOf = (values: ArrayBufferView): Buffer =>
  Buffer.from(values.buffer, values.byteOffset, values.byteLength);

/** What a zip archive's entry says of itself, to be changed by a test. */
export interface ZipClaim {
  crc: number;
  packed: number;
  unpacked: number;
  flags: number;
}

/** A zip archive. @param claim changes what the entries say */
export function zipOf(
  files: Readonly<Record<string, Uint8Array>>,
  { isPacked = true, claim = () => {} }: { isPacked?: boolean; claim?: (says: ZipClaim) => void } = {},
): Buffer {
  const local: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const [name, bytes] of Object.entries(files)) {
    const data = isPacked ? deflateRawSync(bytes) : bytes;
    const says = { crc: crc32(bytes), packed: data.length, unpacked: bytes.length, flags: 0 };
    claim(says);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(says.flags, 2);
    common.writeUInt16LE(isPacked ? 8 : 0, 4);
    common.writeUInt32LE(says.crc, 10);
    common.writeUInt32LE(says.packed, 14);
    common.writeUInt32LE(says.unpacked, 18);
    common.writeUInt16LE(name.length, 22);
    const entry = Buffer.alloc(14);
    entry.writeUInt32LE(offset, 10);
    local.push(Buffer.from('PK\x03\x04', 'latin1'), common, Buffer.from(name), Buffer.from(data));
    central.push(Buffer.from('PK\x01\x02\x14\x00', 'latin1'), common, entry, Buffer.from(name));
    offset += 30 + name.length + data.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(Object.keys(files).length, 8);
  end.writeUInt16LE(Object.keys(files).length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...local, directory, end]);
}

const arraysOf = ({ train, test }: PlainData): Record<string, Buffer> => {
  const images = ({ images, labels }: PlainPart) => npyOf('|u1', [labels.length, ...imageShape], images);
  const labels = ({ labels }: PlainPart) =>
    npyOf('<i8', [labels.length], bytesOf(BigInt64Array.from(labels, BigInt)));
  return {
    'x_train.npy': images(train),
    'y_train.npy': labels(train),
    'x_test.npy': images(test),
    'y_test.npy': labels(test),
  };
};

export const writeNpz = (path: string, data: PlainData): string => put(`${path}.npz`, zipOf(arraysOf(data)));

export function writeNpyFiles(path: string, data: PlainData): string {
  for (const [name, bytes] of Object.entries(arraysOf(data))) put(join(path, name), bytes);
  return path;
}
