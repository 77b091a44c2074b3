/**
 * node --import ./scripts/chaos/unwatched.ts scripts/chaos/cost-of-watching.ts --rounds 41: what watching over the workers and the updates costs a step without faults. Two
 * trainings of the tutorial's network, one watched, one not (unwatched.ts), make some steps in turn.
 */
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { setEnvironmentData, Worker } from 'node:worker_threads';
import { enableWideKernels } from '../../src/wide-kernels.ts';
import { randomFrom } from '../../test/fuzz/mutate.ts';
import { median } from '../benchmark/statistics.ts';
import { unwatchedKey } from './unwatched-key.ts';

enableWideKernels();
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '41' },
    steps: { type: 'string', default: '6' },
    workers: { type: 'string', default: '2' },
  },
});
const [rounds, steps] = [Number(values.rounds), Number(values.steps)];

const watched = await openTraining(false);
const unwatched = await openTraining(true);
// The runtime compiles the kernels again, better, during the first steps.
for (const training of [watched, unwatched]) await millisecondsOf(training);
const ratios: number[] = [];
for (let round = 0; round < rounds; round++) {
  const first = round % 2 === 0 ? watched : unwatched;
  const second = first === watched ? unwatched : watched;
  const [one, other] = [await millisecondsOf(first), await millisecondsOf(second)];
  ratios.push(first === watched ? one / other : other / one);
}
const [least, most] = confidence(ratios);
console.log(
  `watched / not watched: ${median(ratios).toFixed(4)} times the time (95 % of resamplings of the median: ${least.toFixed(4)} to ${most.toFixed(4)}; ${rounds} rounds of ${steps} steps, ${values.workers} workers)`,
);
for (const training of [watched, unwatched]) await training.terminate();

async function openTraining(isUnwatched: boolean): Promise<Worker> {
  // A copy goes to the thread, and from there to its workers.
  setEnvironmentData(unwatchedKey, isUnwatched);
  const training = new Worker(new URL('./trainer-thread.ts', import.meta.url), {
    workerData: { workers: Number(values.workers), batchSize: 100, shards: 8 },
  });
  await once(training, 'message');
  return training;
}

async function millisecondsOf(training: Worker): Promise<number> {
  training.postMessage(steps);
  const [milliseconds] = await once(training, 'message');
  return milliseconds as number;
}

/** The bootstrap's percentiles, 2000 resamplings. */
function confidence(list: readonly number[]): [number, number] {
  const random = randomFrom(1);
  const medians = Array.from({ length: 2000 }, () => median(list.map(() => list[random(list.length)])));
  medians.sort((a, b) => a - b);
  return [medians[50], medians[1949]];
}
