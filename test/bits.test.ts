/** The same bits for any number of workers. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { evaluateInThread, trainInThread } from '../src/api/client.ts';
import { resolveConfig } from '../src/config/config.ts';
import type { TrainOptions } from '../src/config/train-options.ts';
import type { Dataset } from '../src/data/dataset.ts';
import { graphOf, waysOf } from '../src/engine/wasm/program/graph.ts';
import type { Network } from '../src/model/network.ts';
import type { Pool } from '../src/pool/place.ts';
import type { TrainEvent } from '../src/protocol/requests.ts';
import { parametersSha256 } from '../src/run/hashes.ts';
import {
  branchedNetwork,
  constrainedNetwork,
  digitNetwork,
  firstDigits,
  fourierNetwork,
} from '../testing/digits.ts';
import { tutorialNetwork } from '../testing/engine/networks.ts';
import { parametersFor } from '../testing/engine/values.ts';
import { type ObservedStep, trainStepByStep } from '../testing/step-by-step.ts';

/** Batches of 100: 20 steps an epoch, the last one of 30 examples. */
const examples = 1930;
const steps = 60;

const networks: readonly (readonly [string, Network])[] = [
  ['direct convolutions', digitNetwork],
  ['spectra', fourierNetwork],
  ['branches, normalisation and frozen layers', branchedNetwork],
  ['constraints', constrainedNetwork],
];

let train: Dataset;
beforeAll(async () => {
  train = await firstDigits(examples);
});

describe('the parameters after 60 steps are the same bits', () => {
  test.for([
    { name: 'with plain SGD', momentum: 0, runs: [1, 2, 3, 8] },
    { name: 'in two runs of each, with momentum 0.9', momentum: 0.9, runs: [1, 2, 3, 8, 8, 3, 2, 1] },
  ])('for 1, 2, 3 and 8 workers, $name', async ({ momentum, runs }) => {
    const hashes: string[] = [];
    for (const workers of runs) hashes.push(await hashAfter({ workers, momentum, steps, shards: 8 }));
    expect(new Set(hashes).size, hashes.join(' ')).toBe(1);
  });

  test('for 1, 2, 3 and 8 workers with 5 shards, which no number of workers divides', async () => {
    const hashes: string[] = [];
    for (const workers of [1, 2, 3, 8]) hashes.push(await hashAfter({ workers, steps, shards: 5 }));
    expect(new Set(hashes).size, hashes.join(' ')).toBe(1);
  });
});

describe('a run that is resumed at step 37 with another number of workers', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gradpool-bits-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  // Other optimizers: test/api/one-training.test.ts
  test('ends with the bits of one that was never interrupted, with momentum 0.9', async () => {
    const momentum = 0.9;
    const uninterrupted = await hashAfter({ workers: 2, momentum, steps });
    for (const [before, after] of [
      [3, 1],
      [1, 3],
    ]) {
      const path = join(folder, `${before}-${after}`);
      const begun = await run({ workers: before, momentum, steps: 37 }, { path });
      expect(begun.globalStep).toBe(37);
      const starts: number[] = [];
      const onEvent = (event: TrainEvent) => event.kind === 'start' && starts.push(event.fromStep);
      const resumed = await run({ workers: after, momentum, steps }, { path, resume: true, onEvent });
      expect(starts).toEqual([37]);
      expect(resumed).toMatchObject({ globalStep: steps, parametersSha256: uninterrupted });
    }
  });

  test('ends with these bits where spectra are derived of the parameters', async () => {
    expect(waysOf(graphOf(fourierNetwork))).toEqual({
      layer0: 'direct',
      layer3: 'fourier',
      layer5: 'fourier, skipping back',
    });
    const settings = { workers: 2, batchSize: 40 };
    const path = join(folder, 'spectra');
    const uninterrupted = await hashAfter({ ...settings, steps: 8 }, { network: fourierNetwork });
    await run({ ...settings, steps: 5 }, { network: fourierNetwork, path });
    const resumed = await run(
      { ...settings, workers: 3, steps: 8 },
      { network: fourierNetwork, path, resume: true },
    );
    expect(resumed.parametersSha256).toBe(uninterrupted);
  });
});

