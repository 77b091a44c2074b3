/** metrics.jsonl: what a training reported, one JSON object a line, in the order of the steps. */
import { type FileHandle, open, rename, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { inputError } from '../errors.ts';
import { codeOf, reasonOf, removeQuietly, syncDirectory, temporaryName, withFile } from './atomic-file.ts';
import { isRecord } from './hashes.ts';

export type MetricsEvent =
  | {
      readonly kind: 'step';
      readonly step: number;
      readonly epoch: number;
      /** Mean loss of this step's batch. */
      readonly loss: number;
      readonly steps_per_second: number;
    }
  | {
      readonly kind: 'evaluation';
      readonly step: number;
      readonly accuracy: number;
      readonly loss: number;
    };

export interface MetricsLog {
  /** Call it again only when the last call has returned. */
  append(event: MetricsEvent): Promise<void>;
  /** Returns when the disk has everything: before a checkpoint, so that no metrics up to it can be lost. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** @throws GradpoolError, from here and from every call, when the disk refuses */
export async function openMetrics(path: string): Promise<MetricsLog> {
  const orFail = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw inputError(`Could not write ${path}: ${reasonOf(error)}`, error);
    }
  };
  const file = await orFail(() => open(path, 'a'));
  return {
    append: (event) => orFail(() => file.writeFile(`${JSON.stringify(event)}\n`)),
    sync: () => orFail(() => file.sync()),
    close: () => orFail(() => file.close()),
  };
}

/**
 * Cuts the file back to the events up to and including `step`; fine where there is no file. A crash can leave a torn
 * last line, and a power loss a hole: lines that cannot be read go, too. The new file takes the old one's place whole.
 * @returns how many lines could not be read, a torn last one not counted
 */
export async function truncateMetrics(path: string, step: number): Promise<number> {
  const temporary = join(dirname(path), temporaryName(basename(path)));
  try {
    await refusePipe(path);
    const unreadable = await copyUpTo(path, temporary, step);
    await rename(temporary, path);
    await syncDirectory(dirname(path));
    return unreadable;
  } catch (error) {
    await removeQuietly(temporary);
    if (codeOf(error) === 'ENOENT') return 0;
    throw inputError(`Could not cut ${path} back to step ${step}: ${reasonOf(error)}`, error);
  }
}

/** Opening a pipe waits until somebody writes into it; not even a signal ends the process then. */
async function refusePipe(path: string): Promise<void> {
  const found = await stat(path);
  if (!found.isFile() && !found.isDirectory())
    throw inputError('expected a file, got a pipe, socket or device');
}

const copyUpTo = (path: string, copy: string, step: number): Promise<number> =>
  withFile(path, 'r', (source) =>
    withFile(copy, 'w', async (target) => {
      const unreadable = await copyLines(source, target, step);
      await target.sync();
      return unreadable;
    }),
  );

/** Line by line: a long run's file need not fit into memory. */
async function copyLines(source: FileHandle, target: FileHandle, step: number): Promise<number> {
  let unreadable = 0;
  let lastIsTorn = false;
  for await (const line of source.readLines({ autoClose: false })) {
    const at = stepOfLine(line);
    lastIsTorn = at === undefined;
    if (at === undefined) unreadable++;
    else if (at <= step) await target.writeFile(`${line}\n`);
  }
  return lastIsTorn ? unreadable - 1 : unreadable;
}

function stepOfLine(line: string): number | undefined {
  try {
    const event: unknown = JSON.parse(line);
    return isRecord(event) && typeof event.step === 'number' ? event.step : undefined;
  } catch {
    return undefined;
  }
}
