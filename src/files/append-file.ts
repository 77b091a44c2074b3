import { open } from 'node:fs/promises';
import { messageOf, saveError } from '../errors.ts';
import { sync } from './atomic-file.ts';

/** A file that grows by whole pieces. */
export interface AppendFile {
  /** Call it again only when the last call has returned. What could not be written goes with the next one. */
  append(piece: Uint8Array): Promise<void>;
  /** Returns when the disk has everything. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens a file to add to it, or makes it.
 * @param flags of `open`, 'ax' where it has to be a new one
 * @throws GradpoolError of kind 'save', from here and from every call, when the disk refuses
 */
export async function openToAppend(path: string, flags: 'a' | 'ax' = 'a'): Promise<AppendFile> {
  const orFail = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw saveError(`Could not write ${path}: ${messageOf(error)}`, error);
    }
  };
  const file = await orFail(() => open(path, flags));
  let { size } = await orFail(() => file.stat());
  let unwritten: Uint8Array[] = [];
  let isTorn = false;
  const flush = async () => {
    if (unwritten.length === 0) return;
    // A disk that became full in the middle of a piece has the first half of it.
    if (isTorn) await file.truncate(size);
    isTorn = true;
    const bytes = Buffer.concat(unwritten);
    await file.writeFile(bytes);
    isTorn = false;
    size += bytes.length;
    unwritten = [];
  };
  return {
    append(piece) {
      unwritten.push(piece);
      return orFail(flush);
    },
    sync: () =>
      orFail(async () => {
        await flush();
        await sync(file);
      }),
    close: () => orFail(() => file.close()),
  };
}
