/**
 * Runs that a released version wrote and was killed in are refused, since the kernels have another version, unless
 * their user allows that; then they go on, and come as close to what they would have come to as other rounding lets them.
 * The next release writes runs of its own (write-released-runs.ts), which go on to the same bits until kernels change.
 */
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type TrainEvent, train } from '../../src/index.ts';
import { releasedData, releasedModel, releasedRuns } from '../../testing/golden/released-runs.ts';

const formats = ['format-1'];
const otherKernels =
  /the arithmetic to be wasm-4 with separate multiply-add .*got wasm-\d+ .*`allowArithmeticChange`/;

describe.for(formats)('a killed run of %s', (format) => {
  test.for(Object.keys(releasedRuns))(
    'is resumed to what an uninterrupted one comes to: %s',
    async (name) => {
      const released = join(import.meta.dirname, '..', 'fixtures', 'released', format, name);
      const run = await temporaryCopy(join(released, 'run'));
      const expected = JSON.parse(await readFile(join(released, 'expected.json'), 'utf8'));
      const starts: number[] = [];
      const onEvent = (event: TrainEvent) => event.kind === 'start' && starts.push(event.fromStep);
      const options = { ...releasedRuns[name], run, resume: true, workers: 2, onEvent };
      await expect(train(releasedModel(), releasedData(), options)).rejects.toThrow(otherKernels);
      const allowed = { ...options, allowArithmeticChange: true };
      const result = await train(releasedModel(), releasedData(), allowed);
      expect(starts).toEqual([5]);
      expect(result).toMatchObject({ globalStep: 12, ...closely(expected) });
      const recorded = await metricsOf(released);
      expect(await metricsOf(run)).toMatchObject(recorded.map(closely));
      // What was written before is not written again.
      expect((await metricsOf(run)).slice(0, 6)).toEqual(recorded.slice(0, 6));
    },
  );

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

/** Losses to a part in a million. */
function closely(values: object): object {
  const { parametersSha256: _, ...rest } = values as { parametersSha256?: string };
  return Object.fromEntries(
    Object.entries(rest).map(([name, value]: [string, unknown]) => [name, closeTo(name, value)]),
  );
}

function closeTo(name: string, value: unknown): unknown {
  if (typeof value === 'object' && value !== null) return closely(value);
  return /loss/i.test(name) ? expect.closeTo(value as number, 6) : value;
}

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
