import { inputError } from '../errors.ts';
import { mebibytes, mostMemoryBytes } from '../runtime/memory-limit.ts';

/** A part of a data set, by what it will take. */
export interface DataSize {
  /** For messages: a file, or an argument. */
  readonly name: string;
  readonly count: number;
  /** Of all inputs. */
  readonly inputBytes: number;
}

/** A label and a place in the order. */
const bytesOfAnExample = 8;

/**
 * Refuses data that no training can hold, from their sizes alone: before they are read or copied.
 * @param availableBytes what the machine has left
 * @throws GradpoolError with what is needed and the limit
 */
export function checkDataSize(
  where: string,
  parts: readonly DataSize[],
  availableBytes: number = process.availableMemory(),
): void {
  const sizes = parts.map(({ count, inputBytes }) => inputBytes + count * bytesOfAnExample);
  const needed = sizes.reduce((sum, size) => sum + size, 0);
  const limit = Math.min(mostMemoryBytes, availableBytes);
  if (needed <= limit) return;
  const room =
    limit < mostMemoryBytes
      ? `the ${mebibytes(limit)} that this machine has left`
      : `the ${mebibytes(limit)} of shared memory that a training can have`;
  const list = parts.map(({ name }, index) => `${name} ${mebibytes(sizes[index])}`).join(', ');
  throw inputError(
    `${where}: expected data that fit into ${room}, got ${mebibytes(needed)}: ${list}; use fewer or smaller examples (uint8 values take a quarter of float32)`,
  );
}
