/**
 * `fit` in place of `model.fit`: the same arguments, loss, optimizer, metrics, callbacks and History, on every core.
 *
 *     node examples/fit.js
 */
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { layers, sequential } from '@tensorflow/tfjs-layers';
import { fit } from 'gradpool';

// A wave, from 2000 points of it.
const x = tf.randomUniform([2000, 1], -1, 1, 'float32', 5);
const y = tf.sin(tf.mul(x, 3));

const model = sequential({
  layers: [
    layers.dense({ inputShape: [1], units: 32, activation: 'relu' }),
    layers.dense({ units: 32, activation: 'relu' }),
    layers.dense({ units: 1 }),
  ],
});
model.compile({ loss: 'meanSquaredError', optimizer: tf.train.adam(0.01), metrics: ['mae'] });

// const { history } = await model.fit(x, y, {
const { history } = await fit(model, x, y, {
  epochs: 20,
  batchSize: 50,
  validationSplit: 0.1,
  callbacks: {
    onEpochEnd: (epoch, logs) => {
      if (epoch % 5 === 4) console.log(`epoch ${epoch + 1}: loss ${logs?.loss.toFixed(4)}`);
    },
  },
});
console.log(`off by ${Number(history.val_mae.at(-1)).toFixed(3)} in the mean`);

// The model holds the trained weights, and its optimizer the state that a further fit goes on from.
const [value] = await tf.tidy(() => /** @type {tf.Tensor} */ (model.predict(tf.tensor2d([[0.5]])))).data();
console.log(`at 0.5: ${value.toFixed(2)}, and the wave is ${Math.sin(1.5).toFixed(2)}`);
