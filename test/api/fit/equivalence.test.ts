/**
 * `fit` against TensorFlow.js's own `model.fit` on its pure JavaScript backend, from the same weights. The trainings
 * run in this thread, or in one for all: test/api/fit/fit.test.ts is about the threads.
 */
import { Worker } from 'node:worker_threads';
import * as tf from '@tensorflow/tfjs-core';
import { type LayersModel, type ModelCompileArgs, metrics as tfMetrics } from '@tensorflow/tfjs-layers';
import { proxy, wrap } from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { TrainHooks } from '../../../src/api/client.ts';
import { type EngineName, engineNames } from '../../../src/engine/engine.ts';
import { fromErrorRecord } from '../../../src/errors.ts';
import type { FitArgs } from '../../../src/index.ts';
import { fit } from '../../../src/index.ts';
import type { CoordinatorApi, TrainRequest } from '../../../src/protocol/requests.ts';
import { relativeError } from '../../../testing/engine/values.ts';
import { inputsFor, smallModel, targets, weightsOf } from '../../../testing/fit/models.ts';
import { missing } from '../../../testing/tensorflow.ts';

vi.mock('../../../src/api/client.ts', async () => {
  const here = await import('../../../testing/fit/in-this-thread.ts');
  return {
    trainInThread: (...call: Parameters<typeof here.trainInThread>) =>
      call[0].config.engine === 'tensorflow' ? oneThread().train(...call) : here.trainInThread(...call),
  };
});

/**
 * A coordinator's thread for all trainings of the tensorflow engine: TensorFlow takes a second to load, and in this
 * thread its gradients would take the place of those of the JavaScript backend.
 */
const oneThread = once(() => {
  const thread = new Worker(new URL('../../../src/coordinator/thread/thread.ts', import.meta.url));
  const api = wrap<CoordinatorApi>(nodeEndpoint(thread));
  return {
    end: () => thread.terminate(),
    async train(request: TrainRequest, { onEvent = () => {}, ask }: TrainHooks) {
      const outcome = await api.train(request, proxy(onEvent), ask && proxy(ask));
      if ('error' in outcome) throw fromErrorRecord(outcome.error);
      return outcome.value;
    },
  };
});

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

/** As the whole of TensorFlow.js has them: its r2Score calls methods of tensors. */
const { sub, square, sum, mean, div } = tf;
for (const [name, operation] of Object.entries({ sub, square, sum, mean, div }))
  Object.defineProperty(tf.Tensor.prototype, name, {
    value(this: tf.Tensor, ...rest: never[]) {
      return (operation as (...all: unknown[]) => tf.Tensor)(this, ...rest);
    },
  });

type Output = Parameters<typeof smallModel>[1];

interface Case {
  readonly loss: ModelCompileArgs['loss'];
  readonly output: Output;
  readonly target: keyof typeof targets;
  readonly units?: number;
  readonly optimizer?: () => tf.Optimizer | string;
  readonly metrics?: readonly (string | typeof tfMetrics.recall)[];
  /** What the weights are multiplied by. */
  readonly scale?: number;
}

const one = { target: 'oneHot', metrics: ['accuracy', 'mse'] } as const;
const cases: Record<string, Case> = {
  'categoricalCrossentropy of softmax': { ...one, loss: 'categoricalCrossentropy', output: 'softmax' },
  'categoricalCrossentropy of sigmoid': { ...one, loss: 'categoricalCrossentropy', output: 'sigmoid' },
  'sparseCategoricalCrossentropy of softmax': {
    ...{ loss: 'sparseCategoricalCrossentropy', output: 'softmax', target: 'classes' },
  },
  'sparseCategoricalCrossentropy of sigmoid': {
    ...{ loss: 'sparseCategoricalCrossentropy', output: 'sigmoid', target: 'classes' },
  },
  'binaryCrossentropy of sigmoid': { loss: 'binaryCrossentropy', output: 'sigmoid', target: 'bits' },
  'binaryCrossentropy of one sigmoid': {
    ...{ loss: 'binaryCrossentropy', output: 'sigmoid', target: 'bits', units: 1 },
  },
  'binaryCrossentropy of softmax': { loss: 'binaryCrossentropy', output: 'softmax', target: 'bits' },
  // Small steps: at the clip's border the gradient jumps from 10 million to 0, and no two roundings go the same way.
  'binaryCrossentropy of what is clipped': {
    ...{ loss: 'binaryCrossentropy', output: 'linear', target: 'bits', optimizer: () => tf.train.sgd(0.01) },
  },
  'tf.losses.sigmoidCrossEntropy of logits': {
    ...{ loss: tf.losses.sigmoidCrossEntropy as never, output: 'linear', target: 'bits' },
  },
  'tf.losses.softmaxCrossEntropy of logits': {
    ...{ ...one, loss: tf.losses.softmaxCrossEntropy as never, output: 'linear' },
  },
  'tf.losses.softmaxCrossEntropy of softmax': {
    ...{ ...one, loss: tf.losses.softmaxCrossEntropy as never, output: 'softmax' },
  },
  'meanSquaredError of linear': { loss: 'meanSquaredError', output: 'linear', target: 'reals' },
  'meanSquaredError of softmax': { ...one, loss: 'meanSquaredError', output: 'softmax' },
  'meanSquaredError of one value': { loss: 'meanSquaredError', output: 'linear', target: 'reals', units: 1 },
  'tf.losses.meanSquaredError of sigmoid': {
    ...{ loss: tf.losses.meanSquaredError as never, output: 'sigmoid', target: 'reals' },
  },
  'meanAbsoluteError of linear': {
    ...{ loss: 'meanAbsoluteError', output: 'linear', target: 'reals', metrics: ['mae', 'acc'] },
  },
  'tf.losses.absoluteDifference of sigmoid': {
    ...{ loss: tf.losses.absoluteDifference as never, output: 'sigmoid', target: 'reals' },
  },
};

