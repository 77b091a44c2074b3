/**
 * Stops a training, resumes it with another number of workers, and shows that nothing is lost: not even a bit.
 *
 *     node examples/resume.js [DIRECTORY]
 */
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { layers, sequential } from '@tensorflow/tfjs-layers';
import { train } from 'gradpool';

const run = process.argv[2] ?? mkdtempSync(join(tmpdir(), 'gradpool-run-'));
const options = { batchSize: 50, epochs: 2, learningRate: 0.1, saveEvery: 10, logEvery: 10 };
const model = network();
const weights = model.getWeights().map((weight) => weight.clone());

// Stopped in the middle. A killed process would leave as much: the newest checkpoint is whole.
const stop = new AbortController();
const first = await train(model, points(), {
  ...options,
  run,
  workers: 2,
  signal: stop.signal,
  onEvent(event) {
    if (event.kind === 'step') console.log(`step ${event.step}: loss ${event.loss.toFixed(3)}`);
    if (event.kind === 'checkpoint' && event.step === 20) stop.abort();
  },
});
console.log(`stopped: ${first.stopped}, and at least 20 steps are saved: ${first.globalStep >= 20}`);

// Another process would say the same. Data and model may be read again; the state is that of the checkpoint.
const resumed = await train(network(), points(), { ...options, run, workers: 1, resume: true });

const again = network();
again.setWeights(weights);
const whole = await train(again, points(), options);
console.log(`the same bits as without a break: ${resumed.parametersSha256 === whole.parametersSha256}`);

// What was reported stands in the run's directory too, a line each.
const lines = readFileSync(join(run, 'metrics.jsonl'), 'utf8').trimEnd().split('\n');
const last = lines.map((line) => JSON.parse(line)).findLast(({ kind }) => kind === 'evaluation');
console.log(`accuracy ${last.accuracy.toFixed(2)} after ${last.step} steps`);

function network() {
  return sequential({
    layers: [
      layers.dense({ inputShape: [2], units: 32, activation: 'relu' }),
      layers.dropout({ rate: 0.1 }),
      layers.dense({ units: 2 }),
    ],
  });
}

/** Points of a square, and whether they lie inside of a circle; the last 200 are to test on. */
function points() {
  const at = (/** @type {number} */ first, /** @type {number} */ count) => {
    const inputs = new Float32Array(2 * count);
    const labels = Array.from({ length: count }, (_, point) => {
      const [x, y] = [0.754877, 0.569841].map((step) => (((first + point) * step) % 1) * 2 - 1);
      inputs.set([x, y], 2 * point);
      return x * x + y * y < 0.6 ? 1 : 0;
    });
    return { inputs, labels, shape: [2] };
  };
  return { train: at(1, 2000), test: at(2001, 200) };
}
