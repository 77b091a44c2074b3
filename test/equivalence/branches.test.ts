/** A functional model with branches, normalisation, a nested model and frozen layers against plain TensorFlow.js. */
import '../../src/model/tfjs/cpu-backend.ts';
import * as tf from '@tensorflow/tfjs-core';
import {
  input,
  type LayersModel,
  layers,
  model,
  type SymbolicTensor,
  sequential,
} from '@tensorflow/tfjs-layers';
import { describe, expect, test } from 'vitest';
import { dataset, train } from '../../src/index.ts';
import { relativeError, uniform } from '../../testing/engine/values.ts';
import { missing } from '../../testing/tensorflow.ts';

const [examples, steps, learningRate] = [12, 6, 0.05];
const inputs = uniform(41, examples * 8 * 8 * 2, -1, 1);
const labels = Uint32Array.from({ length: examples }, (_, i) => i % 3);

/** The same values each time. */
function create(): LayersModel {
  const image = input({ shape: [8, 8, 2] });
  const conv = (filters: number, trainable = true) =>
    layers.conv2d({ filters, kernelSize: 3, padding: 'same', useBias: false, trainable });
  const stem = conv(16, false).apply(image) as SymbolicTensor;
  const bend = layers.activation({ activation: 'tanh' });
  const bent = bend.apply(stem) as SymbolicTensor;
  const normal = layers.batchNormalization({ momentum: 0.8 }).apply(conv(16).apply(bent));
  const sum = layers.add().apply([stem, normal as SymbolicTensor]) as SymbolicTensor;
  const head = sequential({
    layers: [
      layers.averagePooling2d({ inputShape: [8, 8, 16], poolSize: 2 }),
      layers.flatten(),
      layers.dense({ units: 7, activation: 'sigmoid' }),
    ],
  });
  const flat = layers.flatten().apply(bend.apply(conv(2).apply(sum))) as SymbolicTensor;
  const joined = layers.concatenate().apply([head.apply(sum) as SymbolicTensor, flat]);
  const made = model({ inputs: image, outputs: layers.dense({ units: 3 }).apply(joined) as SymbolicTensor });
  for (const [index, weight] of made.weights.entries()) {
    const isVariance = weight.originalName.endsWith('moving_variance');
    const size = weight.shape.reduce<number>((product, value) => product * (value ?? 1), 1);
    const values = isVariance ? uniform(50 + index, size, 0.5, 1) : uniform(50 + index, size, -0.3, 0.3);
    weight.write(tf.tensor(values, weight.shape as number[]));
  }
  return made;
}

/** SGD on all examples, step by step, on the JavaScript backend. */
async function plainWeights() {
  await tf.setBackend('cpu');
  const made = create();
  const optimizer = tf.train.sgd(learningRate);
  const variables = made.trainableWeights.map((weight) => weight.read() as tf.Variable);
  const [x, targets] = [
    tf.tensor4d(inputs, [examples, 8, 8, 2]),
    tf.oneHot(tf.tensor1d([...labels], 'int32'), 3),
  ];
  for (let step = 0; step < steps; step++)
    optimizer.minimize(
      () => tf.losses.softmaxCrossEntropy(targets, made.apply(x, { training: true }) as tf.Tensor),
      false,
      variables,
    );
  return weightsOf(made);
}

const weightsOf = (made: LayersModel) =>
  made.weights.map((weight) => ({
    name: weight.originalName,
    values: weight.read().dataSync<'float32'>().slice(),
  }));

describe('six steps of a model with branches, normalisation, a nested model and a frozen layer', () => {
  test.for(['wasm', 'reference', 'tensorflow'] as const)(
    'on %s are those of plain TensorFlow.js',
    async (engine, { skip }) => {
      skip(engine === 'tensorflow' && missing !== undefined, missing);
      const [before, plain] = [weightsOf(create()), await plainWeights()];
      const made = create();
      const data = dataset({ inputs, labels, shape: [8, 8, 2], classes: 3 });
      // One shard: its statistics are those of the batch, as in TensorFlow.js.
      await train(
        made,
        { train: data },
        { engine, steps, learningRate, momentum: 0, batchSize: examples, shards: 1, workers: 1 },
      );
      for (const [index, { name, values }] of weightsOf(made).entries()) {
        const change = (to: Float32Array) =>
          Float64Array.from(to, (value, i) => value - before[index].values[i]);
        expect(relativeError(change(values), change(plain[index].values)), name).toBeLessThanOrEqual(2e-5);
      }
    },
  );
});
