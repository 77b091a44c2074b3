/**
 * node --import ./testing/chaos/inject.ts scripts/chaos/soak.ts --minutes 30: trains the tutorial's network on MNIST with
 * two workers, terminates one of them every few seconds, and watches memory, threads and open files. Its end is compared
 * with that of the same training in another process, to which nothing is done.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { BroadcastChannel } from 'node:worker_threads';
import { mnist } from '../../src/data/mnist.ts';
import { mnistCnnSpec } from '../../src/model/mnist-cnn/mnist-cnn-spec.ts';
import { now, type Terminate, terminateChannel } from '../../testing/chaos/fault.ts';
import { type Heard, trainUnderChaos } from '../../testing/chaos/training.ts';
import { trainUndisturbed } from './undisturbed.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    seed: { type: 'string', default: '1' },
    'seconds-between': { type: 'string', default: '3' },
  },
});

interface Sample {
  readonly minutes: number;
  readonly residentMegabytes: number;
  readonly threads: number;
  readonly files: number;
}

const began = now();
const minutesGone = () => (now() - began) / 60_000;
const samples: Sample[] = [];
const directory = mkdtempSync(join(tmpdir(), 'gradpool-soak-'));
const undisturbed = trainUndisturbed(join(directory, 'undisturbed'));
/** Of the workers; all others would be kept for half an hour. */
const news: Extract<Heard, { kind: 'worker' }>[] = [];
const over = new AbortController();
const { train, test } = await mnist();
const training = trainUnderChaos({
  ...{
    workers: 2,
    batchSize: 100,
    steps: 1_000_000,
    saveEvery: 500,
    evalEvery: 1000,
    run: join(directory, 'run'),
    signal: over.signal,
    onEvent: hear,
  },
  ...{ model: mnistCnnSpec(), data: train, test },
});
const kills = killWorkers();
watchResources();
await setTimeout(Number(values.minutes) * 60_000);
over.abort();
const { result, miscounted } = await training;
report();
const wanted = await undisturbed.parametersAfter(result.globalStep);
rmSync(directory, { recursive: true });
console.log(`undisturbed ${wanted}`);
process.exitCode = wanted === result.parametersSha256 && miscounted.length === 0 ? 0 : 1;

function hear(event: Heard): void {
  if (event.kind === 'worker') news.push(event);
  if (event.kind === 'progress' || event.kind === 'step') undisturbed.keepPace(event.step);
}

/** Times between kills: from half to one and a half of the mean, by a linear congruential generator. */
function killWorkers(): { count: number } {
  const channel = new BroadcastChannel(terminateChannel);
  const counted = { count: 0 };
  let state = Number(values.seed) >>> 0;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const next = async () => {
    for (;;) {
      await setTimeout(Number(values['seconds-between']) * 1000 * (0.5 + random()));
      if (over.signal.aborted) return channel.close();
      channel.postMessage({ any: Math.floor(random() * 1000) } satisfies Terminate);
      counted.count++;
    }
  };
  next();
  return counted;
}

async function watchResources(): Promise<void> {
  while (!over.signal.aborted) {
    const status = readFileSync('/proc/self/status', 'utf8');
    samples.push({
      minutes: minutesGone(),
      residentMegabytes: Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024,
      threads: Number(/Threads:\s+(\d+)/.exec(status)?.[1]),
      files: readdirSync('/proc/self/fd').length,
    });
    await setTimeout(5000, undefined, { signal: over.signal }).catch(() => {});
  }
}

/** The middle of a sixth of the time after the start, against that of the last sixth. */
function report(): void {
  const whole = Number(values.minutes);
  const between = (from: number, to: number) =>
    samples.filter(({ minutes }) => minutes >= from * whole && minutes < to * whole);
  const median = (list: readonly Sample[], what: keyof Sample) =>
    list.map((sample) => sample[what]).sort((a, b) => a - b)[list.length >> 1];
  const [first, last] = [between(1 / 12, 3 / 12), between(10 / 12, 1)];
  const lost = news.filter(({ state }) => state === 'lost').length;
  const back = news.filter(({ state }) => state === 'back').length;
  console.log(
    `${whole} minutes, ${result.globalStep} steps, ${kills.count} kills, ${lost} noticed, ${back} back`,
  );
  console.log(`steps that miscounted their examples: ${miscounted.length}`);
  for (const what of ['residentMegabytes', 'threads', 'files'] as const) {
    const largest = Math.max(...samples.map((sample) => sample[what]));
    console.log(
      `${what}: median ${median(first, what).toFixed(1)} early, ${median(last, what).toFixed(1)} at the end, most ${largest.toFixed(1)}`,
    );
  }
  console.log(`parameters ${result.parametersSha256} after ${result.globalStep} steps`);
}
