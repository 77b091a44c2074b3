/** A small training that takes a fraction of a second, whose end is known for every number of workers. */
import { resolveConfig, type TrainOptions } from '../../src/config.ts';
import { trainInThread } from '../../src/coordinator/client.ts';
import { scheduleOf } from '../../src/coordinator/schedule.ts';
import { type Dataset, dataset } from '../../src/data/dataset.ts';
import { epochOrder } from '../../src/data/order.ts';
import type { ModelSpec, TrainEvent, TrainResult } from '../../src/protocol.ts';
import { conv2d, dense, dropout, flatten, maxPooling2d, network, relu } from '../engine/network-builder.ts';
import { parametersFor } from '../engine/values.ts';
import { type Chaos, type DiskFault, type Fault, hashOf, now, prepareChaos } from './fault.ts';

/** 103 examples in batches of 20: 6 steps an epoch, the last one of 3 examples in 8 shards. */
const [examples, side, classes] = [103, 8, 4];

export const smallOptions = {
  ...{ batchSize: 20, shards: 8, steps: 12, evalEvery: 5, saveEvery: 4 },
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
  readonly disk?: DiskFault;
  readonly run?: string;
  readonly resume?: boolean;
  readonly signal?: AbortSignal;
  readonly model?: ModelSpec;
  readonly data?: Dataset;
  /** Default: `data`. */
  readonly test?: Dataset;
}

export async function trainUnderChaos(options: TrainingOptions): Promise<Trained> {
  const {
    faults = [],
    disk,
    run,
    resume = false,
    signal,
    model = smallModel,
    data = smallData,
    test = data,
    ...rest
  } = options;
  const config = resolveConfig({ ...smallOptions, ...rest });
  const { steps } = scheduleOf(data.count, config);
  const sizes = { shards: config.shards, batchSize: config.batchSize, steps };
  const chaos = prepareChaos({ faults, ...(disk === undefined ? {} : { disk }), ...sizes });
  const events: Heard[] = [];
  const result = await trainInThread(
    {
      ...{ model, train: data, test, config, resume, reportProbabilities: false },
      ...(run === undefined ? {} : { run }),
    },
    {
      onEvent: (event) => events.push({ ...event, at: now() }),
      ...(signal === undefined ? {} : { signal }),
    },
  );
  const begun = events.find((event) => event.kind === 'start')?.fromStep ?? 0;
  const miscounted = config.workers === 1 ? [] : miscountedSteps(chaos, config.seed, data, begun, result);
  return { result, events, chaos, miscounted };
}

function miscountedSteps(
  { ledger, batchSize, shards, steps }: Chaos,
  seed: number,
  { count }: Dataset,
  begun: number,
  { globalStep, skippedSteps }: TrainResult,
): number[] {
  const schedule = scheduleOf(count, resolveConfig({ batchSize, shards, steps }));
  const order = new Uint32Array(count);
  const miscounted: number[] = [];
  let epoch = -1;
  for (let step = begun + 1; step <= globalStep; step++) {
    if (skippedSteps.includes(step)) continue;
    const batch = schedule.batch(step);
    if (batch.epoch !== epoch) epochOrder(seed, batch.epoch, count, order);
    epoch = batch.epoch;
    const rows = order.subarray(batch.start, batch.start + batch.count);
    if (ledger[step * 2] !== batch.count || ledger[step * 2 + 1] !== hashOf(rows)) miscounted.push(step);
  }
  return miscounted;
}
