/** The lines of files that may be longer than the memory, and may still be written. */
import type { FileHandle } from 'node:fs/promises';
import { inputError } from '../errors.ts';

/** Some neighbouring lines of a file. */
export interface Lines {
  /** Without their ends. */
  readonly lines: readonly Buffer[];
  /** Where in the file the first line begins that is not among these. */
  readonly end: number;
  /** Whether this is a last line without an end: it was torn, or is still written. `end` is its beginning. */
  readonly isTorn: boolean;
}

/** A read and a write a line would take seconds. */
const pieceBytes = 2 ** 20;
/** A report takes some hundred bytes. */
const mostLineBytes = 2 ** 20;

/**
 * The lines of a file, some at a time.
 * @param start where a line begins
 * @throws GradpoolError when a line is too long
 */
export async function* linesOf(file: FileHandle, start = 0): AsyncGenerator<Lines> {
  const piece = Buffer.allocUnsafe(pieceBytes);
  let rest: Buffer = Buffer.alloc(0);
  let end = start;
  for (;;) {
    const { bytesRead } = await file.read(piece, 0, pieceBytes, end + rest.length);
    if (bytesRead === 0) break;
    const { lines, left } = split(Buffer.concat([rest, piece.subarray(0, bytesRead)]));
    for (const { length } of [...lines, left])
      if (length > mostLineBytes)
        throw inputError(
          `expected lines of at most ${mostLineBytes} bytes, got a longer one; move the file away to go on without it`,
        );
    end += rest.length + bytesRead - left.length;
    rest = left;
    yield { lines, end, isTorn: false };
  }
  if (rest.length > 0) yield { lines: [rest], end, isTorn: true };
}

function split(bytes: Buffer): { lines: Buffer[]; left: Buffer } {
  const lines: Buffer[] = [];
  let start = 0;
  for (let end = bytes.indexOf(lineEnd); end >= 0; end = bytes.indexOf(lineEnd, start)) {
    lines.push(bytes.subarray(start, end));
    start = end + 1;
  }
  return { lines, left: bytes.subarray(start) };
}

export const lineEnd = Buffer.from('\n');