test.for(['wasm', 'reference'] as const)(
  'with constraints, the %s engine ends with the same bits for any workers, resumed too',
  async (engine) => {
    const folder = await mkdtemp(join(tmpdir(), 'gradpool-constraints-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const [settings, others] = [{ engine, batchSize: 24, shards: 8 }, { network: constrainedNetwork }];
    const last = engine === 'wasm' ? 20 : 4;
    const hashes: string[] = [];
    for (const workers of engine === 'wasm' ? [1, 2, 3, 8] : [1, 2])
      hashes.push(await hashAfter({ ...settings, workers, steps: last }, others));
    const path = join(folder, 'run');
    await run({ ...settings, workers: 3, steps: last - 1 }, { ...others, path });
    const resumed = await run({ ...settings, workers: 2, steps: last }, { ...others, path, resume: true });
    expect(new Set([...hashes, resumed.parametersSha256]).size, hashes.join(' ')).toBe(1);
    const [kernel] = constrainedNetwork.parameters;
    const filter = Array.from({ length: 9 }, (_, place) => resumed.parameters[kernel.offset + place * 6]);
    expect(Math.hypot(...filter)).toBeCloseTo(1, 5);
  },
);

describe('with branches, normalisation and frozen layers', () => {
  test.for(['wasm', 'reference'] as const)(
    'the %s engine ends with the same bits for any workers, resumed too',
    async (engine) => {
      const folder = await mkdtemp(join(tmpdir(), 'gradpool-branches-'));
      onTestFinished(() => rm(folder, { recursive: true }));
      const [settings, others] = [{ engine, batchSize: 24, shards: 8 }, { network: branchedNetwork }];
      const last = engine === 'wasm' ? 20 : 3;
      const hashes: string[] = [];
      for (const workers of engine === 'wasm' ? [1, 2, 3, 8] : [1, 2])
        hashes.push(await hashAfter({ ...settings, workers, steps: last }, others));
      const path = join(folder, 'run');
      await run({ ...settings, workers: 3, steps: last - 1 }, { ...others, path });
      const resumed = await run({ ...settings, workers: 2, steps: last }, { ...others, path, resume: true });
      expect(new Set([...hashes, resumed.parametersSha256]).size, hashes.join(' ')).toBe(1);
      const before = parametersFor(branchedNetwork);
      for (const { name, untrained, offset, size } of branchedNetwork.parameters) {
        const at = (values: Float32Array) => values.slice(offset, offset + size);
        const moved = !Buffer.from(at(before).buffer).equals(Buffer.from(at(resumed.parameters).buffer));
        expect(moved, name).toBe(untrained !== 'frozen');
      }
    },
  );
});

describe('the bits', () => {
  test('differ with seed, shards, batch size, learning rate, momentum and steps', async () => {
    const settings = { workers: 2, steps: 21, seed: 1, shards: 8, batchSize: 100, momentum: 0.9 };
    const hashes = [await hashAfter(settings)];
    for (const other of [
      { seed: 2 },
      { shards: 7 },
      { batchSize: 99 },
      { learningRate: 0.04 },
      { momentum: 0.8 },
      { steps: 20 },
    ])
      hashes.push(await hashAfter({ ...settings, ...other }));
    expect(new Set(hashes).size, hashes.join(' ')).toBe(7);
  });

  test('of every reported loss and accuracy are the same for 1, 2, 3 and 8 workers', async () => {
    const measures: string[] = [];
    for (const workers of [1, 2, 3, 8]) measures.push((await measuresOf({ workers, steps: 21 })).join());
    expect(new Set(measures).size).toBe(1);
    expect(measures[0]).not.toContain('undefined');
  });

  test('of the evaluation are the same for 1, 2, 3 and 8 workers', async () => {
    for (const parameters of [1, 2, 3].map((stream) => parametersFor(digitNetwork, stream))) {
      const request = {
        model: { ...modelOf(digitNetwork), parameters },
        data: train,
        engine: 'wasm',
        simd: 'auto',
      } as const;
      const one = await evaluateInThread({ ...request, workers: 1 });
      for (const workers of [2, 3, 8]) expect(await evaluateInThread({ ...request, workers })).toEqual(one);
    }
  });

  test('of the whole tutorial network after 5 steps are the same for 1, 2, 3 and 8 workers', async () => {
    const network = tutorialNetwork();
    const data = await firstDigits(330);
    const hashes: string[] = [];
    for (const workers of [1, 2, 3, 8])
      hashes.push(await hashAfter({ workers, steps: 5 }, { network, data }));
    expect(new Set(hashes).size, hashes.join(' ')).toBe(1);
  });

  test.for(networks)(
    'are the same into however many tasks the phases of a step are cut: %s',
    async ([_, network]) => {
      const config = resolveConfig({ workers: 3, steps: 3, batchSize: 90 });
      const request = { ...modelOf(network), train, config };
      const hashes: string[] = [];
      for (const [gradientTasks, updateTasks] of [
        [2, 1],
        [3, 8],
        [5, 3],
        [8, 50],
      ]) {
        const taken = { gradient: 0, update: 0 };
        const steps = await trainStepByStep({
          ...request,
          prepare(session) {
            const pool = counting(session.pool, taken);
            Object.assign(session, { gradientTasks, updateTasks, pool });
          },
        });
        expect(taken).toEqual({ gradient: 3 * gradientTasks, update: 3 * updateTasks });
        hashes.push(steps.map(bitsOf).join());
      }
      expect(new Set(hashes).size).toBe(1);
    },
  );

  test.for(networks)(
    'are the same when each task is done twice, in another order and on another worker: %s',
    async ([_, network]) => {
      const config = resolveConfig({ workers: 3, steps: 6, batchSize: 400 });
      const request = { ...modelOf(network), train, config };
      const atWork = new Set<number>();
      const undisturbed = await trainStepByStep(request);
      const disturbed = await trainStepByStep({
        ...request,
        prepare(session) {
          Object.assign(session, { pool: doingEachTaskTwice(session.pool, atWork) });
        },
      });
      expect(atWork.size).toBe(3);
      expect(disturbed.map(bitsOf)).toEqual(undisturbed.map(bitsOf));
    },
  );
});

/** Counts the tasks of each phase. */
const counting = (pool: Pool, taken: { gradient: number; update: number }): Pool => ({
  ...pool,
  run(tasks) {
    for (const { kind } of tasks) if (kind === 'gradient' || kind === 'update') taken[kind]++;
    return pool.run(tasks);
  },
});

/** The whole phase backwards, then forwards again: the replies are those of the second time. */
const doingEachTaskTwice = (pool: Pool, atWork: Set<number>): Pool => ({
  ...pool,
  async run(tasks) {
    await pool.run(tasks.toReversed());
    const done = await pool.run(tasks);
    for (const { worker } of done) atWork.add(worker);
    return done;
  },
});

const bitsOf = ({ loss, after }: ObservedStep) => [
  loss,
  parametersSha256(after.parameters),
  parametersSha256(after.velocity),
];

const modelOf = (network: Network) => ({ topology: {}, network, parameters: parametersFor(network) });

interface RunOptions {
  readonly network?: Network;
  readonly data?: Dataset;
  /** The run's directory. */
  readonly path?: string;
  readonly resume?: boolean;
  readonly onEvent?: (event: TrainEvent) => void;
}

const hashAfter = async (options: TrainOptions, others: RunOptions = {}): Promise<string> =>
  (await run(options, others)).parametersSha256;

async function measuresOf(options: TrainOptions): Promise<string[]> {
  const measures: string[] = [];
  await run(options, {
    onEvent(event) {
      if (event.kind === 'step' || event.kind === 'progress')
        measures.push(`${event.loss} ${event.accuracy}`);
    },
  });
  expect(measures.length).toBe(options.steps);
  return measures;
}

function run(
  options: TrainOptions,
  { network = digitNetwork, data = train, path, resume = false, onEvent = () => {} }: RunOptions = {},
) {
  const request = {
    model: modelOf(network),
    train: data,
    config: resolveConfig(options),
    resume,
    reportProbabilities: false,
    ...(path === undefined ? {} : { run: path }),
  };
  return trainInThread(request, { onEvent });
}
