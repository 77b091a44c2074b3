/** How the pages of a Parquet file are unpacked: by what Node.js has, and never to more than their headers say. */
import { brotliDecompressSync, gunzipSync, type ZlibOptions, zstdDecompressSync } from 'node:zlib';
import type { Compressors } from 'hyparquet';

type Unpack = (packed: Uint8Array, limit: Pick<ZlibOptions, 'maxOutputLength'>) => Uint8Array;

const bounded =
  (unpack: Unpack) =>
  (packed: Uint8Array, length: number): Uint8Array => {
    const bytes = unpack(packed, { maxOutputLength: Math.max(length, 1) });
    if (bytes.length !== length) throw new Error(`a page of ${bytes.length} bytes in place of ${length}`);
    return bytes;
  };

/** Beside these there is Snappy, which hyparquet unpacks itself. */
export const compressors: Compressors = {
  GZIP: bounded(gunzipSync),
  BROTLI: bounded(brotliDecompressSync),
  ZSTD: bounded(zstdDecompressSync),
};

export const codecs: readonly string[] = ['UNCOMPRESSED', 'SNAPPY', ...Object.keys(compressors)];
