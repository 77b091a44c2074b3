/** A thread that measures the matrix product or the memory whenever it is asked to. */
import { once } from 'node:events';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { createMatmulMeter } from './matmul-speed.ts';
import { createMemoryMeter } from './memory-speed.ts';

export interface MeterThread {
  /** GFLOP/s of the matrix product in that thread, now, or GB/s that it reads and writes. */
  measure(what: 'matmul' | 'memory'): Promise<number>;
  close(): Promise<unknown>;
}

export function startMeterThread(): MeterThread {
  const worker = new Worker(new URL(import.meta.url));
  return {
    async measure(what) {
      worker.postMessage(what);
      const [speed] = await once(worker, 'message');
      return speed;
    },
    close: () => worker.terminate(),
  };
}

/** In one thread alone, and in all of them at once, added up. */
export async function aloneAndTogether(
  threads: readonly MeterThread[],
  what: 'matmul' | 'memory',
): Promise<{ readonly alone: number; readonly together: number }> {
  const alone = await threads[0].measure(what);
  const all = await Promise.all(threads.map((thread) => thread.measure(what)));
  return { alone, together: all.reduce((sum, speed) => sum + speed, 0) };
}

if (!isMainThread && parentPort !== null) {
  const port = parentPort;
  const meters = { matmul: await createMatmulMeter(), memory: createMemoryMeter() };
  port.on('message', async (what: keyof typeof meters) => port.postMessage(await meters[what]()));
}
