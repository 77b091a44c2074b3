/**
 * What TensorFlow.js's own tests ask of `model.fit`, asked of `fit`: what it computes. callback-behaviours.test.ts has
 * what its callers meet in the middle of it, multi-behaviours.test.ts models with several inputs and outputs, and
 * switched.test.ts layers that are frozen meanwhile. Elsewhere are class weights (state.test.ts), functions of the user's
 * own as losses and metrics (own-functions.test.ts), and call hooks, which are refused by name (bad-input.test.ts).
 */
import * as tf from '@tensorflow/tfjs-core';
import {
  input,
  type LayersModel,
  layers,
  type ModelCompileArgs,
  model,
  regularizers,
  type SymbolicTensor,
  sequential,
  metrics as tfMetrics,
} from '@tensorflow/tfjs-layers';
import { describe, expect, test, vi } from 'vitest';
import { fit } from '../../../src/index.ts';
import { uniform } from '../../../testing/engine/values.ts';
import { bothWays, valuesOf } from '../../../testing/fit/both-ways.ts';

vi.mock('../../../src/api/client.ts', () => import('../../../testing/fit/in-this-thread.ts'));

const examples = 5;
const x = tf.tensor(uniform(1, examples * 4, 0, 1), [examples, 4]);
const y = tf.tensor(uniform(2, examples, 0, 1), [examples, 1]);
const classes = tf.tensor2d([0, 1, 1, 0, 0, 1, 1, 0, 0, 1], [examples, 2]);
const whole = { batchSize: examples } as const;

type DenseArgs = Partial<Parameters<typeof layers.dense>[0]>;

/** A functional model of one dense layer, whose kernel is of ones. */
function dense(compile: Partial<ModelCompileArgs> = {}, args: DenseArgs = {}): LayersModel {
  const inputs = input({ shape: [4] });
  const layer = layers.dense({ units: 1, useBias: false, kernelInitializer: 'ones', ...args });
  const made = model({ inputs, outputs: layer.apply(inputs) as SymbolicTensor });
  made.compile({ optimizer: 'SGD', loss: 'meanSquaredError', ...compile });
  return made;
}

describe('a step', () => {
  test.for<[string, Partial<ModelCompileArgs>, DenseArgs]>([
    ['the learning rate of the optimizer by name', {}, {}],
    ['that of an optimizer', { optimizer: tf.train.sgd(0.025) }, {}],
    ['a bias', {}, { useBias: true }],
  ])('is of all examples: with %s', async ([, compile, args]) => {
    const { values, epoch } = await bothWays(async (train) => {
      const made = dense(compile, args);
      return { ...(await train(made, x, y, { ...whole, epochs: 1 })), values: valuesOf(made) };
    });
    expect(epoch).toEqual([0]);
    expect(values[0]).not.toContain(1);
  });

  test('drops half of a layer and doubles the rest', async () => {
    const made = sequential({
      layers: [
        layers.dense({ inputShape: [2], units: 2, kernelInitializer: 'ones', useBias: false }),
        layers.dropout({ rate: 0.5 }),
        layers.dense({ units: 1, kernelInitializer: 'ones', useBias: false }),
      ],
    });
    made.compile({ loss: 'meanSquaredError', optimizer: 'sgd' });
    const batch = 64;
    const { history } = await fit(made, tf.ones([batch, 2]), tf.zeros([batch, 1]), {
      ...{ batchSize: batch, workers: 1, verbose: 0 },
    });
    // Of each example's two values of 2, none, one or both are there, as 4: an output of 0, 4 or 8.
    const sum = (history.loss[0] as number) * batch;
    expect(sum % 16).toBe(0);
    expect(sum).toBeGreaterThan(16 * batch);
    expect(sum).toBeLessThan(32 * batch);
  });
});

describe('epochs', () => {
  test.for([
    [undefined, [0]],
    [{ epochs: 10 }, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]],
    [{ epochs: 2, ...whole }, [0, 1]],
    [{ epochs: 2, initialEpoch: 1, ...whole }, [1]],
  ] as const)('of %o are %o', async ([args, expected]) => {
    const { epoch, history } = await bothWays((train) => train(dense(), x, y, args));
    expect(epoch).toEqual(expected);
    expect(history.loss).toHaveLength(expected.length);
  });
});

