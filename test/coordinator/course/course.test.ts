/** Schedules, plateaus and early stopping in whole trainings: the same bits for any workers, and from any step on. */
import '@tensorflow/tfjs-backend-cpu';
import { join } from 'node:path';
import { initializers, layers, sequential } from '@tensorflow/tfjs-layers';
import { describe, expect, test } from 'vitest';
import { dataset, type TrainEvent, type TrainOptions, train } from '../../../src/index.ts';
import { listCheckpoints, stepOf } from '../../../src/run/checkpoint.ts';
import { locateModel } from '../../../src/run/checkpoint-read.ts';
import { readMetrics } from '../../../src/run/read/read-metrics.ts';
import { temporaryDirectory } from '../../../testing/coordinator/runs.ts';

/** Noisy enough that a small network soon does worse on the test part. */
function noisy(count: number, seed: number) {
  let state = seed;
  const random = () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 31;
  };
  const inputs = Float32Array.from({ length: 6 * count }, () => random() - 0.5);
  const labels = Array.from({ length: count }, (_, row) =>
    random() < 0.3 ? Math.floor(3 * random()) : inputs[6 * row] > 0 ? 0 : inputs[6 * row + 1] > 0 ? 1 : 2,
  );
  return dataset({ inputs, labels, shape: [6], classes: 3 });
}

const data = { train: noisy(64, 1), test: noisy(32, 2) };

const network = () =>
  sequential({
    layers: [1, 2].map((seed) => {
      const kernelInitializer = initializers.glorotUniform({ seed });
      return seed === 1
        ? layers.dense({ units: 24, activation: 'relu', inputShape: [6], kernelInitializer })
        : layers.dense({ units: 3, kernelInitializer });
    }),
  });

const options: TrainOptions = { batchSize: 16, epochs: 12, learningRate: 0.3, saveEvery: 5, logEvery: 1 };

interface Ended {
  readonly parametersSha256: string;
  readonly globalStep: number;
  readonly rates: readonly (number | undefined)[];
}

/** @param stopAt a step after which it is stopped, and then gone on with */
async function trained(given: TrainOptions, stopAt?: number): Promise<Ended & { readonly run: string }> {
  const run = join(await temporaryDirectory(), 'run');
  const controller = new AbortController();
  const onEvent = (event: TrainEvent) => {
    if (event.kind === 'step' && event.step === stopAt) controller.abort();
  };
  const own = { ...options, ...given, run };
  const first = await train(network(), data, { ...own, onEvent, signal: controller.signal });
  const { parametersSha256, globalStep } =
    stopAt === undefined ? first : await train(network(), data, { ...own, workers: 1, resume: true });
  return { run, parametersSha256, globalStep, rates: await ratesOf(run) };
}

const ratesOf = async (run: string) =>
  (await readMetrics(run)).events.flatMap((event) => (event.kind === 'step' ? [event.learning_rate] : []));

const courses = {
  'cosine after a warm-up': { schedule: 'cosine', warmupSteps: 9 },
  'cosineRestarts, adam': { schedule: 'cosineRestarts', optimizer: 'adam', learningRate: 0.02 },
  oneCycle: { schedule: 'oneCycle' },
  'reduceOnPlateau after a warm-up': {
    ...{ schedule: 'reduceOnPlateau', plateauPatience: 1, decayRate: 0.5, cooldown: 1, warmupSteps: 6 },
  },
  'early stopping': { patience: 2 },
  'early stopping by the loss of epochs': { patience: 2, monitor: 'loss', minDelta: 0.05 },
  'early stopping by steps, on a plateau': {
    ...{ schedule: 'reduceOnPlateau', plateauPatience: 2, patience: 4, evalEvery: 3, keepBest: 2, keep: 1 },
  },
} as const satisfies Record<string, TrainOptions>;

describe.each(Object.entries(courses))('%s', (_, course) => {
  test('has the same bits and rates for 1 and 2 workers, and ended after any step', {
    timeout: 60_000,
  }, async () => {
    const { run: _, ...whole } = await trained({ ...course, workers: 1 });
    expect(whole.rates.length).toBe(whole.globalStep);
    const stops = 'patience' in course || 'plateauPatience' in course ? [7, 12] : [7];
    for (const [index, stopAt] of stops.entries())
      expect(
        await trained({ ...course, workers: 2 - index }, stopAt),
        `stopped after ${stopAt}`,
      ).toMatchObject(whole);
  });
});

