import { type Zippable, zipSync } from 'fflate';

/** A zip archive of files that are not compressed; the same bytes for the same files. */
export function zip(files: Readonly<Record<string, Uint8Array>>): Uint8Array {
  const entries: Zippable = Object.fromEntries(
    Object.entries(files).map(([name, bytes]) => [name, [bytes, { level: 0, mtime: '1980-01-01' }]]),
  );
  return zipSync(entries);
}
