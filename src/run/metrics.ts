/** metrics.jsonl: what a training reported, one JSON object a line, in the order of the steps. */
import type { FileHandle } from 'node:fs/promises';
import { codeOf, inputError, messageOf, saveError } from '../errors.ts';
import { openToAppend } from '../files/append-file.ts';
import { exists, replaceBy, sync, withFile } from '../files/atomic-file.ts';
import { lineEnd, linesOf } from '../files/lines.ts';
import { type OpenFile, withOpenFile } from '../files/open-file.ts';
import type { SummaryValue } from '../formats/tensorboard/messages.ts';
import type { Measurement } from '../protocol/requests.ts';
import { isRecord } from './fields.ts';

export type MetricsEvent =
  | {
      readonly kind: 'step';
      readonly step: number;
      readonly epoch: number;
      /** Mean loss of this step's batch. */
      readonly loss: number;
      /** Share of the batch that was classified right; absent without labels, and in runs of earlier versions. */
      readonly accuracy?: number;
      readonly metrics?: Readonly<Record<string, number>>;
      /** With which the step was made; absent in runs of earlier versions. */
      readonly learning_rate?: number;
      readonly steps_per_second: number;
    }
  /** A step of a GAN. */
  | {
      readonly kind: 'gan step';
      readonly step: number;
      readonly epoch: number;
      readonly discriminatorLoss?: number;
      readonly generatorLoss?: number;
      readonly steps_per_second: number;
    }
  /** The step was left out: its loss or gradient is not finite. */
  | {
      readonly kind: 'skipped';
      readonly step: number;
      readonly epoch: number;
      /** Which one's update, of a GAN. */
      readonly network?: 'generator' | 'discriminator';
      readonly reason: string;
    }
  | ({ readonly kind: 'evaluation'; readonly step: number } & Measurement);

export interface MetricsLog {
  /** Call it again only when the last call has returned. What could not be written goes with the next one. */
  append(event: MetricsEvent): Promise<void>;
  /** Returns when the disk has everything: before a checkpoint, so that no metrics up to it can be lost. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** @throws GradpoolError of kind 'save', from here and from every call, when the disk refuses */
export async function openMetrics(path: string): Promise<MetricsLog> {
  const file = await openToAppend(path);
  return {
    append: (event) => file.append(Buffer.from(`${JSON.stringify(event)}\n`)),
    sync: file.sync,
    close: file.close,
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
    const cut = ({ handle: source }: OpenFile) =>
      replaceBy(path, (temporary) =>
        withFile(temporary, 'wx', async (target) => {
          const kept = await copyLines(source, target, step);
          await sync(target);
          return kept;
        }),
      );
    return await withOpenFile(path, cut, mostMetricsBytes);
  } catch (error) {
    const message = `Could not cut ${path} back to step ${step}: ${messageOf(error)}`;
    throw codeOf(error) === undefined ? inputError(message, error) : saveError(message, error);
  }
}

/** Of a hundred million reports; another program's file of that name might be longer. */
export const mostMetricsBytes = 2 ** 34;

async function copyLines(source: FileHandle, target: FileHandle, step: number): Promise<KeptMetrics> {
  let unreadable = 0;
  let lastIsTorn = false;
  let evaluated: number | undefined;
  for await (const { lines } of linesOf(source)) {
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

function eventOfLine(line: Buffer): { step: number; kind: unknown } | undefined {
  try {
    const event: unknown = JSON.parse(line.toString());
    if (!isRecord(event) || typeof event.step !== 'number') return undefined;
    return { step: event.step, kind: event.kind };
  } catch {
    return undefined;
  }
}

/**
 * What of a training's metrics TensorBoard shows as scalars. It groups tags by what stands before the slash.
 * @param batchSize examples of a step
 */
export function scalarsOf(event: MetricsEvent, batchSize: number): SummaryValue[] {
  const scalar = (tag: string, value: number | undefined): SummaryValue[] =>
    value === undefined ? [] : [{ tag, simpleValue: value }];
  const all = (group: string, values: Readonly<Record<string, number>> = {}) =>
    Object.entries(values).flatMap(([name, value]) => scalar(`${group}/${name}`, value));
  const evaluated = (group: string, measurement: Measurement) => [
    ...scalar(`${group}/loss`, measurement.loss),
    ...scalar(`${group}/accuracy`, measurement.accuracy),
    ...all(group, withoutAccuracy(measurement)),
  ];
  switch (event.kind) {
    case 'step':
      return [
        ...scalar('train/loss', event.loss),
        ...scalar('train/accuracy', event.accuracy),
        ...all('train', withoutAccuracy(event)),
        ...scalar('learning_rate', event.learning_rate),
        ...scalar('images_per_second', event.steps_per_second * batchSize),
      ];
    case 'gan step':
      return [
        ...scalar('train/discriminator_loss', event.discriminatorLoss),
        ...scalar('train/generator_loss', event.generatorLoss),
        ...scalar('images_per_second', event.steps_per_second * batchSize),
      ];
    case 'evaluation':
      return [
        ...evaluated('validation', event),
        ...(event.ema === undefined ? [] : evaluated('validation_ema', event.ema)),
      ];
    case 'skipped':
      return [];
  }
}

/** The metrics that are not told already: one of that name would be the same curve. */
export const withoutAccuracy = ({
  accuracy,
  metrics = {},
}: {
  readonly accuracy?: number;
  readonly metrics?: Readonly<Record<string, number>>;
}): Record<string, number> =>
  Object.fromEntries(
    Object.entries(metrics).filter(([name]) => name !== 'accuracy' || accuracy === undefined),
  );
