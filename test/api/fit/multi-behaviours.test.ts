/**
 * What TensorFlow.js's own tests ask of `model.fit`, asked of `fit`: models with several inputs and outputs. Not its
 * validation: tfjs gives that of several outputs under the wrong names (several-ends.test.ts has what `fit` gives).
 */
import * as tf from '@tensorflow/tfjs-core';
import {
  input,
  type LayersModel,
  layers,
  type ModelCompileArgs,
  model,
  type SymbolicTensor,
} from '@tensorflow/tfjs-layers';
import { expect, test, vi } from 'vitest';
import { uniform } from '../../../testing/engine/values.ts';
import { bothWays, type Train, valuesOf } from '../../../testing/fit/both-ways.ts';

vi.mock('../../../src/api/client.ts', () => import('../../../testing/fit/in-this-thread.ts'));

const examples = 6;
const values = (stream: number, size: number) =>
  tf.tensor(uniform(stream, examples * size, 0, 1), [examples, size]);
const [xs, ys] = [
  [values(1, 3), values(2, 4)],
  [values(3, 1), values(4, 1)],
] as const;
const dense = { units: 1, kernelInitializer: 'ones' } as const;

/** Each output reads its own input. */
function apart(): LayersModel {
  const inputs = [input({ shape: [3], name: 'left' }), input({ shape: [4], name: 'right' })];
  const outputs = inputs.map(
    (one, index) =>
      layers.dense({ ...dense, name: ['a', 'b'][index] as string }).apply(one) as SymbolicTensor,
  );
  return model({ inputs, outputs });
}

/** Two outputs of one input. */
function forked(): LayersModel {
  const one = input({ shape: [3], name: 'left' });
  const outputs = ['a', 'b'].map((name) => layers.dense({ ...dense, name }).apply(one) as SymbolicTensor);
  return model({ inputs: one, outputs });
}

/** Each output reads both inputs, of four values each: the sum, and one beside the other. */
function mixed(): LayersModel {
  const inputs = [input({ shape: [4] }), input({ shape: [4] })];
  const [sum, both] = [layers.add(), layers.concatenate()].map((layer) => layer.apply(inputs));
  const outputs = [
    layers.dense(dense).apply(sum as SymbolicTensor),
    layers.dense({ ...dense, activation: 'sigmoid' }).apply(both as SymbolicTensor),
  ];
  return model({ inputs, outputs: outputs as SymbolicTensor[] });
}

const compiled = (made: LayersModel, args: Partial<ModelCompileArgs>): LayersModel => {
  made.compile({ optimizer: 'sgd', loss: 'meanSquaredError', ...args });
  return made;
};

const args = { batchSize: 4, epochs: 2 };

test('losses by output name add up, and stand in History one by one.', async () => {
  const loss = { a: 'meanSquaredError', b: 'meanAbsoluteError' };
  const { history } = await bothWays(async (train) => {
    const made = compiled(forked(), { loss });
    return { ...(await train(made, xs[0], [...ys], args)), values: valuesOf(made) };
  });
  expect(history.loss[1]).toBeCloseTo(history.a_loss[1] + history.b_loss[1], 5);
});

type Data = Parameters<Train>[1];
test.for<[string, Data, Data]>([
  ['lists', [...xs], [...ys]],
  ['objects by name', { right: xs[1], left: xs[0] }, { b: ys[1], a: ys[0] }],
])('two inputs and two outputs train apart: %s', async ([, x, y]) => {
  const loss = ['meanSquaredError', 'meanSquaredError'];
  const optimizer = tf.train.sgd(0.05);
  const { after } = await bothWays(async (train) => {
    const made = compiled(apart(), { loss, optimizer });
    return { ...(await train(made, x, y, args)), after: valuesOf(made) };
  });
  const alone = await bothWays(async (train) => {
    const [one] = apart().inputs;
    const made = compiled(model({ inputs: one, outputs: layers.dense(dense).apply(one) as SymbolicTensor }), {
      optimizer,
    });
    await train(made, xs[0], ys[0], args);
    return valuesOf(made);
  });
  expect(after.slice(0, 2)).toEqual(alone);
});

test('metrics are of each output.', async () => {
  const { history } = await bothWays((train) =>
    train(compiled(apart(), { metrics: ['mae'] }), [...xs], [...ys], args),
  );
  expect(Object.keys(history).sort()).toEqual(['a_loss', 'a_mae', 'b_loss', 'b_mae', 'loss']);
});

// Adam has a count and two accumulators of each weight; tfjs keeps the powers of both betas.
test.for([
  ['its optimizer, by name', 'adam', 4 + 2 + 8],
  ['no optimizer of another', tf.train.adam(1e-3), 4],
] as const)('the model disposes of its weights and %s', async ([, optimizer, tensors]) => {
  const disposed = await bothWays(async (train) => {
    const made = compiled(mixed(), { loss: ['meanSquaredError', 'binaryCrossentropy'], optimizer });
    const bits = tf.round(ys[1]);
    await train(made, [xs[1], tf.square(xs[1])], [ys[0], bits], args);
    const before = tf.memory().numTensors;
    return { ...made.dispose(), freed: before - tf.memory().numTensors };
  });
  expect(disposed).toMatchObject({ refCountAfterDispose: 0, freed: tensors });
});
