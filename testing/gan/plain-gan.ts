/** The loop of a GAN in plain TensorFlow.js, from the same random numbers. */
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { epochOrder } from '../../src/data/order.ts';
import { fillWithNoise, noiseStream } from '../../src/gan/noise.ts';

export interface PlainGan {
  readonly generator: LayersModel;
  readonly discriminator: LayersModel;
  /** Bytes [count, ...shape] of 0 to 255. */
  readonly inputs: Uint8Array;
  readonly shape: readonly number[];
  readonly count: number;
  readonly batchSize: number;
  readonly seed: number;
  readonly learningRate: number;
  readonly labelSmoothing?: number;
  readonly discriminatorSteps?: number;
  readonly generatorSteps?: number;
  readonly pretrainSteps?: number;
}

/** Trains both models in place for steps 1 to `steps`, each of them the discriminator's, then the generator's. */
export function trainPlainly(gan: PlainGan, steps: number): { discriminator: number; generator: number } {
  const { generator, discriminator, batchSize, learningRate, seed } = gan;
  const { labelSmoothing = 0, discriminatorSteps = 1, generatorSteps = 1, pretrainSteps = 0 } = gan;
  const adam = () => tf.train.adam(learningRate, 0.5, 0.999, 1e-7);
  const [forDiscriminator, forGenerator] = [adam(), adam()];
  const noise = (rows: number, stream: number): tf.Tensor => {
    const values = new Float32Array(rows * Number(generator.inputs[0].shape[1]));
    fillWithNoise(seed, stream, values);
    return tf.tensor(values, [rows, values.length / rows]);
  };
  const judge = (number: number) => () => {
    const real = realsOf(gan, number);
    const [rows] = real.shape;
    const made = generator.predict(noise(rows, noiseStream.ofDiscriminator(number))) as tf.Tensor;
    const judged = tf.concat([real, made]);
    const targets = tf.concat([tf.fill([rows, 1], 1 - labelSmoothing), tf.zeros([rows, 1])]);
    return update(discriminator, forDiscriminator, () => {
      const logits = discriminator.apply(judged, { training: true }) as tf.Tensor;
      return tf.losses.sigmoidCrossEntropy(targets, logits);
    });
  };
  const deceive = (number: number) => () =>
    update(generator, forGenerator, () => {
      const made = generator.apply(noise(batchSize, noiseStream.ofGenerator(number)), { training: true });
      const logits = discriminator.apply(made as tf.Tensor, { training: true }) as tf.Tensor;
      return tf.losses.sigmoidCrossEntropy(tf.ones([batchSize, 1]), logits);
    });
  const losses = { discriminator: Number.NaN, generator: Number.NaN };
  for (let step = 0; step < steps; step++) {
    for (let index = 1; index <= discriminatorSteps; index++)
      losses.discriminator = tf.tidy(judge(step * discriminatorSteps + index));
    for (let index = 1; step >= pretrainSteps && index <= generatorSteps; index++)
      losses.generator = tf.tidy(deceive(step * generatorSteps + index));
  }
  return losses;
}

function update(model: LayersModel, optimizer: tf.Optimizer, loss: () => tf.Tensor): number {
  const variables = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
  const { value, grads } = tf.variableGrads(() => loss() as tf.Scalar, variables);
  optimizer.applyGradients(grads);
  return value.dataSync()[0];
}

/** [rows, ...shape] from -1 to 1: the last ones of an epoch are as many as are left. */
function realsOf({ inputs, shape, count, batchSize, seed }: PlainGan, number: number): tf.Tensor {
  const perEpoch = Math.ceil(count / batchSize);
  const order = new Uint32Array(count);
  epochOrder(seed, Math.floor((number - 1) / perEpoch), count, order);
  const size = inputs.length / count;
  const first = ((number - 1) % perEpoch) * batchSize;
  const taken = [...order.subarray(first, Math.min(count, first + batchSize))];
  const rows = taken.flatMap((example) =>
    Array.from(inputs.subarray(example * size, (example + 1) * size), (value) => value / 127.5 - 1),
  );
  return tf.tensor(rows, [taken.length, ...shape]);
}