const ofReals = { output: 'sigmoid', target: 'reals', metrics: [] } as const;
const ofSigns = { output: 'linear', target: 'signs', metrics: [] } as const;
Object.assign(cases, {
  'kullbackLeiblerDivergence of sigmoid': { ...ofReals, loss: 'kullbackLeiblerDivergence' },
  'kullbackLeiblerDivergence of softmax': {
    ...ofReals,
    loss: 'kullbackLeiblerDivergence',
    output: 'softmax',
  },
  'kullbackLeiblerDivergence of what is clipped': {
    ...{ ...ofReals, loss: 'kullbackLeiblerDivergence', output: 'linear' },
    optimizer: () => tf.train.sgd(0.01),
  },
  'meanAbsolutePercentageError of linear': {
    ...{ ...ofReals, loss: 'meanAbsolutePercentageError', output: 'linear' },
    optimizer: () => tf.train.sgd(1e-4),
  },
  'meanSquaredLogarithmicError of sigmoid': { ...ofReals, loss: 'meanSquaredLogarithmicError' },
  'meanSquaredLogarithmicError of what is clipped': {
    ...{ ...ofReals, loss: 'meanSquaredLogarithmicError', output: 'linear' },
  },
  'logcosh of linear': { ...ofReals, loss: 'logcosh', output: 'linear' },
  'poisson of sigmoid': { ...ofReals, loss: 'poisson' },
  'hinge of linear': { ...ofSigns, loss: 'hinge' },
  'squaredHinge of linear': { ...ofSigns, loss: 'squaredHinge' },
  'categoricalHinge of linear': { ...one, loss: 'categoricalHinge', output: 'linear' },
  'categoricalHinge of softmax': { ...one, loss: 'categoricalHinge', output: 'softmax' },
  'cosineProximity of linear': { ...ofReals, loss: 'cosineProximity', output: 'linear' },
  'cosineProximity of one value': { ...ofReals, loss: 'cosineProximity', units: 1 },
  'tf.losses.huberLoss of linear': { ...ofSigns, loss: tf.losses.huberLoss as never },
  'tf.losses.hingeLoss of linear': { ...ofSigns, loss: tf.losses.hingeLoss as never, target: 'bits' },
  'tf.losses.logLoss of sigmoid': { ...ofReals, loss: tf.losses.logLoss as never },
  'metrics of the angle and of percentages': {
    ...{ ...ofReals, loss: 'meanSquaredError', output: 'linear' },
    metrics: ['cosine', 'mape', tfMetrics.r2Score],
  },
  'tf.metrics.binaryCrossentropy as the loss, by which accuracy is of classes': {
    ...{ loss: tfMetrics.binaryCrossentropy, output: 'sigmoid', target: 'bits', metrics: ['acc', 'ce'] },
  },
  'tf.metrics.MAPE as the loss': {
    ...{ ...ofReals, loss: tfMetrics.MAPE, optimizer: () => tf.train.sgd(1e-4) },
  },
  'metrics of one value': {
    ...{ ...ofReals, loss: 'logcosh', output: 'linear', units: 1 },
    metrics: [tfMetrics.r2Score, tfMetrics.cosineProximity, 'MSE', 'MAPE'],
  },
  'crossentropy with categoricalCrossentropy': {
    ...{ ...one, loss: 'categoricalCrossentropy', output: 'softmax' },
    metrics: ['crossentropy', tfMetrics.binaryCrossentropy],
  },
  'crossentropy with sparseCategoricalCrossentropy': {
    ...{
      loss: 'sparseCategoricalCrossentropy',
      output: 'sigmoid',
      target: 'classes',
      metrics: ['ce', 'acc'],
    },
  },
  'crossentropy with binaryCrossentropy': {
    ...{ loss: 'binaryCrossentropy', output: 'sigmoid', target: 'bits', metrics: ['ce'] },
  },
} satisfies Record<string, Case>);

