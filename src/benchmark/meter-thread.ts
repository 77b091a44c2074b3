/** A thread that measures the matrix product or the memory whenever it is asked to. */
import { once } from 'node:events';
import { isMainThread, parentPort } from 'node:worker_threads';
import { startThread } from '../runtime/start-thread.ts';
import { createMatmulMeter } from './matmul-speed.ts';
import { createMemoryMeter } from './memory-speed.ts';

export interface MeterThread {
  /** GFLOP/s of the matrix product in that thread, now, or GB/s that it reads and writes. */
  measure(what: 'matmul' | 'memory'): Promise<number>;
  close(): Promise<unknown>;
}

export function startMeterThread(): MeterThread {
  const thread = startThread('./meter-thread', import.meta.url);
  return {
    async measure(what) {
      thread.postMessage(what);
      const [speed] = await once(thread, 'message');
      return speed;
    },
    close: () => thread.terminate(),
  };
}

/** In one thread alone, and in all of them at once, added up. */
export async function aloneAndTogether(
  threads: readonly MeterThread[],
  what: 'matmul' | 'memory',
): Promise<{ readonly alone: number; readonly together: number }> {
  const alone = await threads[0].measure(what);
  return { alone, together: await together(threads, what) };
}

/** In all of the threads at once, added up. */
export async function together(threads: readonly MeterThread[], what: 'matmul' | 'memory'): Promise<number> {
  const all = await Promise.all(threads.map((thread) => thread.measure(what)));
  return all.reduce((sum, speed) => sum + speed, 0);
}

if (!isMainThread && parentPort !== null) {
  const port = parentPort;
  const meters = { matmul: await createMatmulMeter(), memory: createMemoryMeter() };
  port.on('message', async (what: keyof typeof meters) => port.postMessage(await meters[what]()));
}
