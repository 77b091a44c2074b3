import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  createTrainer,
  fit,
  type ObserverEvent,
  type TrainEvent,
  type Trainer,
  type TrainerOptions,
  train,
} from '../../src/index.ts';
import { integers, relativeError, uniform } from '../../testing/engine/values.ts';
import { inputsFor, smallModel, targets, weightsOf } from '../../testing/fit/models.ts';
import { byName, severalCases } from '../../testing/fit/several-models.ts';

const examples = 22;
const part = (stream: number) => ({
  inputs: Float32Array.from(uniform(stream, examples * 5, -1, 1)),
  labels: integers(stream + 1, examples, 3),
  shape: [5],
  classes: 3,
});
const data = { train: part(20), test: part(30) };
const settings = { optimizer: 'adam', batchSize: 8, metrics: ['accuracy'] } as const;

async function open(model: LayersModel, options: TrainerOptions): Promise<Trainer> {
  const trainer = await createTrainer(model, data, { ...settings, ...options });
  onTestFinished(() => trainer.close());
  return trainer;
}

test('steps of a caller have the bits of a training, also those from a state of another one with other workers.', async () => {
  const whole = smallModel(3, 'softmax');
  const { evaluation, trainLoss } = await train(whole, data, { ...settings, steps: 7, workers: 1 });
  const [first, second] = [smallModel(3, 'softmax'), smallModel(3, 'softmax', 2)];
  const begun = await open(first, { workers: 2 });
  expect(begun.stepsPerEpoch).toBe(3);
  for (let step = 1; step <= 4; step++)
    expect(await begun.step()).toEqual({
      ...{ step, epoch: Math.floor((step - 1) / 3), loss: expect.any(Number) },
      accuracy: expect.any(Number),
      metrics: { accuracy: expect.any(Number) },
    });
  const state = await begun.state();
  expect(state).toMatchObject({ step: 4, optimizer: { steps: 4 } });
  const other = await open(second, { workers: 3 });
  await other.load(state);
  // Not waited for: they are done one after the other.
  const [, , last] = await Promise.all([other.step(), other.step(), other.step()]);
  expect(last).toMatchObject({ step: 7, epoch: 2, loss: trainLoss });
  expect(await other.evaluate()).toMatchObject(evaluation ?? {});
  // What was loaded is a copy: the first one goes on from where it is.
  expect(await begun.step()).toMatchObject({ step: 5 });
  await other.close();
  expect(weightsOf(second)).toEqual(weightsOf(whole));
});

test('observers hear the beginning, each step and evaluation, and the end; one that fails hears nothing more.', async () => {
  const heard: ObserverEvent[] = [];
  const notices: TrainEvent[] = [];
  const trainer = await open(smallModel(3, 'softmax'), {
    workers: 1,
    onEvent: (event) => notices.push(event),
    observers: [
      function nervous({ kind }) {
        if (kind === 'step') throw new Error('no net');
      },
      async (event) => {
        await new Promise((resolve) => setTimeout(resolve, event.kind === 'end' ? 50 : 0));
        heard.push(event);
      },
    ],
  });
  const first = await trainer.step();
  const state = await trainer.state();
  const second = await trainer.step();
  const measured = await trainer.evaluate();
  await trainer.load(state);
  await trainer.evaluate();
  await trainer.close();
  expect(heard.map((event) => [event.kind, 'step' in event ? event.step : undefined])).toEqual([
    ['start', undefined],
    ['step', 1],
    ['step', 2],
    ['evaluation', 2],
    ['evaluation', 1],
    ['end', undefined],
  ]);
  expect(heard[0]).toMatchObject({ stepsPerEpoch: 3, examples, workers: 1, engine: 'wasm', fromStep: 0 });
  expect(heard[1]).toMatchObject({ ...first, stepsPerSecond: expect.any(Number) });
  expect(heard[3]).toMatchObject(measured);
  expect(heard[5]).toMatchObject({ result: { globalStep: 1, trainLoss: second.loss, stopped: false } });
  expect(notices).toEqual([
    { kind: 'notice', text: expect.stringMatching(/the observer nervous failed .*: no net/) },
  ]);
});

test('a step that is not finite leaves the training as it was.', async () => {
  const trainer = await open(smallModel(3, 'linear'), { workers: 1 });
  await trainer.step();
  const state = await trainer.state();
  await trainer.load({ ...state, learningRate: 1e39 });
  await expect(trainer.step()).rejects.toThrow(/finite parameters from step 2/);
  await trainer.load(state);
  expect(await trainer.state()).toEqual(state);
  expect((await trainer.step()).step).toBe(2);
});

