import { appendFile, rename, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { MetricsEvent } from '../../../src/run/metrics.ts';
import { followMetrics, readMetrics } from '../../../src/run/read/read-metrics.ts';
import { temporaryDirectory } from '../../../testing/coordinator/runs.ts';

const step = (number: number): MetricsEvent => ({
  ...{ kind: 'step', step: number, epoch: 0, loss: 1 / number, steps_per_second: 20 },
});
/** Of a GAN whose discriminator trains alone. */
const alone: MetricsEvent = {
  ...{ kind: 'gan step', step: 1, epoch: 0, discriminatorLoss: 0.5, steps_per_second: 20 },
};
const asLine = (event: unknown) => `${JSON.stringify(event)}\n`;

describe("A run's metrics are read", () => {
  test.for([
    ['where there is no file', undefined, [], 0],
    ['where the file is empty', '', [], 0],
    ['without what a step of a GAN has not', asLine(alone), [alone], 0],
    ['without a torn last line', asLine(step(1)) + asLine(step(2)).slice(0, 20), [step(1)], 0],
    [
      'beside lines that are none',
      `${asLine(step(1))}{"kind":\n\0\0\n[]\n${asLine(step(2))}`,
      [step(1), step(2)],
      3,
    ],
    ['beside kinds of a newer version', asLine({ kind: 'fresh', step: 1 }) + asLine(step(2)), [step(2)], 1],
    [
      'beside events without their numbers',
      asLine({ kind: 'step', step: 1 }) + asLine(step(2)),
      [step(2)],
      1,
    ],
  ] as const)('%s', async ([, text, events, unreadable]) => {
    const run = await temporaryDirectory();
    if (text !== undefined) await writeFile(join(run, 'metrics.jsonl'), text);
    expect(await readMetrics(run)).toEqual({ events, unreadable });
  });

  test('with NaN where JSON has null', async () => {
    const run = await temporaryDirectory();
    const skewed = { ...step(1), loss: Number.NaN, metrics: { mse: Number.NaN, mae: 1 } };
    await writeFile(join(run, 'metrics.jsonl'), asLine(skewed));
    expect((await readMetrics(run)).events).toEqual([skewed]);
  });

  test('and refused by name where a directory stands in the place of the file, or a line does not end', async () => {
    const run = await temporaryDirectory();
    await writeFile(join(run, 'metrics.jsonl'), 'x'.repeat(2 ** 21));
    await expect(readMetrics(run)).rejects.toThrow(/metrics\.jsonl: expected lines of at most 1048576 bytes/);
    await expect(readMetrics(join(run, 'metrics.jsonl'))).resolves.toEqual({ events: [], unreadable: 0 });
  });
});

describe('While they are written', () => {
  const watch = async () => {
    const run = await temporaryDirectory();
    const file = join(run, 'metrics.jsonl');
    const metrics = followMetrics(run);
    const heard: (number | 'anew')[] = [];
    const read = async () => {
      heard.length = 0;
      await metrics.read({
        anew: () => void heard.push('anew'),
        event: (event) => void heard.push(event.step),
      });
      return [...heard];
    };
    return { file, read };
  };

  test('each event comes once, a line when it is whole', async () => {
    const { file, read } = await watch();
    expect(await read()).toEqual([]);
    await writeFile(file, asLine(step(1)) + asLine(step(2)).slice(0, 9));
    expect(await read()).toEqual([1]);
    expect(await read()).toEqual([]);
    await appendFile(file, asLine(step(2)).slice(9) + asLine(step(3)));
    expect(await read()).toEqual([2, 3]);
  });

  test.for([
    ['is cut back', (file: string) => truncate(file, asLine(step(1)).length)],
    [
      'is replaced',
      async (file: string) => {
        await writeFile(`${file}.new`, asLine(step(1)));
        await rename(`${file}.new`, file);
      },
    ],
  ] as const)('a file that %s is read anew', async ([, change]) => {
    const { file, read } = await watch();
    await writeFile(file, asLine(step(1)) + asLine(step(2)));
    expect(await read()).toEqual([1, 2]);
    await change(file);
    expect(await read()).toEqual(['anew', 1]);
  });
});
