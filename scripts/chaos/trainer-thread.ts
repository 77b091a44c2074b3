/** A training of the tutorial's network in a thread of its own: told a number of steps, it makes them and says how long they took. */
import { parentPort, workerData } from 'node:worker_threads';
import { openTrainer } from '../../src/benchmark/trainer.ts';
import { mnist } from '../../src/data/mnist.ts';
import { mnistCnnSpec } from '../../src/model/mnist-cnn/mnist-cnn-spec.ts';

if (parentPort === null) throw new Error('It runs in a worker thread');
const port = parentPort;
const trainer = await openTrainer(mnistCnnSpec(), (await mnist()).train, workerData);
port.on('message', async (steps: number) => {
  const began = performance.now();
  await trainer.train(steps);
  port.postMessage(performance.now() - began);
});
port.postMessage('ready');