describe('batches of the caller', () => {
  const [x, y] = [inputsFor(examples), targets.oneHot(examples, 3)];
  const batches = [0, 8, 16].map((start) => {
    const count = Math.min(8, examples - start);
    return [tf.slice(x, start, count), tf.slice(y, start, count)] as const;
  });
  const options = { loss: 'categoricalCrossentropy', optimizer: 'adam', learningRate: 0.01 } as const;

  async function trained(workers: number) {
    const model = smallModel(3, 'softmax');
    const settings = { ...options, batchSize: 8, metrics: ['accuracy'], workers } as const;
    const trainer = await createTrainer(model, { test: data.test }, settings);
    onTestFinished(() => trainer.close());
    expect(trainer.stepsPerEpoch).toBe(Number.POSITIVE_INFINITY);
    // Not waited for: the third one's place is the first one's.
    const reports = await Promise.all(batches.map((batch) => trainer.trainOnBatch(...batch)));
    const evaluation = await trainer.evaluate();
    await trainer.close();
    return { model, reports, evaluation };
  }

  test('train as model.trainOnBatch does, with the bits of a fit of the same batches for any number of workers.', async () => {
    const { model, reports, evaluation } = await trained(1);
    const compile = (plain: LayersModel) =>
      plain.compile({ loss: options.loss, optimizer: tf.train.adam(0.01), metrics: ['accuracy'] });
    const plain = smallModel(3, 'softmax');
    compile(plain);
    for (const [index, batch] of batches.entries()) {
      const [loss, accuracy] = (await plain.trainOnBatch(...batch)) as number[];
      expect(reports[index]).toMatchObject({ step: index + 1, epoch: 0 });
      expect(reports[index].loss).toBeCloseTo(loss, 5);
      expect(reports[index].metrics?.accuracy).toBeCloseTo(accuracy, 6);
    }
    for (const [index, weights] of weightsOf(model).entries())
      expect(relativeError(weights, weightsOf(plain)[index])).toBeLessThan(1e-4);
    const fitted = smallModel(3, 'softmax');
    compile(fitted);
    await fit(fitted, x, y, { batchSize: 8, shuffle: false, workers: 1 });
    expect(weightsOf(model)).toEqual(weightsOf(fitted));
    expect(evaluation).toMatchObject({ accuracy: expect.any(Number), loss: expect.any(Number) });
    for (const workers of [2, 3]) {
      const other = await trained(workers);
      expect([other.reports, other.evaluation]).toEqual([reports, evaluation]);
      expect(weightsOf(other.model)).toEqual(weightsOf(model));
    }
  });

  test('that do not fit are refused in one line, and leave the training as it was.', async () => {
    const trainer = await createTrainer(
      smallModel(3, 'softmax'),
      {},
      { ...options, batchSize: 8, workers: 1 },
    );
    onTestFinished(() => trainer.close());
    const [[goodX, goodY]] = batches;
    await trainer.trainOnBatch(goodX, goodY);
    const state = await trainer.state();
    for (const [given, message] of [
      [
        [x, y],
        'Expected `x` to hold at most 8 examples, got 22; say with `batchSize` how many the largest batch has',
      ],
      [[goodX, goodX], 'Expected `y` to be of shape [examples, 3], got [8, 5]'],
      [[goodY, goodY], 'Expected `x` to be of shape [examples, 5], got [8, 3]'],
      [[goodX, batches[2][1]], 'Expected `x` and `y` to be of the same length, got 8 and 6 examples'],
      [[goodX, undefined], 'Expected `y` to be a tensor, got undefined'],
      [[tf.div(goodX, 0), goodY], /Expected `x` to be finite, got -?Infinity in example 0/],
    ] as const)
      await expect(trainer.trainOnBatch(...(given as [tf.Tensor, tf.Tensor]))).rejects.toThrow(message);
    expect(await trainer.state()).toEqual(state);
    await expect(trainer.step()).rejects.toThrow(
      'Expected `data.train` to take a batch from, got none; give one to `trainOnBatch`',
    );
    const other = await open(smallModel(3, 'softmax'), { workers: 1 });
    await expect(other.trainOnBatch(goodX, goodY)).rejects.toThrow(
      'Expected a trainer without `data.train` for `trainOnBatch`, got one with it; take its batches with `step`',
    );
    await expect(
      createTrainer(smallModel(3, 'softmax'), { inputs: [], labels: [] } as never),
    ).rejects.toThrow('Expected the names in `data` to be among train, test, got `inputs`');
  });
});

