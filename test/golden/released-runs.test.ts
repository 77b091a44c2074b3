/**
 * Runs that a released version wrote and was killed in go on to the bits that they would have had.
 *
 * A new version of the kernels refuses them by name, as it should: then expect that here, and write runs of the new
 * version beside them (write-released-runs.ts).
 */
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type TrainEvent, train } from '../../src/index.ts';
import { releasedData, releasedModel, releasedRuns } from './released-runs.ts';

const formats = ['format-1'];

describe.for(formats)('a killed run of %s', (format) => {
  test.for(Object.keys(releasedRuns))('is resumed to the bits of an uninterrupted one: %s', async (name) => {
    const released = join(import.meta.dirname, '..', 'fixtures', 'released', format, name);
    const run = await temporaryCopy(join(released, 'run'));
    const expected = JSON.parse(await readFile(join(released, 'expected.json'), 'utf8'));
    const starts: number[] = [];
    const onEvent = (event: TrainEvent) => event.kind === 'start' && starts.push(event.fromStep);
    const options = { ...releasedRuns[name], run, resume: true, workers: 2, onEvent };
    const result = await train(releasedModel(), releasedData(), options);
    expect(starts).toEqual([5]);
    expect(result).toMatchObject({ globalStep: 12, ...expected });
    expect(await metricsOf(run)).toEqual(await metricsOf(released));
  });

  test.for([
    { settings: { seed: 6 }, refusal: /`seed` to be 5 .*got 6/ },
    { settings: { learningRate: 0.2 }, refusal: /`learningRate` to be 0.1 .*got 0.2/ },
    { settings: { momentum: 0.5 }, refusal: /`momentum` to be 0.9 .*got 0.5/ },
    { settings: { batchSize: 7 }, refusal: /`batchSize` to be 8 .*got 7/ },
    { settings: { shards: 4 }, refusal: /`shards` to be 3 .*got 4/ },
  ])('is refused with other settings: $settings', async ({ settings, refusal }) => {
    const run = await temporaryCopy(
      join(import.meta.dirname, '../fixtures/released', format, 'momentum/run'),
    );
    const options = { ...releasedRuns.momentum, ...settings, run, resume: true };
    await expect(train(releasedModel(), releasedData(), options)).rejects.toThrow(refusal);
  });
});

async function temporaryCopy(run: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'gradpool-released-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const copy = join(folder, 'run');
  await cp(run, copy, { recursive: true });
  return copy;
}

/** Every line of a folder's metrics.jsonl, but for what the clock says. */
async function metricsOf(folder: string): Promise<object[]> {
  const lines = (await readFile(join(folder, 'metrics.jsonl'), 'utf8')).trim().split('\n');
  return lines.map((line) => {
    const { steps_per_second: _, ...metric } = JSON.parse(line);
    return metric;
  });
}
