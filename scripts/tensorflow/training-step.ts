/** One training step on tfjs-node, in a process of its own: prints what it did. */
import { loadTensorflow } from '../../src/runtime/tensorflow-package.ts';

const tf = loadTensorflow();
const { binding } = tf.backend() as unknown as { binding: { TF_Version: string } };
const model = tf.sequential({
  layers: [
    tf.layers.conv2d({ inputShape: [8, 8, 1], filters: 4, kernelSize: 3, activation: 'relu' }),
    tf.layers.flatten(),
    tf.layers.dense({ units: 2 }),
  ],
});
const inputs = tf.randomNormal([16, 8, 8, 1], 0, 1, 'float32', 1);
const labels = tf.oneHot(
  tf.tensor1d(
    Array.from({ length: 16 }, (_, i) => i % 2),
    'int32',
  ),
  2,
);
const loss = (): import('@tensorflow/tfjs-core').Scalar =>
  tf.losses.softmaxCrossEntropy(labels, model.apply(inputs) as import('@tensorflow/tfjs-core').Tensor);
const before = tf.train.sgd(0.1).minimize(loss, true)?.dataSync()[0] ?? Number.NaN;
const after = loss().dataSync()[0];
if (!(after < before))
  throw new Error(`Expected a training step to lower the loss of ${before}, got ${after}`);
console.log(
  `TensorFlow ${binding.TF_Version} with tfjs-node ${tf.version['tfjs-node']} on Node.js ${process.version}: a training step took the loss from ${before.toFixed(4)} to ${after.toFixed(4)}`,
);
