/**
 * `train` and `fit` are one training: each loss, optimizer and metric of either, in runs that are ended at any step and
 * resumed with other workers, has the bits of one that was not ended.
 */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { type LayersModel, layers, sequential } from '@tensorflow/tfjs-layers';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  type FitArgs,
  fit as fitModel,
  loadModel,
  predict,
  type TrainCallOptions,
  type TrainEvent,
  train,
} from '../../src/index.ts';
import { metricChoices } from '../../src/metric/metric-choices.ts';
import { integers, uniform } from '../../testing/engine/values.ts';
import { inputsFor, setWeights, smallModel, targets, weightsOf } from '../../testing/fit/models.ts';

const examples = 22;
const part = (stream: number) => ({
  inputs: Float32Array.from(uniform(stream, examples * 5, -1, 1)),
  labels: integers(stream + 1, examples, 3),
  shape: [5],
  classes: 3,
});
const data = { train: part(20), test: part(30) };

async function temporaryRun(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'gradpool-one-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return join(folder, 'run');
}

const linesOf = async (run: string): Promise<object[]> =>
  (await readFile(join(run, 'metrics.jsonl'), 'utf8'))
    .trim()
    .split('\n')
    .map((line) => {
      const { steps_per_second: _, ...event } = JSON.parse(line);
      return event;
    });

const cases: Readonly<Record<string, TrainCallOptions & { activation?: 'softmax' | 'sigmoid' | 'linear' }>> =
  {
    'adam, categoricalCrossentropy': {
      optimizer: 'adam',
      loss: 'categoricalCrossentropy',
      activation: 'softmax',
    },
    'rmsprop with momentum, meanSquaredError': {
      optimizer: 'rmsprop',
      momentum: 0.5,
      loss: 'meanSquaredError',
    },
    'adagrad, binaryCrossentropy': {
      optimizer: 'adagrad',
      loss: 'binaryCrossentropy',
      activation: 'sigmoid',
    },
    'sgd with nesterov, sparseCategoricalCrossentropy': {
      ...{ optimizer: 'sgd', nesterov: true, loss: 'sparseCategoricalCrossentropy', activation: 'softmax' },
    },
    'plain sgd, sigmoidCrossEntropy': { momentum: 0, loss: 'sigmoidCrossEntropy' },
    'adam, meanAbsoluteError': {
      optimizer: 'adam',
      beta1: 0.8,
      learningRate: 0.01,
      loss: 'meanAbsoluteError',
    },
    'adam, softmaxCrossEntropy': { optimizer: 'adam', epsilon: 1e-5 },
  };

describe.for(Object.entries(cases))('train with %s', ([, { activation = 'linear', ...options }]) => {
  const settings = {
    batchSize: 8,
    evalEvery: 2,
    logEvery: 1,
    metrics: ['accuracy', 'mse'],
    ...options,
  } as const;
  const model = () => smallModel(3, activation);

  test('has the bits of one that was ended after any step and resumed with other workers.', async () => {
    const [whole, halved] = [await temporaryRun(), await temporaryRun()];
    const expected = await train(model(), data, { ...settings, steps: 7, workers: 1, run: whole });
    for (const [steps, workers] of [
      [2, 3],
      [5, 1],
      [7, 2],
    ])
      await train(model(), data, { ...settings, steps, workers, run: halved, resume: steps > 2 });
    const trained = model();
    const again = { ...settings, steps: 7, run: halved, resume: true };
    const { parametersSha256, evaluation } = await train(trained, data, again);
    expect({ parametersSha256, evaluation }).toEqual({
      parametersSha256: expected.parametersSha256,
      evaluation: expected.evaluation,
    });
    const evaluations = (await linesOf(halved)).filter((line) => 'kind' in line && line.kind === 'step');
    expect(evaluations).toEqual(
      (await linesOf(whole)).filter((line) => 'kind' in line && line.kind === 'step'),
    );
    expect(evaluations).toHaveLength(7);
    expect(evaluations[0]).toEqual(
      expect.objectContaining({ metrics: { accuracy: expect.any(Number), mse: expect.any(Number) } }),
    );
    expect(weightsOf(await loadModel(halved))).toEqual(weightsOf(trained));
  });
});

