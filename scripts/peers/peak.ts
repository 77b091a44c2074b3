import { availableParallelism } from 'node:os';
import { startMeterThread } from '../../src/benchmark/meter-thread.ts';

/** GFLOP/s of the engine's matrix product, 1008 x 1008 x 1008, on all cores at once: what the machine gives now. */
export async function measurePeak(): Promise<number> {
  const threads = Array.from({ length: availableParallelism() }, startMeterThread);
  const measure = async () => {
    const atOnce = await Promise.all(threads.map((thread) => thread.measure('matmul')));
    return atOnce.reduce((sum, gflops) => sum + gflops, 0);
  };
  // The runtime compiles the kernel again, better, while it is used first.
  await measure();
  const peak = await measure();
  for (const thread of threads) await thread.close();
  return peak;
}
