/** Data that are read as they are trained on (`--stream`), and afterwards those of such a run. */
import { type StreamedParts, setOf, streamedParts } from '../../api/streamed-set.ts';
import type { TrainConfig } from '../../config/config.ts';
import { checkDataSize } from '../../data/data-size.ts';
import { dataset } from '../../data/dataset.ts';
import { mnistOrigin } from '../../data/mnist.ts';
import { type OpenedParts, openData } from '../../data/sources/read-data.ts';
import { usageError } from '../../errors.ts';
import type { StreamedSet } from '../../protocol/stream.ts';
import { sizeOf } from '../../shape.ts';
import { notice } from '../print/output.ts';
import {
  changedData,
  type DataChoice,
  type KnownRun,
  loadDataOf,
  type NamedData,
  orPutBack,
  otherData,
} from './data.ts';

/** Its two sets are rooms for batches. */
export type StreamedData = NamedData & StreamedParts & { readonly opened: OpenedParts };

/**
 * @param run the one that goes on
 * @param isAsked whether a form that is read at once is none of those that were meant
 * @throws GradpoolError of kind 'usage' for a form that is read at once, where that is asked
 */
export async function openStreamedData(
  choice: DataChoice,
  run: KnownRun | undefined,
  config: Pick<TrainConfig, 'batchSize'>,
  isAsked: boolean,
): Promise<StreamedData> {
  const { name, opened } = await open(choice, run, isAsked);
  const { form, train, test } = opened;
  const parts = await streamedParts(opened, config);
  if (run !== undefined && Object.keys(choice).length === 0 && isOther(parts.stream.set, run))
    throw changedData(run);
  for (const note of opened.notes ?? []) notice(note);
  const examples = { train: train.labels.length, test: test.labels.length };
  return { name, form, ...parts, opened, examples };
}

/** What is evaluated and predicted: of a run that was trained on a stream the test part alone, which has to fit into memory. */
export async function loadTestOf(
  run: KnownRun | undefined,
  choice: DataChoice,
): Promise<Pick<NamedData, 'name' | 'test' | 'note'>> {
  if (run?.origin.isStreamed === undefined) return loadDataOf(run, choice);
  const { name, opened } = await open(choice, run, false);
  const isChanged = isOther(await setOf(opened), run);
  if (isChanged && Object.keys(choice).length === 0) throw changedData(run);
  const { labels, read } = opened.test;
  const { shape, classes, classNames } = opened;
  const inputBytes = labels.length * sizeOf(shape) * (opened.inputType === 'uint8' ? 1 : 4);
  checkDataSize(name, [{ name: 'test', count: labels.length, inputBytes }]);
  const test = dataset({
    inputs: await read(Array.from(labels, (_, example) => example)),
    ...{ labels, shape, classes },
    ...(classNames === undefined ? {} : { classNames }),
  });
  return { name, test, ...(isChanged ? { note: otherData(name, run) } : {}) };
}

const isOther = ({ sha256, testSha256 }: StreamedSet, { dataSha256, origin }: KnownRun): boolean =>
  sha256 !== dataSha256 || testSha256 !== origin.testSha256;

async function open({ data, ...options }: DataChoice, run: KnownRun | undefined, isStream: boolean) {
  const { data: own, dataOptions } = run?.origin ?? {};
  const name = data ?? own;
  if (name === undefined || name === mnistOrigin)
    throw usageError('Expected `data` to name the directory that `stream` reads, got none');
  const opening = openData(name, options, dataOptions, isStream);
  const opened = await (data === undefined && run !== undefined ? orPutBack(run.path, opening) : opening);
  return { name, opened };
}
