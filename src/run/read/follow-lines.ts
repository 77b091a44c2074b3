/** A file of JSON objects, one a line, that may still be written: what was added is read, and nothing twice. */
import { GradpoolError, inputError, messageOf } from '../../errors.ts';
import { exists } from '../../files/atomic-file.ts';
import { linesOf } from '../../files/lines.ts';
import { withOpenFile } from '../../files/open-file.ts';
import { isRecord } from '../fields.ts';

export interface Reader {
  /** What was read before is void: the file was cut back, or another one is in its place. */
  anew(): void;
  line(fields: Readonly<Record<string, unknown>>): void;
}

export interface Followed {
  /** Hands what was added since the last call to the reader. A line that has no end yet comes when it has one. */
  read(reader: Reader): Promise<void>;
  /** Lines that are no JSON objects, as a power loss leaves them. */
  unreadable(): number;
}

/**
 * @param path where no file is, there are no lines
 * @param mostBytes a larger file is refused
 */
export function followLines(path: string, mostBytes: number): Followed {
  let inode: number | undefined;
  let end = 0;
  let unreadable = 0;
  const forget = (reader: Reader) => {
    if (end > 0) reader.anew();
    end = 0;
    unreadable = 0;
  };
  return {
    unreadable: () => unreadable,
    async read(reader) {
      if (!(await exists(path))) return forget(reader);
      const read = async ({ handle, size }: Parameters<Parameters<typeof withOpenFile>[1]>[0]) => {
        const { ino } = await handle.stat();
        if (ino !== inode || size < end) forget(reader);
        inode = ino;
        for await (const { lines, end: after, isTorn } of linesOf(handle, end)) {
          if (isTorn) break;
          for (const line of lines) {
            const fields = fieldsOf(line);
            if (fields === undefined) unreadable++;
            else reader.line(fields);
          }
          end = after;
        }
      };
      try {
        await withOpenFile(path, read, mostBytes);
      } catch (error) {
        if (error instanceof GradpoolError && error.message.startsWith(path)) throw error;
        throw inputError(`Could not read ${path}: ${messageOf(error)}`, error);
      }
    },
  };
}

function fieldsOf(line: Buffer): Record<string, unknown> | undefined {
  try {
    const fields: unknown = JSON.parse(line.toString());
    return isRecord(fields) ? fields : undefined;
  } catch {
    return undefined;
  }
}
