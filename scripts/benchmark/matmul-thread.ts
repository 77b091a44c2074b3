/** A thread that measures the matrix product whenever it is asked to. */
import { once } from 'node:events';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { createMatmulMeter } from './matmul-speed.ts';

export interface MatmulThread {
  /** GFLOP/s of the matrix product in that thread, now. */
  measure(): Promise<number>;
  close(): Promise<unknown>;
}

export function startMatmulThread(): MatmulThread {
  const worker = new Worker(new URL(import.meta.url));
  return {
    async measure() {
      worker.postMessage('measure');
      const [gflops] = await once(worker, 'message');
      return gflops;
    },
    close: () => worker.terminate(),
  };
}

if (!isMainThread && parentPort !== null) {
  const port = parentPort;
  const meter = await createMatmulMeter();
  port.on('message', () => port.postMessage(meter()));
}
