/**
 * Trains a model of one's own on images of one's own, saves it, and uses what was saved:
 *
 *     node examples/own-model.js [DIRECTORY]
 */
import { layers, sequential } from '@tensorflow/tfjs-layers';
import { loadModel, predict, saveModel, train } from 'gradpool';

const directory = process.argv[2] ?? 'runs/own-model';
const shape = [8, 8, 1];
const names = ['a row', 'a column', 'a diagonal'];

const model = sequential({
  layers: [
    layers.conv2d({ inputShape: shape, filters: 8, kernelSize: 3, padding: 'same', useBias: false }),
    layers.batchNormalization(),
    layers.activation({ activation: 'relu' }),
    layers.maxPooling2d({ poolSize: 2 }),
    layers.flatten(),
    layers.dropout({ rate: 0.2 }),
    // Logits: the loss takes the softmax.
    layers.dense({ units: names.length }),
  ],
});

// Every core of the machine works on each batch. The weights are the same, to the bit, for any number of workers.
const data = { train: images(1200), test: images(300) };
const { evaluation } = await train(model, data, { epochs: 4, batchSize: 50, learningRate: 0.02 });
console.log(`${percent(evaluation?.accuracy)} of the test images are told right`);

await saveModel(model, directory);
const saved = await loadModel(directory);
const { classes, probabilities } = await predict(saved, images(3));
for (const [image, name] of [...classes].entries())
  console.log(`image ${image} shows ${names[name]} (${percent(probabilities[3 * image + name])})`);

/** Bright lines on dark ground: [count, 8, 8, 1] bytes, row by row, and the number of each image's class. */
function images(/** @type {number} */ count) {
  const inputs = new Uint8Array(count * 64);
  const labels = Array.from({ length: count }, (_, image) => image % 3);
  for (const [image, label] of labels.entries()) {
    const place = Math.floor(image / 3) % 8;
    for (let step = 0; step < 8; step++) {
      const [row, column] = [
        [place, step],
        [step, place],
        [step, (step + place) % 8],
      ][label];
      inputs[image * 64 + row * 8 + column] = 200 + (image % 50);
    }
  }
  return { inputs, labels, shape, classes: names.length };
}

function percent(share = 0) {
  return `${Math.round(share * 100)} %`;
}
