/** metrics.jsonl: what a training reported, one JSON object a line, in the order of the steps. */
import { type FileHandle, open } from 'node:fs/promises';
import { inputError, saveError } from '../errors.ts';
import { withRegularFile } from '../model/read-bounded-file.ts';
import { codeOf, exists, reasonOf, replaceBy, sync, withFile } from './atomic-file.ts';
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
        await sync(file);
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
 * @throws GradpoolError when it is no file, it or a line of it is too long, or the disk refuses
 */
export async function truncateMetrics(path: string, step: number): Promise<KeptMetrics> {
  try {
    if (!(await exists(path))) return { unreadable: 0, evaluated: undefined };
    return await withRegularFile(path, mostBytes, (source) =>
      replaceBy(path, (temporary) =>
        withFile(temporary, 'wx', async (target) => {
          const kept = await copyLines(source, target, step);
          await sync(target);
          return kept;
        }),
      ),
    );
  } catch (error) {
    const message = `Could not cut ${path} back to step ${step}: ${reasonOf(error)}`;
    throw codeOf(error) === undefined ? inputError(message, error) : saveError(message, error);
  }
}

/** Of a hundred million reports; another program's file of that name might be longer. */
const mostBytes = 2 ** 34;
/** A report takes some hundred bytes. */
const mostLineBytes = 2 ** 20;
/** A long run's file need not fit into memory, and a read and a write a line would take seconds. */
const pieceBytes = 2 ** 20;

async function copyLines(source: FileHandle, target: FileHandle, step: number): Promise<KeptMetrics> {
  let unreadable = 0;
  let lastIsTorn = false;
  let evaluated: number | undefined;
  for await (const lines of linesOf(source)) {
    const kept: Uint8Array[] = [];
    for (const line of lines) {
      const event = eventOfLine(line);
      lastIsTorn = event === undefined;
      if (event === undefined) unreadable++;
      else if (event.step <= step) {
        kept.push(line, lineEnd);
        if (event.kind === 'evaluation') evaluated = event.step;
      }
    }
    if (kept.length > 0) await target.writeFile(Buffer.concat(kept));
  }
  return { unreadable: lastIsTorn ? unreadable - 1 : unreadable, evaluated };
}

/** The lines of a file, some at a time, without their ends. */
async function* linesOf(file: FileHandle): AsyncGenerator<Buffer[]> {
  const piece = Buffer.allocUnsafe(pieceBytes);
  let rest: Buffer = Buffer.alloc(0);
  for (;;) {
    const { bytesRead } = await file.read(piece, 0, pieceBytes, null);
    if (bytesRead === 0) break;
    const { lines, left } = split(Buffer.concat([rest, piece.subarray(0, bytesRead)]));
    for (const { length } of [...lines, left])
      if (length > mostLineBytes)
        throw inputError(
          `expected lines of at most ${mostLineBytes} bytes, got a longer one; move the file away to go on without it`,
        );
    yield lines;
    rest = left;
  }
  if (rest.length > 0) yield [rest];
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

const lineEnd = Buffer.from('\n');

function eventOfLine(line: Buffer): { step: number; kind: unknown } | undefined {
  try {
    const event: unknown = JSON.parse(line.toString());
    if (!isRecord(event) || typeof event.step !== 'number') return undefined;
    return { step: event.step, kind: event.kind };
  } catch {
    return undefined;
  }
}