describe('validation', () => {
  // Of five examples 0.01 is one, as 0.2 is.
  test.for([0.2, 0.01])('takes the last example for %d of five', async (validationSplit) => {
    const args = { ...whole, epochs: 2 };
    const { history } = await bothWays((train) => train(dense(), x, y, { ...args, validationSplit }));
    expect(history.val_loss).toHaveLength(2);
    const [first, last] = [0, 4].map((from) => [x, y].map((all) => tf.slice(all, from, from === 0 ? 4 : 1)));
    const apart = await fit(dense(), first[0], first[1], {
      ...{ ...args, validationData: [last[0], last[1]] as [tf.Tensor, tf.Tensor] },
      ...{ shuffle: false, workers: 1, verbose: 0 },
    });
    expect(apart.history).toEqual(history);
  });

  test('is of data that is given', async () => {
    const args = {
      ...whole,
      epochs: 2,
      validationData: [tf.zeros([examples, 4]), y] as [tf.Tensor, tf.Tensor],
    };
    const { history } = await bothWays((train) => train(dense(), x, y, args));
    // Zeros give zeros, whatever the kernel is.
    expect(history.val_loss[0]).toBeCloseTo(tf.mean(tf.square(y)).dataSync()[0], 5);
    expect(history.val_loss[1]).toBe(history.val_loss[0]);
  });

  test('takes vectors, as x and y, for columns', async () => {
    const column = () => {
      const made = sequential({
        layers: [layers.dense({ units: 1, inputShape: [1], kernelInitializer: 'ones' })],
      });
      made.compile({ optimizer: 'SGD', loss: 'meanSquaredError' });
      return made;
    };
    const vector = tf.reshape(y, [examples]);
    const validationData = [vector, tf.ones([examples])] as [tf.Tensor, tf.Tensor];
    const { history } = await bothWays((train) =>
      train(column(), vector, tf.square(vector), { ...whole, epochs: 2, validationData }),
    );
    expect([history.loss.length, history.val_loss.length]).toEqual([2, 2]);
    const { numTensors } = tf.memory();
    const made = column();
    await fit(made, vector, vector, { ...whole, validationData, workers: 1, verbose: 0 });
    made.dispose();
    expect(tf.memory().numTensors).toBe(numTensors);
  });
});

describe('losses and metrics', () => {
  const categorical = { loss: 'categoricalCrossentropy' } as const;
  test.for<[string, ModelCompileArgs['metrics'], Partial<ModelCompileArgs>, readonly string[]]>([
    ['accuracy of one value', ['accuracy'], {}, ['acc']],
    ['acc of classes', ['acc'], categorical, ['acc']],
    ['accuracy of classes', ['accuracy'], categorical, ['acc']],
    ['a function of tf.metrics alone', tfMetrics.meanSquaredError, categorical, ['meanSquaredError']],
    ['two', [tfMetrics.meanSquaredError, 'acc'], categorical, ['meanSquaredError', 'acc']],
    ['none, and cosineProximity', [], { loss: 'cosineProximity' }, []],
  ])('%s', async ([, metrics, compile, names]) => {
    const units = compile.loss === undefined ? 1 : 2;
    const { history } = await bothWays((train) =>
      train(dense({ ...compile, metrics: metrics as never }, { units }), x, units === 1 ? y : classes, {
        ...{ ...whole, epochs: 2, validationSplit: 0.2 },
      }),
    );
    const all = ['loss', ...names];
    expect(Object.keys(history).sort()).toEqual([...all, ...all.map((name) => `val_${name}`)].sort());
  });

  // Eight examples each to train on and to validate with: batches of 3, 3 and 2.
  test('accuracy of sequences, over batches of several sizes', async () => {
    const x = tf.tensor(uniform(3, 16 * 3 * 4, -1, 1), [16, 3, 4]);
    const y = tf.cast(tf.greater(tf.tensor(uniform(4, 16 * 3 * 2, 0, 1), [16, 3, 2]), 0.5), 'float32');
    const ones = { kernelInitializer: 'ones', useBias: false } as const;
    const make = () => {
      const rnn = { units: 2, recurrentInitializer: 'ones', returnSequences: true } as const;
      const made = sequential({
        layers: [
          layers.simpleRNN({ inputShape: [3, 4], ...rnn, ...ones }),
          layers.timeDistributed({
            layer: layers.dense({ units: 2, ...ones, kernelInitializer: 'identity' }),
          }),
        ],
      });
      made.compile({ optimizer: 'sgd', loss: 'categoricalCrossentropy', metrics: ['accuracy'] });
      return made;
    };
    const args = { batchSize: 3, epochs: 2, validationSplit: 0.5 };
    const { history } = await bothWays((train) => train(make(), x, y, args));
    expect(Object.keys(history).sort()).toEqual(['acc', 'loss', 'val_acc', 'val_loss']);
  });

  test.for([
    ['of a setting', regularizers.l1l2({ l1: 1, l2: 1 })],
    ['by name', 'l1l2'],
  ] as const)('a regularizer %s is part of the loss, and of the step', async ([, kernelRegularizer]) => {
    const { history } = await bothWays(async (train) => {
      const made = dense({}, { kernelRegularizer });
      return { ...(await train(made, x, y, { ...whole, epochs: 2 })), values: valuesOf(made) };
    });
    const plain = await fit(dense(), x, y, { ...whole, workers: 1, verbose: 0 });
    expect(history.loss[0]).toBeGreaterThan((plain.history.loss[0] as number) + 0.05);
  });
});

