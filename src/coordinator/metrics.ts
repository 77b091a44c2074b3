/** metrics.jsonl: what a training reported, one JSON object a line, in the order of the steps. */
import { type FileHandle, open, rename, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { inputError, saveError } from '../errors.ts';
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
  /** The step was left out: its loss or gradient is not finite. */
  | { readonly kind: 'skipped'; readonly step: number; readonly epoch: number; readonly reason: string }
  | {
      readonly kind: 'evaluation';
      readonly step: number;
      readonly accuracy: number;
      readonly loss: number;
    };

export interface MetricsLog {
  /** Call it again only when the last call has returned. What could not be written goes with the next one. */
  append(event: MetricsEvent): Promise<void>;
  /** Returns when the disk has everything: before a checkpoint, so that no metrics up to it can be lost. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** @throws GradpoolError of kind 'save', from here and from every call, when the disk refuses */
export async function openMetrics(path: string): Promise<MetricsLog> {
  const orFail = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw saveError(`Could not write ${path}: ${reasonOf(error)}`, error);
    }
  };
  const file = await orFail(() => open(path, 'a'));
  let { size } = await orFail(() => file.stat());
  let unwritten = '';
  let isTorn = false;
  const flush = async () => {
    if (unwritten === '') return;
    // A disk that became full in the middle of a line has the first half of it.
    if (isTorn) await file.truncate(size);
    isTorn = true;
    await file.writeFile(unwritten);
    isTorn = false;
    size += Buffer.byteLength(unwritten);
    unwritten = '';
  };
  return {
    append(event) {
      unwritten += `${JSON.stringify(event)}\n`;
      return orFail(flush);
    },
    sync: () =>
      orFail(async () => {
        await flush();
        await file.sync();
      }),
    close: () => orFail(() => file.close()),
  };
}

/** What is left of a file of metrics. */
export interface KeptMetrics {
  /** How many lines could not be read, a torn last one not counted. */
  readonly unreadable: number;
  /** The step of the last evaluation. */
  readonly evaluated: number | undefined;
}

/**
 * Cuts the file back to the events up to and including `step`; fine where there is no file. A crash can leave a torn
 * last line, and a power loss a hole: lines that cannot be read go, too. The new file takes the old one's place whole.
 */
export async function truncateMetrics(path: string, step: number): Promise<KeptMetrics> {
  const temporary = join(dirname(path), temporaryName(basename(path)));
  try {
    await refusePipe(path);
    const kept = await copyUpTo(path, temporary, step);
    await rename(temporary, path);
    await syncDirectory(dirname(path));
    return kept;
  } catch (error) {
    await removeQuietly(temporary);
    if (codeOf(error) === 'ENOENT') return { unreadable: 0, evaluated: undefined };
    const message = `Could not cut ${path} back to step ${step}: ${reasonOf(error)}`;
    throw codeOf(error) === undefined ? inputError(message, error) : saveError(message, error);
  }
}

/** Opening a pipe waits until somebody writes into it; not even a signal ends the process then. */
async function refusePipe(path: string): Promise<void> {
  const found = await stat(path);
  if (!found.isFile() && !found.isDirectory())
    throw inputError('expected a file, got a pipe, socket or device');
}

const copyUpTo = (path: string, copy: string, step: number): Promise<KeptMetrics> =>
  withFile(path, 'r', (source) =>
    withFile(copy, 'w', async (target) => {
      const kept = await copyLines(source, target, step);
      await target.sync();
      return kept;
    }),
  );

/** Line by line: a long run's file need not fit into memory. */
async function copyLines(source: FileHandle, target: FileHandle, step: number): Promise<KeptMetrics> {
  let unreadable = 0;
  let lastIsTorn = false;
  let evaluated: number | undefined;
  for await (const line of source.readLines({ autoClose: false })) {
    const event = eventOfLine(line);
    lastIsTorn = event === undefined;
    if (event === undefined) unreadable++;
    else if (event.step <= step) {
      await target.writeFile(`${line}\n`);
      if (event.kind === 'evaluation') evaluated = event.step;
    }
  }
  return { unreadable: lastIsTorn ? unreadable - 1 : unreadable, evaluated };
}

function eventOfLine(line: string): { step: number; kind: unknown } | undefined {
  try {
    const event: unknown = JSON.parse(line);
    if (!isRecord(event) || typeof event.step !== 'number') return undefined;
    return { step: event.step, kind: event.kind };
  } catch {
    return undefined;
  }
}
