/**
 * tfjs-node in worker threads, each with its part of the batch: tfjs-node-peer.ts WORKERS. Gradients are neither
 * averaged nor applied, which is more than its due. Tells what the others tell (mnist.py).
 */
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import type { Scalar } from '@tensorflow/tfjs-core';
import { mnist } from '../../src/data/mnist.ts';
import { mnistCnn } from '../../src/model/mnist-cnn/mnist-cnn.ts';
import { loadTensorflow } from '../../src/runtime/tensorflow-package.ts';

const batchSize = 100;

if (isMainThread) await coordinate(Number(process.argv[2]));
else await work(workerData as number);

async function coordinate(count: number): Promise<void> {
  // A core for each worker; read when the library is loaded.
  Object.assign(process.env, {
    TF_NUM_INTRAOP_THREADS: '1',
    TF_NUM_INTEROP_THREADS: '1',
    TF_CPP_MIN_LOG_LEVEL: '3',
  });
  const workers: Worker[] = [];
  // One after the other: two first uses of the binding at once are a data race.
  for (let index = 0; index < count; index++) {
    workers.push(new Worker(import.meta.filename, { workerData: Math.floor(batchSize / count) }));
    await once(workers[index], 'message');
  }
  console.log(
    JSON.stringify({ version: createRequire(import.meta.url)('@tensorflow/tfjs-node/package.json').version }),
  );
  for (let step = 1; ; step++) {
    const replies = workers.map((worker) => once(worker, 'message'));
    for (const worker of workers) worker.postMessage(step);
    await Promise.all(replies);
    if (step % 10 === 0) console.log(JSON.stringify({ images: step * batchSize }));
  }
}

async function work(examples: number): Promise<void> {
  const tf = loadTensorflow();
  const { train } = await mnist();
  const model = mnistCnn();
  const gradients = (step: number) =>
    tf.tidy(() => {
      const first = (step * examples) % (train.count - examples);
      const pixels = Float32Array.from(
        train.inputs.subarray(first * 784, (first + examples) * 784),
        (value) => value / 255,
      );
      const x = tf.tensor4d(pixels, [examples, 28, 28, 1]);
      const y = tf.oneHot(
        tf.tensor1d(Int32Array.from(train.labels.subarray(first, first + examples)), 'int32'),
        10,
      );
      const { value, grads } = tf.variableGrads(
        () => tf.losses.softmaxCrossEntropy(y, model.apply(x, { training: true }) as typeof x) as Scalar,
      );
      value.dataSync();
      for (const gradient of Object.values(grads)) gradient.dataSync();
    });
  gradients(0);
  gradients(1);
  parentPort?.on('message', (step: number) => {
    gradients(step);
    parentPort?.postMessage(step);
  });
  parentPort?.postMessage('ready');
}