test('Early stopping ends with the best parameters, which evaluate finds in the run; it stays over.', async () => {
  const whole = await trained({ patience: 2, workers: 1 });
  const run = whole.run;
  const { best } = await train(network(), data, { ...options, patience: 2, workers: 1, run, resume: true });
  expect(whole.globalStep).toBe((best?.step ?? 0) + 8);
  expect(whole.globalStep).toBeLessThan(48);
  const values = (await readMetrics(run)).events.flatMap((event) =>
    event.kind === 'evaluation' ? [event] : [],
  );
  expect(best?.value).toBe(Math.min(...values.map(({ loss }) => loss)));
  const located = await locateModel(run);
  expect(stepOf(located.path)).toBe(best?.step);
  const further = { ...options, patience: 3, workers: 1, run, resume: true };
  expect((await train(network(), data, further)).globalStep).toBeGreaterThan(whole.globalStep);
});

test('The best checkpoints stay beside the newest ones.', async () => {
  const { run } = await trained({ evalEvery: 3, keepBest: 2, keep: 2, workers: 1 });
  const values = (await readMetrics(run)).events.flatMap((event) =>
    event.kind === 'evaluation' ? [event] : [],
  );
  const best = values.toSorted((a, b) => a.loss - b.loss).slice(0, 2);
  const steps = (await listCheckpoints(run)).map(stepOf);
  expect(steps).toEqual(expect.arrayContaining([...best.map(({ step }) => step), 48, 45]));
  expect(steps.length).toBeLessThanOrEqual(4);
});

test.each([
  [
    { schedule: 'cosine', decaySteps: 20 },
    /^Expected the schedule cosine to last for the training's 48 steps, got one that ends after 20; /,
  ],
  [{ schedule: 'cosine', warmupSteps: 20, decaySteps: 25 }, /got one that ends after 45 with its warm-up; /],
  [{ warmupSteps: 48 }, /`warmupSteps` to be less than the training's 48 steps, got 48$/],
  [
    { schedule: 'polynomial', warmupSteps: 30, decaySteps: 20 },
    /`warmupSteps` to be at most the schedule's 20 steps, got 30$/,
  ],
  [{ schedule: 'multiStep' }, /`milestones` to be given with the schedule multiStep, got none$/],
  [
    { schedule: 'step', power: 2 },
    /no `power` with the schedule step, got `2`; it is of the `schedule` polynomial$/,
  ],
  [{ patience: 0 }, /`patience` to be an integer >= 1, got `0`$/],
  [{ patience: -1 }, /`patience` to be an integer >= 1, got `-1`$/],
  [
    { patience: 1, monitor: 'val_acc' },
    /`monitor` to be among what the training measures, loss, val_loss, val_accuracy, got val_acc; /,
  ],
  [{ schedule: 'reduceOnPlateau', decayRate: 1 }, /`decayRate` to be less than 1, got `1`$/],
] as const satisfies readonly (readonly [TrainOptions, RegExp])[])(
  '%j is refused in one line, and nothing is written.',
  async (given, message) => {
    const run = join(await temporaryDirectory(), 'run');
    await expect(train(network(), data, { ...options, ...given, run })).rejects.toThrow(message);
    await expect(listCheckpoints(run)).resolves.toEqual([]);
  },
);

test('A run goes on with its own schedule and metric only.', async () => {
  const { run } = await trained({ schedule: 'cosine', patience: 20, workers: 1 });
  const resume = (given: TrainOptions) =>
    train(network(), data, { ...options, workers: 1, ...given, run, resume: true });
  await expect(resume({ schedule: 'constant', patience: 20 })).rejects.toThrow(
    /^Expected `schedule` to be cosine as in the run at .*, got constant; resume with the same settings/,
  );
  await expect(resume({ schedule: 'cosine', decaySteps: 50, patience: 20 })).rejects.toThrow(
    /`decaySteps` to be 48 as/,
  );
  await expect(resume({ schedule: 'cosine', patience: 20, monitor: 'loss' })).rejects.toThrow(
    /^Expected `monitor` to be val_loss as in the run before, got loss; /,
  );
});
