import type { Scalar, Tensor } from '@tensorflow/tfjs-core';
import { mnist } from '../../src/data/mnist.ts';
import { epochOrder } from '../../src/data/order.ts';
import { mnistCnn } from '../../src/model/mnist-cnn/mnist-cnn.ts';
import { loadTensorflow } from '../../src/runtime/tensorflow-package.ts';

export interface PlainTraining {
  /** The next batch of the first epoch, from its beginning again after its end. */
  step(): void;
  /** @returns the part of the test images that the model now classifies rightly */
  testAccuracy(): number;
}

/**
 * Training of the tutorial's network in plain TensorFlow.js on tfjs-node, in one thread: its own layers, dropout,
 * autodiff and optimizer, `optimizer.minimize` on whole batches. Learning rate 0.05, momentum 0.9.
 * @param seed of the initial values and of the order
 */
export async function plainTraining(seed: number, batchSize: number): Promise<PlainTraining> {
  const tf = loadTensorflow();
  const { train, test } = await mnist();
  const model = mnistCnn({ seed });
  const optimizer = tf.train.momentum(0.05, 0.9);
  const order = new Uint32Array(train.count);
  epochOrder(seed, 0, train.count, order);
  let next = 0;

  function step(): void {
    const rows = order.subarray(next, next + batchSize);
    next = next + 2 * batchSize > train.count ? 0 : next + batchSize;
    const labels = Int32Array.from(rows, (row) => train.labels[row]);
    const x = images(train.inputs, rows);
    const y = tf.oneHot(tf.tensor1d(labels, 'int32'), train.classes);
    const loss = () =>
      tf.losses.softmaxCrossEntropy(y, model.apply(x, { training: true }) as Tensor) as Scalar;
    optimizer.minimize(loss, true)?.dataSync();
  }

  function images(inputs: ArrayLike<number>, rows: Uint32Array): Tensor {
    const pixels = new Float32Array(rows.length * 784);
    rows.forEach((row, at) => {
      for (let i = 0; i < 784; i++) pixels[at * 784 + i] = inputs[row * 784 + i] / 255;
    });
    return tf.tensor4d(pixels, [rows.length, 28, 28, 1]);
  }

  function rightOf(first: number, count: number): number {
    const rows = Uint32Array.from({ length: count }, (_, i) => first + i);
    const classes = tf.argMax(model.apply(images(test.inputs, rows)) as Tensor, 1).dataSync();
    return Array.from(classes).filter((value, i) => value === test.labels[first + i]).length;
  }

  return {
    step: () => tf.tidy(step),
    testAccuracy() {
      let right = 0;
      for (let first = 0; first < test.count; first += 500)
        right += tf.tidy(() => rightOf(first, Math.min(500, test.count - first)));
      return right / test.count;
    },
  };
}