describe('afterwards', () => {
  test.for([
    ['zeros', () => tf.zeros([4, 1])],
    ['its own', (made: LayersModel) => made.layers[1].getWeights()[0]],
  ] as const)('the model takes weights: %s', async ([, weights]) => {
    const made = dense({}, { kernelRegularizer: 'l1l2' });
    await fit(made, x, y, { ...whole, epochs: 2, workers: 1, verbose: 0 });
    const given = weights(made);
    const expected = [[...given.dataSync()]];
    made.layers[1].setWeights([given]);
    expect(valuesOf(made)).toEqual(expected);
  });

  test('a layer may be frozen, and the model compiled again with its optimizer', async () => {
    const { values } = await bothWays(async (train) => {
      const ones = { kernelInitializer: 'ones', useBias: false } as const;
      const made = sequential({
        layers: [layers.dense({ inputShape: [4], units: 10, ...ones }), layers.dense({ units: 1, ...ones })],
      });
      const optimizer = tf.train.sgd(0.01);
      const values: number[][][] = [];
      const histories: unknown[] = [];
      for (const trainable of [true, false]) {
        made.layers[0].trainable = trainable;
        made.compile({ optimizer, loss: 'meanSquaredError' });
        histories.push(await train(made, x, y, { ...whole, epochs: 2, validationSplit: 0.2 }));
        values.push(valuesOf(made));
      }
      return { values, histories };
    });
    expect(values[1][0]).toEqual(values[0][0]);
    expect(values[1][1]).not.toEqual(values[0][1]);
  });

  // Adam has a count and two accumulators of each weight; tfjs keeps the powers of both betas.
  test.for([
    ['its optimizer, by name', 'adam', true],
    ['no optimizer of another', tf.train.adam(1e-3), false],
  ] as const)('the model disposes of its weights and %s', async ([, optimizer, isOwned]) => {
    const disposed = await bothWays(async (train) => {
      const made = sequential({ layers: [layers.dense({ units: 1, inputShape: [4] })] });
      made.compile({ loss: 'meanSquaredError', optimizer });
      await train(made, x, y, whole);
      const before = tf.memory().numTensors;
      return { ...made.dispose(), freed: before - tf.memory().numTensors };
    });
    expect(disposed).toMatchObject({ refCountAfterDispose: 0, freed: isOwned ? 2 + 2 + 4 : 2 });
  });
});

describe('no tensors are left by', () => {
  test.for<[string, object]>([
    ['batches of one', { batchSize: 1 }],
    ['a split', { validationSplit: 0.4 }],
    ['validation data', { validationData: [tf.zeros([examples, 4]), y] }],
    ['several epochs of small batches, with a split', { batchSize: 2, epochs: 2, validationSplit: 0.4 }],
  ])('%s', async ([, args]) => {
    const made = dense({ metrics: ['mse'] });
    const all = { ...whole, verbose: 0, workers: 1, ...args } as const;
    await fit(made, x, y, all);
    const { numTensors } = tf.memory();
    await fit(made, x, y, all);
    expect(tf.memory().numTensors).toBe(numTensors);
  });
});

describe('is refused in one line, and so by model.fit:', () => {
  test.for([0, -1, 3.14, 'a'])('a batch size of %o', async (batchSize) => {
    const args = { batchSize: batchSize as number, verbose: 0 } as const;
    await expect(dense().fit(x, y, args)).rejects.toThrow('batchSize');
    await expect(fit(dense(), x, y, args)).rejects.toThrow(/^Expected `batchSize`[^\n]*$/);
  });

  test('a model that is not compiled', async () => {
    const made = sequential({ layers: [layers.dense({ units: 1, inputShape: [4] })] });
    await expect((async () => made.fit(x, y, whole))()).rejects.toThrow();
    await expect(fit(made, x, y, whole)).rejects.toThrow(/call `model\.compile` before `fit`$/);
  });
});
