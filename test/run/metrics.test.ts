import { execFileSync } from 'node:child_process';
import { appendFile, readdir, readFile, readlink, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type MetricsEvent, openMetrics, truncateMetrics } from '../../src/run/metrics.ts';
import { temporaryDirectory } from '../../testing/coordinator/runs.ts';

const stepEvent = (step: number): MetricsEvent => ({
  kind: 'step',
  step,
  epoch: 0,
  loss: 1 / step,
  steps_per_second: 20,
});
const evaluationEvent = (step: number): MetricsEvent => ({
  kind: 'evaluation',
  step,
  accuracy: 0.9,
  loss: 0.1,
});
const events = [stepEvent(1), stepEvent(100), evaluationEvent(100), stepEvent(200), evaluationEvent(200)];

async function writtenMetrics(): Promise<string> {
  const path = join(await temporaryDirectory(), 'metrics.jsonl');
  const log = await openMetrics(path);
  for (const event of events) await log.append(event);
  await log.sync();
  await log.close();
  return path;
}
const readEvents = async (path: string): Promise<unknown[]> => {
  const lines = (await readFile(path, 'utf8')).split('\n');
  expect(lines.pop()).toBe('');
  return lines.map((line) => JSON.parse(line));
};

describe('Metrics', () => {
  test('are one JSON object a line, and opening again adds to them', async () => {
    const path = await writtenMetrics();
    const log = await openMetrics(path);
    await log.append(stepEvent(300));
    await log.close();
    expect(await readEvents(path)).toEqual([...events, stepEvent(300)]);
  });

  test.each([
    [0, 0],
    [99, 1],
    [100, 3],
    [199, 3],
    [200, 5],
    [1000, 5],
  ])('cut back to step %i are the first %i', async (step, count) => {
    const path = await writtenMetrics();
    expect((await truncateMetrics(path, step)).unreadable).toBe(0);
    expect(await readEvents(path)).toEqual(events.slice(0, count));
    expect(await readdir(join(path, '..'))).toEqual(['metrics.jsonl']);
  });

  test('lose a torn last line wherever it was torn, and nothing else', async () => {
    const path = await writtenMetrics();
    const whole = await readFile(path, 'utf8');
    const line = JSON.stringify(stepEvent(150));
    for (let length = 1; length < line.length; length++) {
      await writeFile(path, whole + line.slice(0, length));
      expect((await truncateMetrics(path, 1000)).unreadable).toBe(0);
      expect(await readFile(path, 'utf8')).toBe(whole);
    }
  });

  test('keep a last line that lacks nothing but its end', async () => {
    const path = await writtenMetrics();
    await appendFile(path, JSON.stringify(stepEvent(300)));
    await truncateMetrics(path, 1000);
    expect(await readEvents(path)).toEqual([...events, stepEvent(300)]);
  });

  test('lose lines that cannot be read, and their number is told', async () => {
    const path = await writtenMetrics();
    const whole = await readFile(path, 'utf8');
    await writeFile(
      path,
      `${'\0'.repeat(5000)}\n${whole}[1]\nnull\n{"kind":"step"}\n{"step":"1"}\n${whole}{"st`,
    );
    expect((await truncateMetrics(path, 1)).unreadable).toBe(5);
    expect(await readEvents(path)).toEqual([events[0], events[0]]);
  });

  test('of a long run are cut within a second, not line by line', async () => {
    const path = await writtenMetrics();
    const lines = Array.from({ length: 200_000 }, (_, index) => `${JSON.stringify(stepEvent(index + 1))}\n`);
    await writeFile(path, lines.join(''));
    const start = performance.now();
    await truncateMetrics(path, 150_000);
    const milliseconds = performance.now() - start;
    expect(await readFile(path, 'utf8')).toBe(lines.slice(0, 150_000).join(''));
    // A tenth of that on a machine of its own; line by line it were ten seconds.
    expect(milliseconds).toBeLessThan(3000);
  });

  test('with an endless line are refused, and stay', async () => {
    const path = await writtenMetrics();
    const whole = `${await readFile(path, 'utf8')}${'x'.repeat(3 * 2 ** 20)}`;
    await writeFile(path, whole);
    await expect(truncateMetrics(path, 1)).rejects.toMatchObject({
      message: expect.stringMatching(/^Could not cut .+: expected lines of at most 1048576 bytes/),
      kind: 'input',
    });
    expect(await readFile(path, 'utf8')).toBe(whole);
    expect(await readdir(join(path, '..'))).toEqual(['metrics.jsonl']);
  });

  test('that a link leads to are cut where it leads, and the link stays', async () => {
    const path = await writtenMetrics();
    const link = join(await temporaryDirectory(), 'metrics.jsonl');
    await symlink(path, link);
    await truncateMetrics(link, 1);
    expect(await readEvents(path)).toEqual([events[0]]);
    expect(await readlink(link)).toBe(path);
  });

  test('that are not there are nothing to cut', async () => {
    const directory = await temporaryDirectory();
    expect((await truncateMetrics(join(directory, 'metrics.jsonl'), 5)).unreadable).toBe(0);
    expect(await readdir(directory)).toEqual([]);
  });

  test('that a pipe stands in for are refused, without waiting for a writer', async () => {
    const path = join(await temporaryDirectory(), 'metrics.jsonl');
    execFileSync('mkfifo', [path]);
    await expect(truncateMetrics(path, 1)).rejects.toThrow(/^Could not cut .+ to step 1: .+ got a pipe/);
  });

  test('that cannot be written are an error of one line with its cause', async () => {
    const directory = await temporaryDirectory();
    const error = await openMetrics(directory).catch((thrown: Error) => thrown);
    expect(error).toMatchObject({
      message: expect.stringMatching(/^Could not write .+: EISDIR: [^\n]+$/),
      cause: { code: 'EISDIR' },
    });
    await expect(truncateMetrics(directory, 1)).rejects.toMatchObject({
      message: expect.stringMatching(
        /^Could not cut .+ back to step 1: .+ expected a file, got a directory$/,
      ),
      kind: 'input',
    });
  });
});
