/**
 * node scripts/chaos/early-stops.ts --stops 2000: trainings of a tiny network with 8 workers, each stopped 0 to 240 ms
 * after the call, most of them while threads load. Prints what was found; exit code 1 when something is wrong.
 */
import { readdirSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { resolveConfig } from '../../src/config.ts';
import { trainInThread } from '../../src/coordinator/client.ts';
import { smallData, smallModel } from '../../test/chaos/training.ts';

const { values } = parseArgs({ options: { stops: { type: 'string', default: '2000' } } });
const stops = Number(values.stops);
const mostMilliseconds = 240;

const found = { stops, notStopped: 0, withSteps: 0, lateEvents: 0, threadsLeft: 0, residentMiB: 0 };
await stopEarly(0);
const before = threads();
for (let stop = 0; stop < stops; stop++) await stopEarly((stop * 37) % (mostMilliseconds + 1));
await setTimeout(500);
found.threadsLeft = Math.max(0, threads() - before);
found.residentMiB = process.memoryUsage().rss >> 20;
console.log(JSON.stringify(found));
process.exitCode = found.notStopped + found.lateEvents + found.threadsLeft > 0 ? 1 : 0;

async function stopEarly(milliseconds: number): Promise<void> {
  let isOver = false;
  const result = await trainInThread(
    {
      ...{ model: smallModel, train: smallData, resume: false, reportProbabilities: false },
      config: resolveConfig({ workers: 8, batchSize: 20, steps: 100_000 }),
    },
    {
      signal: AbortSignal.timeout(milliseconds),
      onEvent() {
        if (isOver) found.lateEvents++;
      },
    },
  );
  isOver = true;
  if (!result.stopped) found.notStopped++;
  if (result.globalStep > 0) found.withSteps++;
}

/** Of this process. */
function threads(): number {
  return readdirSync('/proc/self/task').length;
}
