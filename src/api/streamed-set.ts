/** A training on a data set that is read while it is trained on: the rooms for its batches, and who writes them. */
import type { TrainConfig } from '../config/config.ts';
import { checkWords } from '../coordinator/examples/check-words.ts';
import { examplesFor } from '../coordinator/examples/targets.ts';
import { noteOrigin } from '../data/data-origin.ts';
import { checkDataSize } from '../data/data-size.ts';
import { type Dataset, dataset } from '../data/dataset.ts';
import type { ExampleSet } from '../data/example-set.ts';
import type { InputArray, InputType } from '../data/input-type.ts';
import { epochOrder } from '../data/order.ts';
import type { OpenedParts } from '../data/sources/read-data.ts';
import { inputError, usageError } from '../errors.ts';
import { lossOf } from '../loss/loss-of.ts';
import type { Network } from '../model/network.ts';
import type { BatchPlace, Feed, FeedRequest, StreamedSet, StreamPart } from '../protocol/stream.ts';
import { evaluationExamples } from '../reduction/shards.ts';
import { sha256 } from '../sha256.ts';
import { sizeOf } from '../shape.ts';
import { counted } from '../shown.ts';

/** What of a training's request such a data set is. */
export interface StreamedParts {
  /** Room for two batches of each part. */
  readonly train: Dataset;
  readonly test: Dataset;
  readonly stream: StreamPart & { readonly set: StreamedSet };
}

/**
 * @param asked what is asked for besides, by the names of options
 * @throws GradpoolError of kind 'usage' for what takes the whole data set at once
 */
export function checkStreamed(
  { validationSplit, overfit, preparation, tensorboard }: TrainConfig,
  asked: Readonly<Record<string, unknown>>,
): void {
  if (preparation.normalization === 'of the training set')
    throw usageError(
      'Expected no `normalize` for data that stream, whose mean is not known, got one; give `normalizeMean` and `normalizeStd`',
    );
  if (tensorboard.includes('images'))
    throw usageError(
      'Expected no images in `tensorboard` for data that stream, which are not kept for them, got images; leave them out',
    );
  const unfit = Object.entries({ validationSplit, overfit, ...asked }).find(([, value]) => value);
  if (unfit === undefined) return;
  throw usageError(
    `Expected no \`${unfit[0]}\` for data that stream, of which only two batches are in the memory, got one; leave it out, or train on data in the memory`,
  );
}

/** @throws GradpoolError where two batches do not fit into memory */
export async function streamedParts(
  opened: OpenedParts,
  { batchSize }: Pick<TrainConfig, 'batchSize'>,
): Promise<StreamedParts> {
  const { train, test, shape, inputType, from } = opened;
  const [examples, testExamples] = [train.labels.length, test.labels.length];
  if (batchSize > examples)
    throw inputError(
      `Expected a batch size of at most the data set's ${counted(examples, 'example')}, got ${batchSize}; use a smaller \`batchSize\``,
    );
  const tested = Math.min(testExamples, testBatch(batchSize));
  const bytes = sizeOf(shape) * (inputType === 'uint8' ? 1 : 4);
  checkDataSize(from.data, [
    { name: 'two batches', count: 2 * batchSize, inputBytes: 2 * batchSize * bytes },
    { name: 'two of the test', count: 2 * tested, inputBytes: 2 * tested * bytes },
  ]);
  const set = await setOf(opened);
  const rooms = { train: room(opened, 2 * batchSize), test: room(opened, 2 * tested) };
  return {
    ...noteOrigin(rooms, { ...from, isStreamed: true }),
    stream: { validation: { batches: Math.ceil(testExamples / tested) }, set },
  };
}

/** What is known of it before it is read. */
export async function setOf({ train, test, shape, inputType, classes }: OpenedParts): Promise<StreamedSet> {
  const hashOf = async (part: OpenedParts['train']) =>
    sha256(JSON.stringify({ shape, inputType, classes }), await part.identity());
  return {
    ...{ examples: train.labels.length, testExamples: test.labels.length },
    ...{ sha256: await hashOf(train), testSha256: await hashOf(test) },
  };
}

/** Several tasks, for several workers; whole ones, so that the sums are those of the whole test set. */
const testBatch = (batchSize: number): number =>
  evaluationExamples * Math.max(4, Math.ceil(batchSize / evaluationExamples));

function room({ shape, inputType, classes, classNames }: OpenedParts, count: number): Dataset {
  return dataset({
    inputs: arrays[inputType](count * sizeOf(shape)),
    labels: new Uint32Array(new SharedArrayBuffer(4 * count)),
    ...{ shape, classes },
    ...(classNames === undefined ? {} : { classNames }),
  });
}

const arrays: { readonly [Type in InputType]: (length: number) => InputArray } = {
  uint8: (length) => new Uint8Array(new SharedArrayBuffer(length)),
  int32: (length) => new Int32Array(new SharedArrayBuffer(4 * length)),
  float32: (length) => new Float32Array(new SharedArrayBuffer(4 * length)),
};

/**
 * Reads batches as they are asked for, in the order of a training on the same data in the memory, and writes them with
 * what its loss takes.
 */
export function feedOf(
  opened: OpenedParts,
  network: Network,
  { seed, loss }: Pick<TrainConfig, 'seed' | 'loss'>,
): Feed {
  const { shape, classes } = opened;
  const order = {
    train: new Uint32Array(opened.train.labels.length),
    test: Uint32Array.from(opened.test.labels, (_, example) => example),
  };
  const done = { train: 0, test: 0 };
  return async ({ set, isFirst, epoch = 0, place }) => {
    if (isFirst) done[set] = 0;
    if (isFirst && set === 'train') epochOrder(seed, epoch, order.train.length, order.train);
    const examples = [...order[set].subarray(done[set], done[set] + place.most)];
    done[set] += examples.length;
    if (examples.length === 0) return 0;
    const { labels, read } = opened[set];
    const batch = dataset({
      ...{ inputs: await read(examples), shape, classes },
      labels: examples.map((example) => labels[example]),
    });
    const what = names[set];
    const given = examplesFor(lossOf(loss).name, batch, network, what);
    checkWords(network, given, what);
    write(given, place);
    return examples.length;
  };
}

const names: { readonly [set in FeedRequest['set']]: string } = {
  train: 'the training set',
  test: 'the test set',
};

function write({ inputs, targets }: ExampleSet, { memory, ...at }: BatchPlace): void {
  const copy = ({ buffer, byteOffset, byteLength }: ArrayBufferView, to: number) =>
    new Uint8Array(memory, to, byteLength).set(new Uint8Array(buffer, byteOffset, byteLength));
  copy(inputs, at.inputs);
  copy(targets, at.targets);
}
