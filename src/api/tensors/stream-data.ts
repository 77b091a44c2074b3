/** Data from files that are read as they are trained on: for `train`, and as tensors for `fitDataset`. */
import type { Tensor } from '@tensorflow/tfjs-core';
import { type Checks, path as checkedPath, checkOptions, integer } from '../../check.ts';
import { limits } from '../../config/train-options.ts';
import { type DataOptions, dataOptionChecks } from '../../data/data-options.ts';
import type { InputArray, InputType } from '../../data/input-type.ts';
import { epochOrder } from '../../data/order.ts';
import type { ExampleSource } from '../../data/sources/form.ts';
import { type OpenedParts, openData } from '../../data/sources/read-data.ts';
import type { Shape } from '../../shape.ts';

/** How `streamData` gives its data. */
export interface StreamDataOptions extends DataOptions {
  /** Examples of a batch of tensors; the last one may be smaller. Default 100. `train` has a `batchSize` of its own. */
  readonly batchSize?: number;
  /** Of the order of the training set, which is the same in each pass. Default 1. `train` has a `seed` of its own. */
  readonly seed?: number;
}

const checks: Checks = {
  ...dataOptionChecks,
  batchSize: (value, name) => integer(name, value, 1, limits.batchSize),
  seed: (value, name) => integer(name, value, 0),
};

/** A batch. */
export interface DataBatch {
  /** [examples, ...shape] float32; bytes as value / 255. */
  readonly xs: Tensor;
  /** [examples, classes] float32, 1 for the example's class and else 0. */
  readonly ys: Tensor;
}

/** Data that are read batch by batch. */
export interface DataStream {
  /** Begins a pass over the training set. */
  readonly train: () => AsyncGenerator<DataBatch>;
  /** Begins a pass over the test set, in the order of the data. */
  readonly test: () => AsyncGenerator<DataBatch>;
  /** How many examples each part has. */
  readonly examples: { readonly train: number; readonly test: number };
  /** The shape of one example. */
  readonly shape: Shape;
  readonly classes: number;
  readonly classNames?: readonly string[];
}

/** What `train` takes in place of data sets in the memory. */
const openedBy = new WeakMap<object, OpenedParts>();

/** @returns the data that `streamData` has opened; undefined for anything else */
export const openedIn = (data: unknown): OpenedParts | undefined =>
  typeof data === 'object' && data !== null ? openedBy.get(data) : undefined;

/**
 * Opens data of any form that `readData` reads, for `train`, and as batches for `fitDataset`. Images by class are read when their
 * batch is due, so that they may be larger than the memory; data of other forms are read at once.
 * @throws GradpoolError as `readData` does; for an image that cannot be read, when its batch is due
 * @example
 * const photos = await streamData('photos', { shape: [64, 64, 3] });
 * await train(model, photos, { batchSize: 50, epochs: 5 });
 * await fitDataset(model, photos.train, { epochs: 5, validationData: photos.test });
 */
export async function streamData(given: string | URL, options: StreamDataOptions = {}): Promise<DataStream> {
  const path = checkedPath(given, 'path');
  checkOptions(options, checks);
  const { batchSize = 100, seed = 1, ...dataOptions } = options;
  const opened = await openData(path, dataOptions);
  const { train, test, shape, classes, classNames } = opened;
  const kind = { shape, classes, inputType: opened.inputType, batchSize };
  const order = new Uint32Array(train.labels.length);
  epochOrder(seed, 0, order.length, order);
  const stream: DataStream = {
    train: () => batchesOf(train, order, kind),
    test: () =>
      batchesOf(
        test,
        Uint32Array.from(test.labels, (_, example) => example),
        kind,
      ),
    examples: { train: train.labels.length, test: test.labels.length },
    ...{ shape, classes },
    ...(classNames === undefined ? {} : { classNames }),
  };
  openedBy.set(stream, opened);
  return stream;
}

interface BatchKind {
  readonly shape: Shape;
  readonly classes: number;
  readonly inputType: InputType;
  readonly batchSize: number;
}

async function* batchesOf(
  { labels, read }: ExampleSource,
  order: Uint32Array,
  { shape, classes, inputType, batchSize }: BatchKind,
): AsyncGenerator<DataBatch> {
  const { tensor } = await import('@tensorflow/tfjs-core');
  for (let from = 0; from < order.length; from += batchSize) {
    const examples = [...order.subarray(from, from + batchSize)];
    const inputs = floatsOf(await read(examples), inputType);
    const targets = new Float32Array(examples.length * classes);
    for (const [row, example] of examples.entries()) targets[row * classes + labels[example]] = 1;
    yield {
      xs: tensor(inputs, [examples.length, ...shape], 'float32'),
      ys: tensor(targets, [examples.length, classes], 'float32'),
    };
  }
}

const floatsOf = (inputs: InputArray, inputType: InputType): Float32Array =>
  inputType === 'uint8' ? Float32Array.from(inputs, (value) => value / 255) : Float32Array.from(inputs);
