/** What of a step is no kernel: while the coordinator dispatches and hears, and while a worker waits for a slower one. */

import { openTrainer } from '../../src/benchmark/trainer.ts';
import { mnist } from '../../src/data/mnist.ts';
import { mnistCnnSpec } from '../../src/model/mnist-cnn/mnist-cnn-spec.ts';
import type { Pool } from '../../src/pool/place.ts';
import type { BenchmarkOptions } from './measure.ts';

/** Of each round, as shares of its time. */
export interface CoordinatorShare {
  /** No worker is at work. */
  readonly dispatch: readonly number[];
  /** Some are, one of them longer than the others. */
  readonly waiting: readonly number[];
}

export async function coordinatorShare(
  workers: number,
  { rounds, steps, batchSize, shards }: BenchmarkOptions,
): Promise<CoordinatorShare> {
  const { train } = await mnist();
  /** Milliseconds of the round, a phase's longest work and its mean. */
  let [longest, mean] = [0, 0];
  const observe = (pool: Pool): Pool => ({
    ...pool,
    async run(tasks, options) {
      const done = await pool.run(tasks, options);
      const work = new Array<number>(workers).fill(0);
      for (const { worker, spans } of done) work[worker] += spans?.times[1] ?? 0;
      longest += Math.max(...work);
      mean += work.reduce((sum, milliseconds) => sum + milliseconds, 0) / workers;
      return done;
    },
  });
  const profile = { request: { from: performance.timeOrigin, detail: 'tasks' }, observe } as const;
  const trainer = await openTrainer(mnistCnnSpec(), train, { workers, batchSize, shards, profile });
  await trainer.train(steps);
  const dispatch: number[] = [];
  const waiting: number[] = [];
  for (let round = 0; round < rounds; round++) {
    [longest, mean] = [0, 0];
    const start = performance.now();
    await trainer.train(steps);
    const milliseconds = performance.now() - start;
    dispatch.push(1 - longest / milliseconds);
    waiting.push((longest - mean) / milliseconds);
  }
  await trainer.session.close();
  return { dispatch, waiting };
}