test.for([
  [{}, 'sgd', 'softmaxCrossEntropy'],
  [{ optimizer: 'adam', loss: 'meanAbsoluteError' }, 'adam', 'meanAbsoluteError'],
] as const)(
  'a run of %j is refused with another optimizer or loss when it is resumed, and stays as it was.',
  async ([begun, optimizer, loss]) => {
    const run = await temporaryRun();
    const settings = { batchSize: 8, workers: 1, run, ...begun };
    await train(smallModel(3, 'linear'), data, { ...settings, steps: 1 });
    const before = await readdir(run, { recursive: true });
    const changed = (change: TrainCallOptions) =>
      train(smallModel(3, 'linear'), data, { ...settings, steps: 3, resume: true, ...change });
    await expect(changed({ optimizer: 'adagrad' })).rejects.toThrow(
      new RegExp(`^Expected \`optimizer\` to be ${optimizer} as in the run at .*, got adagrad`),
    );
    await expect(changed({ loss: 'meanSquaredError' })).rejects.toThrow(
      new RegExp(`\`loss\` to be ${loss} as in the run at .*, got meanSquaredError`),
    );
    expect(await readdir(run, { recursive: true })).toEqual(before);
  },
);

describe.for(['softmaxCrossEntropy', 'meanSquaredLogarithmicError'] as const)('train with %s', (loss) => {
  const settings = { loss, metrics: metricChoices, batchSize: 8, epochs: 2, logEvery: 1 } as const;

  test('measures every metric, in steps and of the test set, the same with any number of workers.', async () => {
    const measured = async (workers: number) => {
      const reports: unknown[] = [];
      const onEvent = (event: TrainEvent) => {
        if (event.kind !== 'step' && event.kind !== 'evaluation') return;
        const { kind, step, metrics = {} } = event;
        expect(Object.keys(metrics)).toEqual([...metricChoices]);
        expect(Object.values(metrics).every(Number.isFinite)).toBe(true);
        reports.push({ kind, step, metrics });
      };
      await train(smallModel(3, 'softmax'), data, { ...settings, workers, onEvent });
      return reports;
    };
    const reports = await measured(1);
    expect(reports).toHaveLength(7);
    expect(reports.at(-1)).toMatchObject({
      // Of three classes, the one that is wanted is always among the first five.
      metrics: { topKCategoricalAccuracy: 1, precision: 0, recall: 0 },
    });
    expect(await measured(3)).toEqual(reports);
  });
});

test('a hinge of labels is said to take other targets.', async () => {
  const notices: string[] = [];
  const onEvent = (event: TrainEvent) => void (event.kind === 'notice' && notices.push(event.text));
  for (const loss of ['hinge', 'hingeLoss'] as const)
    await train(smallModel(3, 'linear'), data, { loss, batchSize: 8, steps: 1, workers: 1, onEvent });
  expect(notices).toEqual([
    'the loss hinge takes targets of -1 and 1, and labels give 0 and 1: take the loss hingeLoss, or softmaxCrossEntropy',
  ]);
});

test('one output tells two classes apart: binaryCrossentropy, sigmoidCrossEntropy and hingeLoss count what is right.', async () => {
  const labels = Array.from({ length: 40 }, (_, at) => at % 2);
  const inputs = Float32Array.from(labels, (label) => (label === 1 ? 0.9 : -0.8));
  const two = { inputs, labels, shape: [1] };
  for (const [loss, activation] of [
    ['binaryCrossentropy', 'sigmoid'],
    ['sigmoidCrossEntropy', 'linear'],
    ['hingeLoss', 'linear'],
  ] as const) {
    const model = sequential({ layers: [layers.dense({ inputShape: [1], units: 1, activation })] });
    setWeights(model, 3);
    const options = {
      loss,
      optimizer: 'adam',
      learningRate: 0.3,
      batchSize: 8,
      epochs: 6,
      workers: 1,
    } as const;
    const { evaluation } = await train(model, { train: two, test: two }, options);
    expect(evaluation?.accuracy).toBe(1);
    expect(evaluation?.loss).toBeLessThan(0.3);
    const { classes } = await predict(model, { inputs, shape: [1] }, { loss, workers: 1 });
    expect([...classes]).toEqual(labels);
  }
});

