/**
 * `fit` against TensorFlow.js's own `model.fit` on its pure JavaScript backend, from the same weights. The trainings
 * run in this thread, or in one for all: test/fit/fit.test.ts is about the threads.
 */
import { Worker } from 'node:worker_threads';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel, ModelCompileArgs } from '@tensorflow/tfjs-layers';
import { proxy, wrap } from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Report } from '../../src/coordinator/fit.ts';
import { type EngineName, engineNames } from '../../src/engine/engine.ts';
import { fromErrorRecord } from '../../src/errors.ts';
import type { FitArgs } from '../../src/index.ts';
import { fit } from '../../src/index.ts';
import type { CoordinatorApi, FitRequest } from '../../src/protocol.ts';
import { relativeError } from '../engine/values.ts';
import { missing } from '../tensorflow.ts';
import { inputsFor, smallModel, targets, weightsOf } from './models.ts';

vi.mock('../../src/coordinator/client.ts', async () => {
  const { fitModel } = await import('../../src/coordinator/fit.ts');
  return {
    fitInThread: (...call: Parameters<typeof fitModel>) =>
      call[0].config.engine === 'tensorflow' ? oneThread().fit(...call) : fitModel(...call),
  };
});

/**
 * A coordinator's thread for all trainings of the tensorflow engine: TensorFlow takes a second to load, and in this
 * thread its gradients would take the place of those of the JavaScript backend.
 */
const oneThread = once(() => {
  const thread = new Worker(new URL('../../src/coordinator/thread.ts', import.meta.url));
  const api = wrap<CoordinatorApi>(nodeEndpoint(thread));
  return {
    end: () => thread.terminate(),
    async fit(request: FitRequest, onEvent: Report) {
      const outcome = await api.fit(request, proxy(onEvent));
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

type Output = Parameters<typeof smallModel>[1];

interface Case {
  readonly loss: ModelCompileArgs['loss'];
  readonly output: Output;
  readonly target: keyof typeof targets;
  readonly units?: number;
  readonly optimizer?: () => tf.Optimizer | string;
  readonly metrics?: readonly string[];
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

const optimizers: Record<string, () => tf.Optimizer | string> = {
  sgd: () => tf.train.sgd(0.2),
  momentum: () => tf.train.momentum(0.1, 0.9),
  'momentum with nesterov': () => tf.train.momentum(0.1, 0.8, true),
  adam: () => tf.train.adam(0.02, 0.8, 0.99),
  rmsprop: () => tf.train.rmsprop(0.01, 0.9, 0.5),
  adagrad: () => tf.train.adagrad(0.1),
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
  const splits = [0, 1 / 3];
  const table = Object.entries(cases).flatMap(([name, options]) =>
    splits.map((validationSplit) => [name, 22 - Math.floor(22 * (1 - validationSplit)), options] as const),
  );
  test.for(table)('three epochs: %s, %i of 22 for validation', async ([, validated, options]) => {
    const split = validated === 0 ? {} : { validationSplit: validated / 22 };
    const args = { epochs: 3, batchSize: 8, engine, ...split };
    const { history, expected } = await both(options, 22, args);
    expect(Object.keys(history).sort()).toEqual(Object.keys(expected).sort());
    for (const [name, values] of Object.entries(expected)) {
      expect(values).toHaveLength(3);
      for (const [epoch, value] of values.entries())
        expect(
          Math.abs(history[name][epoch] - value),
          `${name} of epoch ${epoch}: ${history[name][epoch]} for ${value}`,
        ).toBeLessThanOrEqual(1e-3 * Math.abs(value));
    }
  });
});

/** Both ways, from the same weights, without shuffling. */
async function both(options: Case, examples: number, args: FitArgs) {
  const { output, target, units = 3, optimizer = () => tf.train.sgd(0.2), loss } = options;
  await tf.setBackend('cpu');
  const [plain, fitted] = [smallModel(units, output), smallModel(units, output)];
  const metrics = [...(options.metrics ?? ['accuracy'])];
  for (const model of [plain, fitted]) model.compile({ loss, optimizer: optimizer(), metrics });
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
