/** Plain TensorFlow.js on tfjs-node in a process of its own, since TensorFlow counts its threads once for a process. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { plainTraining } from '../tensorflow/plain-training.ts';

export interface TfjsNodeAlone {
  /** Goes on for some steps. @returns images a second */
  train(steps: number): Promise<number>;
  close(): void;
}

export async function startTfjsNodeAlone(threads: number, batchSize: number): Promise<TfjsNodeAlone> {
  const env = { ...process.env, TF_NUM_INTRAOP_THREADS: String(threads), TF_NUM_INTEROP_THREADS: '1' };
  const child = fork(import.meta.filename, [String(batchSize)], { env });
  const reply = async () => {
    const [value] = await Promise.race([
      once(child, 'message'),
      once(child, 'exit').then(([code]) => Promise.reject(new Error(`tfjs-node alone ended with ${code}`))),
    ]);
    return value as number;
  };
  await reply();
  return {
    async train(steps) {
      child.send(steps);
      return reply();
    },
    close: () => child.disconnect(),
  };
}

if (process.argv[1] === import.meta.filename) {
  const batchSize = Number(process.argv[2]);
  const training = await plainTraining(1, batchSize);
  process.on('message', (steps: number) => {
    const start = performance.now();
    for (let done = 0; done < steps; done++) training.step();
    process.send?.(((steps * batchSize) / (performance.now() - start)) * 1000);
  });
  process.send?.('ready');
}