describe('fit with a run', () => {
  const [x, y] = [inputsFor(examples), targets.oneHot(examples, 3)];
  const args = { batchSize: 8, epochs: 3, validationSplit: 0.25, verbose: 0 } satisfies FitArgs;
  const compiled = (): LayersModel => {
    const model = smallModel(3, 'softmax');
    const optimizer = tf.train.adam(0.02);
    model.compile({ loss: 'categoricalCrossentropy', optimizer, metrics: ['accuracy'] });
    return model;
  };

  test.for([1, 2, 3, 4, 5])(
    'that was ended after step %i goes on in another model, with other workers.',
    async (end) => {
      const [whole, parts] = [compiled(), compiled()];
      const { history } = await fitModel(whole, x, y, { ...args, workers: 1 });
      const run = await temporaryRun();
      const stop = new AbortController();
      const onEvent = (event: TrainEvent) => 'step' in event && event.step === end && stop.abort();
      const begun = await fitModel(parts, x, y, {
        ...args,
        workers: 1,
        run,
        logEvery: 1,
        onEvent,
        signal: stop.signal,
      });
      const other = compiled();
      const events: TrainEvent[] = [];
      const rest = await fitModel(other, x, y, {
        ...{ ...args, workers: 3, run, resume: true, logEvery: 1 },
        onEvent: (event) => events.push(event),
      });
      expect(weightsOf(other)).toEqual(weightsOf(whole));
      const from = events.find((event) => event.kind === 'start')?.fromStep ?? Number.NaN;
      expect(from).toBeGreaterThanOrEqual(end);
      // The epoch under way is counted whole at its end.
      for (const [name, values] of Object.entries(rest.history))
        expect(values, name).toEqual(history[name].slice(history[name].length - values.length));
      expect(rest.epoch).toEqual([0, 1, 2].slice(Math.floor(from / 2)));
      expect(begun.epoch[0]).toBe(0);
      // The optimizer goes on, too.
      await fitModel(whole, x, y, { ...args, epochs: 1, workers: 1 });
      await fitModel(other, x, y, { ...args, epochs: 1, workers: 1 });
      expect(weightsOf(other)).toEqual(weightsOf(whole));
    },
  );

  test('goes on at the learning rate that a callback has set.', async () => {
    const halve = (model: LayersModel) => ({
      onEpochEnd: async (epoch: number) => {
        if (epoch === 0) (model.optimizer as unknown as { learningRate: number }).learningRate = 0.005;
      },
    });
    const [whole, parts, other] = [compiled(), compiled(), compiled()];
    await fitModel(whole, x, y, { ...args, workers: 1, callbacks: halve(whole) });
    const run = await temporaryRun();
    await fitModel(parts, x, y, { ...args, epochs: 2, workers: 1, run, callbacks: halve(parts) });
    await fitModel(other, x, y, { ...args, workers: 2, run, resume: true });
    expect(weightsOf(other)).toEqual(weightsOf(whole));
    expect((other.optimizer as unknown as { learningRate: number }).learningRate).toBe(0.005);
    // The same model, whose optimizer has that rate already, goes on as well; and after it a new one.
    await fitModel(parts, x, y, { ...args, workers: 1, run, resume: true });
    expect(weightsOf(parts)).toEqual(weightsOf(whole));
    await fitModel(compiled(), x, y, { ...args, workers: 1, run, resume: true });
  });

  test('of a model that has been trained goes on from where that was, also without the model.', async () => {
    const [whole, parts, other] = [compiled(), compiled(), compiled()];
    for (const model of [whole, parts]) await fitModel(model, x, y, { ...args, epochs: 1, workers: 1 });
    const later = { ...args, initialEpoch: 1, workers: 1 };
    await fitModel(whole, x, y, later);
    const run = await temporaryRun();
    await fitModel(parts, x, y, { ...later, epochs: 2, run });
    await fitModel(other, x, y, { ...later, workers: 2, run, resume: true });
    expect(weightsOf(other)).toEqual(weightsOf(whole));
  });

  test('tells of checkpoints, evaluations and metrics as train does, and says what it cannot resume.', async () => {
    const run = await temporaryRun();
    const kinds = new Set<string>();
    const onEvent = ({ kind }: TrainEvent) => kinds.add(kind);
    await fitModel(compiled(), x, y, { ...args, workers: 1, run, saveEvery: 2, logEvery: 1, onEvent });
    expect([...kinds].sort()).toEqual(['checkpoint', 'evaluating', 'evaluation', 'start', 'step']);
    expect(await linesOf(run)).toContainEqual(
      expect.objectContaining({ kind: 'evaluation', step: 2, metrics: { acc: expect.any(Number) } }),
    );
    const resumed = (model: LayersModel, change: FitArgs = {}) =>
      fitModel(model, x, y, { ...args, epochs: 4, workers: 1, run, resume: true, ...change });
    const sgd = smallModel(3, 'softmax');
    sgd.compile({ loss: 'categoricalCrossentropy', optimizer: tf.train.sgd(0.02) });
    await expect(resumed(sgd)).rejects.toThrow(/^Expected `optimizer` to be adam as in the run .*, got sgd/);
    await expect(resumed(compiled(), { shuffle: false })).rejects.toThrow(
      /`shuffle` to be true .*, got false/,
    );
    await expect(resumed(compiled(), { epochs: 2 })).rejects.toThrow(/`epochs` to be at least 3, .*, got 2/);
    await expect(fitModel(compiled(), x, y, { ...args, resume: true })).rejects.toThrow(
      'Expected `run` to be the directory of the run to `resume`, got none',
    );
  });
});
