import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import type { Network } from '../../src/model/network.ts';
import { setParameters } from '../../src/model/tfjs/layers-model.ts';

export interface PlainExamples {
  /** [examples, ...model input] */
  readonly inputs: Float32Array;
  /** [examples] class numbers */
  readonly labels: readonly number[];
}

/** Accuracy, mean cross-entropy and softmax probabilities [examples, classes], as plain TensorFlow.js has them. */
export async function plainEvaluation(
  model: LayersModel,
  network: Network,
  parameters: Float32Array,
  { inputs, labels }: PlainExamples,
) {
  await tf.setBackend('cpu');
  await setParameters({ weights: model.weights, network }, parameters);
  return tf.tidy(() => {
    const logits = model.predict(tf.tensor(inputs, [labels.length, ...network.input])) as tf.Tensor2D;
    const targets = tf.tensor1d([...labels], 'int32');
    const right = tf.equal(tf.argMax(logits, 1), targets).dataSync();
    const loss = tf.losses.softmaxCrossEntropy(tf.oneHot(targets, network.classes), logits);
    return {
      accuracy: right.filter((value) => value !== 0).length / labels.length,
      loss: loss.dataSync()[0],
      probabilities: tf.softmax(logits).dataSync<'float32'>(),
    };
  });
}