const optimizers: Record<string, () => tf.Optimizer | string> = {
  sgd: () => tf.train.sgd(0.2),
  momentum: () => tf.train.momentum(0.1, 0.9),
  'momentum with nesterov': () => tf.train.momentum(0.1, 0.8, true),
  adam: () => tf.train.adam(0.02, 0.8, 0.99),
  rmsprop: () => tf.train.rmsprop(0.01, 0.9, 0.5),
  adagrad: () => tf.train.adagrad(0.1),
  adadelta: () => tf.train.adadelta(1, 0.9, 1e-4),
  adamax: () => tf.train.adamax(0.02, 0.8, 0.99),
  'adam by name': () => 'adam',
  'rmsprop by name': () => 'rmsprop',
  'adagrad by name': () => 'adagrad',
  'sgd by name': () => 'sgd',
};
for (const [name, optimizer] of Object.entries(optimizers))
  cases[name] = { ...one, loss: 'categoricalCrossentropy', output: 'softmax', optimizer };

const isMissing = (engine: EngineName) => engine === 'tensorflow' && missing !== undefined;

afterAll(() => (isMissing('tensorflow') ? undefined : oneThread().end()));

describe.each(engineNames)('on %s, fit equals model.fit', (engine) => {
  beforeEach(({ skip }) => skip(isMissing(engine), missing));

  test.for(Object.entries(cases))('one step: %s', async ([, options]) => {
    const { plain, fitted, before } = await both(options, 8, { batchSize: 8, engine });
    for (const [index, start] of before.entries()) {
      const change = (model: LayersModel) => weightsOf(model)[index].map((value, i) => value - start[i]);
      expect(relativeError(change(fitted), change(plain)), `weight ${index}`).toBeLessThanOrEqual(1e-4);
    }
  });

  // 22 examples are 3 batches, the last of 6; a third for validation leaves batches of 8 and 6.
  const table = Object.entries(cases).map(
    ([name, options], index) => [name, index === 0 ? 0 : 8, options] as const,
  );
  test.for(table)('three epochs: %s, %i of 22 for validation', async ([, validated, options]) => {
    const split = validated === 0 ? {} : { validationSplit: validated / 22 };
    const args = { epochs: 3, batchSize: 8, engine, ...split };
    const { history, expected } = await both(options, 22, args);
    expectSameHistory(history, expected);
  });

  // tfjs counts outputs that are exactly 0 or 1: sigmoids of large numbers.
  test('three epochs: precision and recall, of each batch', async () => {
    const options: Case = {
      ...{ loss: 'meanSquaredError', output: 'sigmoid', target: 'bits', scale: 300 },
      ...{ optimizer: () => tf.train.sgd(1e-6), metrics: ['precision', tfMetrics.recall] },
    };
    const args = { epochs: 3, batchSize: 8, engine, validationSplit: 10 / 22 };
    const { history, expected } = await both(options, 22, args);
    expectSameHistory(history, expected);
    const values = Object.keys(expected)
      .filter((name) => !name.endsWith('loss'))
      .map((name) => expected[name][0]);
    expect(values.filter((value) => value > 0 && value < 1)).toHaveLength(4);
    expect(new Set(values).size).toBe(4);
  });
});

function expectSameHistory(history: Readonly<Record<string, number[]>>, expected: typeof history): void {
  expect(Object.keys(history).sort()).toEqual(Object.keys(expected).sort());
  for (const [name, values] of Object.entries(expected)) {
    expect(values).toHaveLength(3);
    for (const [epoch, value] of values.entries())
      expect(
        Math.abs(history[name][epoch] - value),
        `${name} of epoch ${epoch}: ${history[name][epoch]} for ${value}`,
      ).toBeLessThanOrEqual(1e-3 * Math.abs(value));
  }
}

/** Both ways, from the same weights, without shuffling. */
async function both(options: Case, examples: number, args: FitArgs) {
  const { output, target, units = 3, optimizer = () => tf.train.sgd(0.2), loss } = options;
  await tf.setBackend('cpu');
  const [plain, fitted] = [smallModel(units, output), smallModel(units, output)];
  const metrics = [...(options.metrics ?? ['accuracy'])];
  for (const model of [plain, fitted]) {
    model.compile({ loss, optimizer: optimizer(), metrics: metrics as string[] });
    model.setWeights(model.getWeights().map((weight) => tf.mul(weight, options.scale ?? 1)));
  }
  const [x, y] = [inputsFor(examples), targets[target](examples, units)];
  const before = weightsOf(plain);
  const { engine, ...plainArgs } = args;
  const expected = await plain.fit(x, y, { ...plainArgs, shuffle: false, verbose: 0 });
  const { history } = await fit(fitted, x, y, { ...args, shuffle: false, verbose: 0, workers: 1 });
  return {
    ...{ plain, fitted, before },
    history: history as Record<string, number[]>,
    expected: expected.history as Record<string, number[]>,
  };
}
