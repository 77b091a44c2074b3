/** A small training that takes a second, whose end is known for every number of workers. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { trainInThread } from '../../src/api/client.ts';
import { resolveConfig, type TrainConfig } from '../../src/config/config.ts';
import type { TrainOptions } from '../../src/config/train-options.ts';
import { scheduleOf } from '../../src/coordinator/batches/schedule.ts';
import { type Dataset, dataset } from '../../src/data/dataset.ts';
import { epochOrder } from '../../src/data/order.ts';
import type { ModelSpec } from '../../src/model/model-spec.ts';
import type { TrainEvent, TrainResult } from '../../src/protocol/requests.ts';
import { conv2d, dense, dropout, flatten, maxPooling2d, network, relu } from '../engine/network-builder.ts';
import { parametersFor } from '../engine/values.ts';
import { type Chaos, type Fault, type FileFault, hashOf, now, prepareChaos } from './fault.ts';

/** 103 examples in batches of 20: 6 steps an epoch, the last one of 3 examples in 8 shards. */
const [examples, side, classes] = [103, 8, 4];

export const smallOptions = {
  ...{ batchSize: 20, shards: 8, steps: 60, evalEvery: 5, saveEvery: 4 },
  // A kind of task that hangs before any was done has no usual time yet.
  stepTimeout: 5,
} as const;

export const smallModel: ModelSpec = (() => {
  const layers = [conv2d(4, [3, 3]), relu, maxPooling2d([2, 2]), flatten(), dense(16), relu, dropout(0.3)];
  const small = network([side, side, 1], ...layers, dense(classes));
  return { topology: {}, network: small, parameters: parametersFor(small) };
})();

export const smallData: Dataset = dataset({
  inputs: Uint8Array.from({ length: examples * side * side }, (_, at) => hashOf([at]) & 255),
  labels: Uint32Array.from({ length: examples }, (_, at) => at % classes),
  shape: [side, side, 1],
  classes,
});

/** An event and when the main thread heard of it, in milliseconds since 1970. */
export type Heard = TrainEvent & { readonly at: number };

export interface Trained {
  readonly result: TrainResult;
  readonly events: readonly Heard[];
  readonly chaos: Chaos;
  /** Steps whose update did not count each example of its batch exactly once. */
  readonly miscounted: readonly number[];
}

export interface TrainingOptions extends TrainOptions {
  readonly faults?: readonly Fault[];
  readonly files?: readonly FileFault[];
  readonly run?: string;
  readonly resume?: boolean;
  readonly signal?: AbortSignal;
  /** Is told each event, which is then not kept. */
  readonly onEvent?: (event: Heard) => void;
  readonly model?: ModelSpec;
  readonly data?: Dataset;
  /** Default: `data`. */
  readonly test?: Dataset;
}

export async function trainUnderChaos(options: TrainingOptions): Promise<Trained> {
  const {
    faults = [],
    files = [],
    run,
    resume = false,
    signal,
    onEvent,
    model = smallModel,
    data = smallData,
    test = data,
    ...rest
  } = options;
  const config = resolveConfig({ ...smallOptions, ...rest });
  const { shards, batchSize } = config;
  const ledger = openLedger();
  const chaos = prepareChaos({ faults, files, shards, batchSize, ledger: ledger.path });
  const events: Heard[] = [];
  let begun = 0;
  const hear = (event: TrainEvent) => {
    if (event.kind === 'start') begun = event.fromStep;
    const heard = { ...event, at: now() };
    if (onEvent === undefined) events.push(heard);
    else onEvent(heard);
  };
  try {
    const result = await trainInThread(
      {
        ...{ model, train: data, test, config, resume, reportProbabilities: false },
        ...(run === undefined ? {} : { run }),
      },
      {
        onEvent: hear,
        ...(signal === undefined ? {} : { signal }),
      },
    );
    const { globalStep, skippedSteps } = result;
    const done = rangeOf(begun + 1, globalStep).filter((step) => !skippedSteps.includes(step));
    return { result, events, chaos, miscounted: miscountedSteps(ledger.path, config, data.count, done) };
  } finally {
    ledger.remove();
  }
}

/** An empty file of which examples each update counted. */
export function openLedger(): { readonly path: string; remove(): void } {
  const directory = mkdtempSync(join(tmpdir(), 'gradpool-ledger-'));
  const path = join(directory, 'ledger');
  writeFileSync(path, '');
  return { path, remove: () => rmSync(directory, { recursive: true }) };
}

export const rangeOf = (first: number, last: number): number[] =>
  Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);

/**
 * @param ledger a step that was done again, after a fault, has several lines
 * @returns those of `steps` without a line, and all with a line that does not count each example of the batch once
 */
export function miscountedSteps(
  ledger: string,
  { seed, batchSize }: Pick<TrainConfig, 'seed' | 'batchSize'>,
  examples: number,
  steps: readonly number[],
): number[] {
  const lines = readFileSync(ledger, 'utf8').trimEnd().split('\n');
  const counted = lines.filter((line) => line !== '').map((line) => line.split(' ').map(Number));
  const found = new Set(counted.map(([step]) => step));
  const missing = steps.filter((step) => !found.has(step));
  const batchOf = rowsOfBatches(examples, seed, batchSize);
  const wrong = counted.filter(([step, count, hash]) => {
    const rows = batchOf(step);
    return count !== rows.length || hash !== hashOf(rows);
  });
  return [...missing, ...wrong.map(([step]) => step)];
}

function rowsOfBatches(examples: number, seed: number, batchSize: number): (step: number) => Uint32Array {
  const schedule = scheduleOf(examples, resolveConfig({ batchSize }));
  const order = new Uint32Array(examples);
  let written = -1;
  return (step) => {
    const { epoch, start, count } = schedule.batch(step);
    if (epoch !== written) epochOrder(seed, epoch, examples, order);
    written = epoch;
    return order.subarray(start, start + count);
  };
}
