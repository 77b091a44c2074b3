/**
 * node --import ./scripts/chaos/unwatched.ts scripts/chaos/cost-of-watching.ts --pairs 20: what watching over the
 * workers costs a step without faults. Two trainings of the tutorial's network, one of them without
 * (unwatched.ts), make some steps in turn. Which one is opened first decides about some hundredths (where its memory
 * lies), so pairs are opened in one order and in the other, and two such make one ratio.
 * --leave-out '': watched both times, so it shows what noise does.
 */
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { setEnvironmentData, Worker } from 'node:worker_threads';
import { median } from '../../src/benchmark/statistics.ts';
import { enableWideKernels } from '../../src/runtime/wide-kernels.ts';
import { randomFrom } from '../../testing/fuzz/mutate.ts';
import { deadlines, unwatchedKey } from './unwatched-key.ts';

enableWideKernels();
const { values } = parseArgs({
  options: {
    pairs: { type: 'string', default: '20' },
    rounds: { type: 'string', default: '4' },
    steps: { type: 'string', default: '6' },
    workers: { type: 'string', default: '2' },
    'leave-out': { type: 'string', default: deadlines },
  },
});
const [pairs, rounds, steps] = [Number(values.pairs), Number(values.rounds), Number(values.steps)];

const ratios: number[] = [];
const stepMilliseconds: number[] = [];
for (let pair = 0; pair < pairs; pair += 2)
  ratios.push(Math.sqrt((await ratioOfPair(true)) * (await ratioOfPair(false))));
const [least, most] = confidence(ratios);
console.log(
  `watched / without (${values['leave-out']}): ${median(ratios).toFixed(4)} times the time (95 % of resamplings of the median: ${least.toFixed(4)} to ${most.toFixed(4)}; ${pairs} pairs, ${rounds} rounds of ${steps} steps each, ${values.workers} workers)`,
);

console.log(`a step took ${median(stepMilliseconds).toFixed(1)} ms`);

async function ratioOfPair(isWatchedFirst: boolean): Promise<number> {
  const leftOut = [values['leave-out'], ''];
  if (isWatchedFirst) leftOut.reverse();
  const first = await openTraining(leftOut[0]);
  const second = await openTraining(leftOut[1]);
  // The runtime compiles the kernels again, better, during the first steps.
  for (const training of [first, second]) await millisecondsOf(training);
  const ofRounds: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const inTurn = round % 2 === 0 ? [first, second] : [second, first];
    const [one, other] = [await millisecondsOf(inTurn[0]), await millisecondsOf(inTurn[1])];
    ofRounds.push((inTurn[0] === first) === isWatchedFirst ? one / other : other / one);
    stepMilliseconds.push(one / steps, other / steps);
  }
  for (const training of [first, second]) await training.terminate();
  return median(ofRounds);
}

async function openTraining(leftOut: string): Promise<Worker> {
  // A copy goes to the thread, and from there to its workers.
  setEnvironmentData(unwatchedKey, leftOut);
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
