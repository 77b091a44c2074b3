/**
 * node scripts/chaos/many-fits.ts --fits 200: `fit` of one model many times in one program, each with threads of its
 * own; every second one is stopped by a callback in its first epoch. Prints what was found, and what of it is wrong;
 * exit code 1 then.
 */
import { parseArgs } from 'node:util';
import { memory, randomUniform } from '@tensorflow/tfjs-core';
import { layers, sequential } from '@tensorflow/tfjs-layers';
import * as gradpool from '../../src/index.ts';
import { grown, resources } from './resources.ts';

const { values } = parseArgs({ options: { fits: { type: 'string', default: '200' } } });
const fits = Number(values.fits);
/** Before memory is looked at: allocators and compilers have taken what they keep. */
const warmUp = Math.min(30, Math.ceil(fits / 3));

const model = sequential({ layers: [layers.dense({ units: 3, inputShape: [4] })] });
model.compile({ loss: 'meanSquaredError', optimizer: 'sgd' });
const [x, y] = [randomUniform([40, 4]), randomUniform([40, 3])];
const found = { fits, stopped: 0, lateCalls: 0 };

for (let one = 0; one < warmUp; one++) await fitOnce(one);
const [before, tensorsBefore] = [await resources(), memory().numTensors];
for (let one = warmUp; one < fits; one++) await fitOnce(one);
const [after, tensors] = [await resources(), memory().numTensors];
const failures = [
  ...(found.stopped === Math.floor(fits / 2) ? [] : [`${found.stopped} were stopped`]),
  ...(found.lateCalls > 0 ? [`${found.lateCalls} callbacks came after the end`] : []),
  ...(tensors > tensorsBefore ? [`tensors grew from ${tensorsBefore} to ${tensors}`] : []),
  ...grown(before, after, fits - warmUp),
];
const seconds = Math.round(performance.now() / 1000);
console.log(JSON.stringify({ ...found, seconds, before, after, failures }));
process.exitCode = failures.length === 0 ? 0 : 1;

async function fitOnce(index: number): Promise<void> {
  let isOver = false;
  const { epoch } = await gradpool.fit(model, x, y, {
    ...{ epochs: 3, batchSize: 8, workers: [8, 2, 4][index % 3], verbose: 0 },
    callbacks: {
      onEpochBegin() {
        if (isOver) found.lateCalls++;
        if (index % 2 === 1) model.stopTraining = true;
      },
    },
  });
  isOver = true;
  if (epoch.length < 3) found.stopped++;
}
