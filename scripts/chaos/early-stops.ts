/**
 * node scripts/chaos/early-stops.ts --stops 2000: trainings of a tiny network, each stopped between its call and a
 * moment after its first steps, two at a time. Prints what was found, and what of it is wrong; exit code 1 then.
 * With --deaths, and the injector (--import ./testing/chaos/inject.ts), workers die and hang while others load.
 */
import { parseArgs } from 'node:util';
import { trainInThread } from '../../src/api/client.ts';
import { resolveConfig } from '../../src/config/config.ts';
import { type EngineChoice, engineChoices } from '../../src/engine/engine.ts';
import type { ModelSpec } from '../../src/model/model-spec.ts';
import type { TrainResult } from '../../src/protocol/requests.ts';
import { type Fault, prepareChaos } from '../../testing/chaos/fault.ts';
import { openLedger, smallData, smallModel } from '../../testing/chaos/training.ts';
import { topologyOf } from '../../testing/tensorflow.ts';
import { grown, resources } from './resources.ts';

const { values } = parseArgs({
  options: {
    stops: { type: 'string', default: '2000' },
    engine: { type: 'string', default: 'wasm' },
    deaths: { type: 'boolean', default: false },
  },
});
const stops = Number(values.stops);
const engine = engineChoices.find((one) => one === values.engine) as EngineChoice;
const model: ModelSpec = { ...smallModel, topology: topologyOf(smallModel.network) };
const options = {
  ...{ engine, batchSize: 20, steps: 100_000 },
  // A worker that hangs while it starts is given up soon, and as often as it takes.
  ...(values.deaths ? { stepTimeout: 1, maxRestarts: 1000 } : {}),
} as const;
/** In turn. */
const workers = [8, 2, 4];
let trainings = 0;

/** Of the time that a training takes to load: the last stops come when it makes steps. */
const latestStop = 1.6;
const atOnce = 2;
/** Before memory is looked at: allocators and compilers have taken what they keep. */
const warmUp = Math.min(100, Math.ceil(stops / 3));

/** The first threads of each training die or hang while others load, and some of those that replace them. */
const deaths: readonly Fault[] = (['exit', 'throw', 'endless loop', 'terminate'] as const).map(
  (kind, index) => ({
    ...{ kind, point: 'start', task: 'start', nth: 1 + 3 * index, times: 2, when: 'before' },
  }),
);

const found = { stops, whileLoading: 0, afterSteps: 0, notStopped: 0, lateEvents: 0, lostWorkers: 0 };
const ledger = openLedger();
/** What the last trainings took to load, or were stopped in, where that was longer. */
const loadingTimes: number[] = [];

for (let one = 0; one < workers.length; one++) await stopWhenLoaded();
await stopEarly(0, warmUp);
const before = await resources();
await stopEarly(warmUp, stops);
const after = await resources();
ledger.remove();
const failures = [
  ...(found.notStopped > 0 ? [`${found.notStopped} were not stopped`] : []),
  ...(found.lateEvents > 0 ? [`${found.lateEvents} events came after the end`] : []),
  ...(values.deaths && found.lostWorkers === 0 ? ['no worker was lost'] : []),
  ...grown(before, after, stops - warmUp),
];
const seconds = Math.round(performance.now() / 1000);
console.log(JSON.stringify({ ...found, seconds, before, after, failures }));
process.exitCode = failures.length === 0 ? 0 : 1;

/** The stops from `first` to before `end`. */
async function stopEarly(first: number, end: number): Promise<void> {
  let next = first;
  const lane = async () => {
    while (next < end) await stopAfter(Math.round(latestStop * shareOf(next++) * usualLoading()));
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
}

/** From 0 to below 1, in each stretch of stops as over all, and more of the early ones. */
function shareOf(stop: number): number {
  return ((stop * 0.618034) % 1) ** 2;
}

async function stopWhenLoaded(): Promise<void> {
  const loaded = new AbortController();
  await train(loaded.signal, () => loaded.abort());
}

async function stopAfter(milliseconds: number): Promise<void> {
  const { stopped, globalStep } = await train(AbortSignal.timeout(milliseconds));
  if (!stopped) found.notStopped++;
  if (globalStep === 0) found.whileLoading++;
  else found.afterSteps++;
}

async function train(signal: AbortSignal, onLoaded = () => {}): Promise<TrainResult> {
  const began = performance.now();
  let stoppedAfter = Number.POSITIVE_INFINITY;
  let isOver = false;
  signal.addEventListener('abort', () => {
    stoppedAfter = performance.now() - began;
  });
  if (values.deaths) killSome();
  const config = resolveConfig({ ...options, workers: workers[trainings++ % workers.length] });
  const request = { model, train: smallData, resume: false, reportProbabilities: false, config };
  const result = await trainInThread(request, {
    signal,
    onEvent(event) {
      if (isOver) found.lateEvents++;
      if (event.kind === 'worker' && event.state === 'lost') found.lostWorkers++;
      if (event.kind !== 'start') return;
      onLoaded();
      noteLoading(performance.now() - began, stoppedAfter);
    },
  });
  isOver = true;
  return result;
}

function killSome(): void {
  const { batchSize } = options;
  prepareChaos({ ...{ faults: deaths, files: [], shards: 8 }, batchSize, ledger: ledger.path });
}

function noteLoading(milliseconds: number, stoppedAfter: number): void {
  const wasStopped = stoppedAfter < milliseconds;
  if (wasStopped && stoppedAfter < usualLoading()) return;
  loadingTimes.push(Math.min(milliseconds, stoppedAfter));
  if (loadingTimes.length > 31) loadingTimes.shift();
}

function usualLoading(): number {
  return loadingTimes.toSorted((a, b) => a - b)[loadingTimes.length >> 1] ?? 0;
}
