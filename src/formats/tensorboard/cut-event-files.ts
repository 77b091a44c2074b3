/** A run's event files cut back, where a training goes on from an earlier step. */
import type { FileHandle } from 'node:fs/promises';
import { codeOf, inputError, messageOf, saveError } from '../../errors.ts';
import { withFile } from '../../files/atomic-file.ts';
import { eventFiles } from './event-files.ts';
import { stepOfEvent } from './messages.ts';
import { firstRecord, recordBytes } from './records.ts';

/**
 * Cuts all files back to the events up to and including `step`, as metrics.jsonl is. A file is cut at the first event that
 * is later, torn or broken: behind it TensorBoard reads nothing either.
 * @throws GradpoolError when the disk refuses
 */
export async function cutEventFiles(run: string, step: number): Promise<void> {
  for (const path of await eventFiles(run)) {
    try {
      await withFile(path, 'r+', (file) => cutBack(file, step));
    } catch (error) {
      const message = `Could not cut ${path} back to step ${step}: ${messageOf(error)}`;
      throw codeOf(error) === undefined ? inputError(message, error) : saveError(message, error);
    }
  }
}

const pieceBytes = 2 ** 16;

async function cutBack(file: FileHandle, step: number): Promise<void> {
  const { size } = await file.stat();
  let end = 0;
  for (;;) {
    const head = await bytesAt(file, end, Math.min(pieceBytes, size - end));
    const needed = recordBytes(head) ?? 0;
    const whole = needed > head.length ? await bytesAt(file, end, Math.min(needed, size - end)) : head;
    const record = firstRecord(whole);
    if (record === undefined || isLater(record.data, step)) break;
    end += record.end;
  }
  if (end < size) await file.truncate(end);
}

async function bytesAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { bytesRead, buffer } = await file.read(Buffer.alloc(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}

/** What is no event counts as later. */
function isLater(data: Uint8Array, step: number): boolean {
  try {
    return stepOfEvent(data) > step;
  } catch {
    return true;
  }
}
