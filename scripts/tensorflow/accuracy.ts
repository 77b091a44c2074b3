/**
 * Test accuracy after one epoch at the default settings on wasm, on tensorflow and in plain TensorFlow.js on tfjs-node,
 * for three seeds: `node scripts/tensorflow/accuracy.ts`. Ends non-zero where their means are more than 0.3 points apart.
 */
import { execFileSync } from 'node:child_process';
import { trainInThread } from '../../src/api/client.ts';
import { resolveConfig } from '../../src/config/config.ts';
import { mnist } from '../../src/data/mnist.ts';
import type { EngineName } from '../../src/engine/engine.ts';
import { mnistCnnSpec } from '../../src/model/mnist-cnn/mnist-cnn-spec.ts';
import { enableWideKernels } from '../../src/runtime/wide-kernels.ts';
import { plainTraining } from './plain-training.ts';

const ways = ['wasm', 'tensorflow', 'plain tfjs-node'];
const seeds = [1, 2, 3];
const batchSize = 100;
const steps = 600;
const tolerance = 0.003;

if (process.argv[2] === undefined) compare();
else console.log(await accuracyOf(process.argv[2], Number(process.argv[3])));

function compare(): void {
  const means = ways.map((way) => {
    // A process for each: TensorFlow counts its threads once.
    const accuracies = seeds.map((seed) =>
      Number(execFileSync(process.execPath, [import.meta.filename, way, String(seed)], { encoding: 'utf8' })),
    );
    const mean = accuracies.reduce((sum, accuracy) => sum + accuracy) / seeds.length;
    console.log(`${way}: ${accuracies.join(', ')}; mean ${mean.toFixed(4)}`);
    return mean;
  });
  const apart = Math.max(...means) - Math.min(...means);
  console.log(`the means are ${(apart * 100).toFixed(2)} points apart; at most ${tolerance * 100} are right`);
  process.exitCode = apart <= tolerance ? 0 : 1;
}

async function accuracyOf(way: string, seed: number): Promise<number | undefined> {
  if (way === 'plain tfjs-node') {
    const training = await plainTraining(seed, batchSize);
    for (let step = 0; step < steps; step++) training.step();
    return training.testAccuracy();
  }
  enableWideKernels();
  const config = resolveConfig({ engine: way as EngineName, workers: 2, shards: 2, batchSize, steps, seed });
  const request = { model: mnistCnnSpec({ seed }), config, resume: false, reportProbabilities: false };
  return (await trainInThread({ ...request, ...(await mnist()) }, {})).evaluation?.accuracy;
}