describe('batches of several inputs and outputs', () => {
  const one = severalCases['two inputs and two outputs, with weights of classes'];
  const [x, y] = [one.x(examples), one.y(examples)];
  const lossWeights = { kind: 0.5, size: 2 };
  const compiled = () => {
    const model = one.make();
    model.compile({ ...one.compile, optimizer: tf.train.adam(0.01) });
    return model;
  };
  const { inputNames, outputNames } = one.make();
  /** Batches of 8, 8 and 6 examples. */
  const parts = (tensors: tf.Tensor[]) =>
    [0, 8, 16].map((start) =>
      tensors.map((tensor) => tf.slice(tensor, start, Math.min(8, examples - start))),
    );
  const inLists = parts(x).map((xs, batch) => [xs, parts(y)[batch]] as const);
  const named = inLists.map(([xs, ys]) => [byName(inputNames, xs), byName(outputNames, ys)] as const);

  async function stepped(batches: typeof inLists | typeof named, workers: number) {
    const model = compiled();
    const trainer = await createTrainer(model, {}, { lossWeights, batchSize: 8, workers });
    onTestFinished(() => trainer.close());
    const reports = [];
    for (const [xs, ys] of batches) reports.push(await trainer.trainOnBatch(xs, ys));
    await trainer.close();
    return { model, reports };
  }

  test('train as fit does, whose state goes on: the same bits, in lists and by name.', async () => {
    const fitted = compiled();
    const args = { lossWeights, batchSize: 8, shuffle: false, workers: 1, verbose: 0 } as const;
    await fit(fitted, x, y, args);
    const { model, reports } = await stepped(inLists, 1);
    expect(weightsOf(model)).toEqual(weightsOf(fitted));
    const { loss, metrics = {} } = reports[0];
    expect(Object.keys(metrics)).toEqual(fitted.metricsNames.slice(1));
    expect(loss).toBeCloseTo(0.5 * metrics.kind_loss + 2 * metrics.size_loss, 5);
    const other = await stepped(named, 3);
    expect(other.reports).toEqual(reports);
    expect(weightsOf(other.model)).toEqual(weightsOf(model));
    for (const each of [fitted, model]) await fit(each, x, y, args);
    expect(weightsOf(model)).toEqual(weightsOf(fitted));
  });

  test('that do not fit, and models that are not compiled for them, are refused in one line.', async () => {
    const trainer = await createTrainer(compiled(), {}, { batchSize: 8, workers: 1 });
    onTestFinished(() => trainer.close());
    const [[xs, ys]] = inLists;
    for (const [given, message] of [
      [[xs[0], ys], 'Expected `x` to be 2 tensors, of "values", "times", got 1'],
      [
        [xs, { kind: ys[1] }],
        'Expected `y` to be 2 tensors, of "size", "kind", got none of "size" but "kind"',
      ],
      [[xs, [ys[0], xs[0]]], 'Expected `y.kind` to be of shape [examples, 1], got [8, 3]'],
    ] as const)
      await expect(trainer.trainOnBatch(...(given as unknown as [tf.Tensor, tf.Tensor]))).rejects.toThrow(
        message,
      );
    for (const [model, given, options, message] of [
      [one.make(), {}, {}, /without an optimizer; call `model.compile` before `createTrainer`$/],
      [
        compiled(),
        ...[{}, { optimizer: 'adam' }],
        'Expected no `optimizer` for a model with several inputs or outputs, got some; it is trained as it is compiled',
      ],
      [compiled(), { train: data.train }, {}, /^Expected a model with one input, got one with 2: only `fit`/],
      [compiled(), { test: data.test }, {}, /^Expected a model with one input, got one with 2: only `fit`/],
      [
        smallModel(3, 'softmax'),
        ...[{}, { lossWeights: [1] }],
        'Expected no `lossWeights` for a model with one output, got some',
      ],
    ] as const)
      await expect(createTrainer(model, given, options as TrainerOptions)).rejects.toThrow(message);
  });
});

test('what cannot be done is refused in one line, and the threads end.', async () => {
  const trainer = await createTrainer(
    smallModel(3, 'linear'),
    { train: data.train },
    { ...settings, workers: 1 },
  );
  await expect(trainer.evaluate()).rejects.toThrow(
    'Expected `data.test` to evaluate on, got none; give it to `createTrainer`',
  );
  const state = await trainer.state();
  for (const [change, message] of [
    [null, /^Expected `state` to be an object, got null; pass what `state` of a trainer gave$/],
    [{ ...state, parameters: [1] }, /^Expected `state.parameters` to be a Float32Array of 57 values, got/],
    [
      { ...state, optimizer: { steps: 0, arrays: [] } },
      /`state.optimizer.arrays` to be a list of 2 arrays, got/,
    ],
    [{ ...state, step: -1 }, /^Expected `state.step` to be a whole number >= 0, got the number -1/],
    [
      { ...state, learningRate: Number.NaN },
      /^Expected `state.learningRate` to be a finite number, got (the number )?NaN/,
    ],
  ] as const)
    await expect(trainer.load(change as never)).rejects.toThrow(message);
  await trainer.close();
  await trainer.close();
  await expect(trainer.step()).rejects.toThrow('Expected a trainer that is open, got one that was closed');
  await expect(createTrainer(smallModel(3, 'linear'), data, { epochs: 2 } as never)).rejects.toThrow(
    /^Expected the names in `options` to be among .*, got `epochs`/,
  );
  await expect(createTrainer(smallModel(3, 'linear'), data, { ...settings, momentum: 0.9 })).rejects.toThrow(
    'Expected no `momentum` with the optimizer adam, got `0.9`; its settings are `learningRate`, `beta1`, `beta2`, `epsilon`',
  );
});
