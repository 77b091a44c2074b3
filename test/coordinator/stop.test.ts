/** A training that is asked to stop, on the tutorial's network. By signals and from the command line: test/cli, test/chaos. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { trainInThread } from '../../src/api/client.ts';
import { resolveConfig } from '../../src/config/config.ts';
import type { TrainOptions } from '../../src/config/train-options.ts';
import { mnistCnnSpec } from '../../src/model/mnist-cnn/mnist-cnn-spec.ts';
import type { TrainEvent } from '../../src/protocol/requests.ts';
import { findCheckpoint } from '../../src/run/checkpoint-read.ts';
import { temporaryDirectory } from '../../testing/coordinator/runs.ts';
import { firstDigits } from '../../testing/digits.ts';

const digits = await firstDigits(100);
const many = await firstDigits(6000);

test.for([1, 2])(
  '%i workers: a checkpoint is on disk within a second of the step under way.',
  async (workers) => {
    const { askedAt, events, result, run } = await stopAt(
      { workers, saveEvery: 2, evalEvery: 0 },
      ({ kind, step }) => kind === 'progress' && step === 5,
    );
    const saved = events.find(({ kind, at }) => kind === 'checkpoint' && at > askedAt);
    expect(result).toMatchObject({ stopped: true, globalStep: saved?.step });
    expect((await findCheckpoint(run))?.checkpoint.manifest.step).toBe(result.globalStep);
    // How long steps and saves take on a machine with other work is known from those before.
    const usual = longestBefore(events, askedAt);
    expect((saved?.at ?? Number.POSITIVE_INFINITY) - askedAt).toBeLessThan(1000 + 2 * usual);
  },
);

test('an evaluation is broken off, and the step before it is on disk.', async () => {
  const { events, result, run } = await stopAt(
    { workers: 2, evalEvery: 3, saveEvery: 0 },
    ({ kind, step }) => kind === 'progress' && step === 3,
  );
  expect(result).toMatchObject({ stopped: true, globalStep: 3 });
  expect(result.evaluation).toBeUndefined();
  expect(events.filter(({ kind }) => kind === 'evaluation')).toEqual([]);
  expect((await findCheckpoint(run))?.checkpoint.manifest.step).toBe(3);
  expect(await readFile(join(run, 'metrics.jsonl'), 'utf8')).not.toContain('evaluation');
});

test('a training that is asked to stop before it has begun makes no step and leaves no checkpoint.', async () => {
  const { result, run } = await stopAt({ workers: 2 }, undefined);
  expect(result).toMatchObject({ stopped: true, globalStep: 0 });
  expect(await findCheckpoint(run)).toBeUndefined();
});

type Heard = TrainEvent & { readonly at: number; readonly step?: number };

/** @param when to stop; undefined: at once */
async function stopAt(options: TrainOptions, when: ((event: Heard) => boolean) | undefined) {
  const run = join(await temporaryDirectory(), 'run');
  const stop = new AbortController();
  const events: Heard[] = [];
  let askedAt = 0;
  if (when === undefined) stop.abort();
  const result = await trainInThread(
    {
      ...{ model: mnistCnnSpec(), train: digits, test: many, run, resume: false, reportProbabilities: false },
      config: resolveConfig({ batchSize: 20, steps: 1000, ...options }),
    },
    {
      signal: stop.signal,
      onEvent(event) {
        const heard = { ...event, at: performance.now() };
        events.push(heard);
        if (stop.signal.aborted || !when?.(heard)) return;
        askedAt = heard.at;
        stop.abort();
      },
    },
  );
  return { run, events, result, askedAt };
}

/** Milliseconds between two events: a step, or a save. */
function longestBefore(events: readonly Heard[], until: number): number {
  const times = events.filter(({ kind, at }) => kind !== 'start' && at <= until).map(({ at }) => at);
  return Math.max(...times.slice(1).map((at, index) => at - times[index]));
}
